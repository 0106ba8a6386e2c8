import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { planted } from "./planted.ts";
import { PLANTED_BUGS } from "./planted-bugs.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

describe("planted bugs", () => {
  it("are thirty at least, with names of their own", () => {
    expect(PLANTED_BUGS.length).toBeGreaterThanOrEqual(30);
    expect(new Set(PLANTED_BUGS.map(({ name }) => name)).size).toBe(PLANTED_BUGS.length);
  });

  it.each(PLANTED_BUGS)("$name: its places are in the sources, each once", ({ changes }) => {
    const sources = new Map<string, string>();
    for (const change of changes) {
      const before = sources.get(change.file) ?? readFileSync(ROOT + change.file, "utf8");
      const after = planted(before, change);
      expect(after).not.toBe(before);
      sources.set(change.file, after);
    }
  });
});
