import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readPublications, writePublications } from "./publication-text.ts";

const publication = fc.record({
  topics: fc.oneof(
    fc.constant(null),
    fc.array(
      fc.string({ unit: "binary", maxLength: 20 }).map((id) => `u:${id}` as const),
      { maxLength: 5 },
    ),
  ),
  text: fc.json(),
});

describe("publications on the bus", () => {
  it("are read as they were written", () => {
    fc.assert(
      fc.property(fc.array(publication, { maxLength: 5 }), (publications) => {
        expect(readPublications(writePublications("end", publications))).toEqual({ origin: "end", publications });
      }),
    );
  });

  it("are nothing where a peer says what it likes", () => {
    for (const text of ["end\n", "end\n[1]\n{}", "end\n{}\n{}", "end\n[", "end\n[]\n{}\n"]) {
      expect(readPublications(text), text).toBeNull();
    }
    fc.assert(
      fc.property(fc.string(), (text) => {
        readPublications(text);
      }),
    );
  });
});
