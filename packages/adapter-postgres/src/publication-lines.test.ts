import type { Envelope, Topic } from "@earshot/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readLines, writeLines } from "./publication-lines.ts";

describe("publications in lines", () => {
  it("are read as they were written, several together", () => {
    const publication = fc.record({
      topics: fc.array(
        fc.string({ unit: "binary", maxLength: 20 }).map((id): Topic => `u:${id}`),
        { maxLength: 4 },
      ),
      envelope: fc.string({ unit: "binary" }).map((c): Envelope => ({ v: 1, node: "n1", n: 1, kind: "raised", c })),
    });
    fc.assert(
      fc.property(fc.array(publication, { maxLength: 4 }), (publications) => {
        const read = [...readLines(publications.map(writeLines).join("\n"))];
        expect(read.map(({ topics, text }) => ({ topics, envelope: JSON.parse(text) as unknown }))).toEqual(
          publications,
        );
      }),
    );
  });

  it("name nobody where a peer says what it likes", () => {
    for (const text of ["", "x", "{}\n{}", "[1,null]\n{}", "[\n{}"]) {
      expect(
        [...readLines(text)].flatMap(({ topics }) => topics),
        text,
      ).toEqual([]);
    }
  });
});
