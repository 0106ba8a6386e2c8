import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { describe, expect, it } from "vitest";
import { sourceFiles } from "./source-tree.ts";

type Graph = ReadonlyMap<string, readonly string[]>;

/** One path around for every file that closes a circle; none if there is no circle. */
function cycles(graph: Graph): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const walk = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    if (start !== -1) found.push([...path.slice(start), file]);
    if (start !== -1 || done.has(file)) return;
    for (const next of graph.get(file) ?? []) walk(next, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) walk(file, []);
  return found;
}

/** Imports of a file by another, those of types included: a circle of types ties files together just as well. */
function graphOf(root: string, folder: string): Graph {
  const files = sourceFiles(root, folder).filter((file) => /(?<!\.test|\.test-d)\.ts$/.test(file));
  const imports = (file: string): string[] =>
    [...readFileSync(join(root, file), "utf8").matchAll(/\b(?:from|import\()\s*"(\.[^"]+)"/g)].map(([, path = ""]) =>
      posix.join(posix.dirname(file), path),
    );
  return new Map(files.map((file) => [file, imports(file)]));
}

const root = join(import.meta.dirname, "..");

describe("imports", () => {
  it("finds a circle, and only a circle", () => {
    const circle = new Map([
      ["a", ["b"]],
      ["b", ["c", "d"]],
      ["c", ["b"]],
      ["d", []],
    ]);
    expect(cycles(circle)).toEqual([["b", "c", "b"]]);
    expect(cycles(new Map([...circle, ["c", ["d"]]]))).toEqual([]);
  });

  it.each(["packages/protocol", "packages/core", "packages/client", "packages/adapter-sqlite", "examples/quickstart"])(
    "%s has no circle, not even of types",
    (folder) => {
      const graph = graphOf(root, folder);
      expect(graph.size).toBeGreaterThan(0);
      expect(cycles(graph)).toEqual([]);
    },
  );
});
