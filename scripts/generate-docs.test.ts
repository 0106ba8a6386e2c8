import { describe, expect, it } from "vitest";
import { staleDocs, withTables } from "./generate-docs.ts";

describe("the generated tables of docs/", () => {
  it("say what the sources say; else run scripts/generate-docs.ts", () => {
    expect(staleDocs().map(({ path }) => path)).toEqual([]);
  });

  it("notice what was changed by hand", () => {
    const written = withTables("<!-- generated:close-codes -->\n<!-- /generated -->\n");
    expect(written).toMatch(/\| 4500 \| malformed frame \| stop, tell the application \|/);
    expect(withTables(written)).toBe(written);
    expect(withTables(written.replace("| 4500 |", "| 4599 |"))).toBe(written);
  });

  it("are no others than there are", () => {
    expect(() => withTables("<!-- generated:nothing -->\n<!-- /generated -->")).toThrow("nothing");
  });
});
