import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { sourceFiles } from "./source-tree.ts";

/** Words that say nothing: what bears one of them has not been understood yet. */
const empty = new Set(
  ["manager", "helper", "util", "common", "misc", "service", "data", "info", "base", "impl"].flatMap((word) => [
    word,
    `${word}s`,
  ]),
);

/** The words of a kebab-case file name or of a CamelCase type name, in lower case. */
function words(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .split(/[^a-z0-9]+/);
}

function emptyWords(name: string): string[] {
  return words(name).filter((word) => empty.has(word));
}

const root = join(import.meta.dirname, "..");
const files = ["packages", "examples", "e2e", "scripts"]
  .flatMap((folder) => sourceFiles(root, folder))
  .filter((file) => /\.(ts|tsx|js|mjs|sql|lua|css)$/.test(file));

describe("names", () => {
  it("finds empty words in any case", () => {
    expect(
      ["user-manager.ts", "utils.ts", "UserInfo", "ClientImpl", "base_row"].filter((n) => emptyWords(n).length === 0),
    ).toEqual([]);
    expect(["metadata.ts", "database.ts", "Information", "DatabaseLock", "baseline"].flatMap(emptyWords)).toEqual([]);
  });

  it("no file bears one", () => {
    expect(files.length).toBeGreaterThan(20);
    expect(files.filter((file) => emptyWords(basename(file)).length > 0)).toEqual([]);
  });

  it("no folder bears one", () => {
    const folders = new Set(files.flatMap((file) => file.split("/").slice(0, -1)));
    expect([...folders].filter((folder) => emptyWords(folder).length > 0)).toEqual([]);
  });

  it("no type bears one", () => {
    const declared =
      /^\s*(?:export\s+)?(?:declare\s+)?(?:abstract\s+)?(?:class|interface|type|enum)\s+([A-Za-z0-9_]+)/gm;
    const found = files
      .filter((file) => file.endsWith(".ts"))
      .flatMap((file) =>
        [...readFileSync(join(root, file), "utf8").matchAll(declared)].map(([, name = ""]) => `${file}: ${name}`),
      )
      .filter((line) => emptyWords(line.slice(line.indexOf(": "))).length > 0);
    expect(found).toEqual([]);
  });
});
