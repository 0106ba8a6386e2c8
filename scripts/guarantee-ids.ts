import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Tests, the suites that adapters' tests call, and what `npm test` says of the simulation as a whole. */
const TESTS = [
  "{packages,examples}/*/{src,test}/**/*.test.ts",
  "e2e/**/*.test.ts",
  "packages/core/src/testing/conformance/**/*.ts",
  "scripts/test-run/simulation.ts",
];
/** What judges the histories of simulated runs, a file for each promise. */
const CHECKS = ["packages/core/src/testing/simulation/checker/i[0-9]*.ts"];
const CHECK = /\/checker\/i\d+-[^/]*$/;
/** Tests that are of no use but to hold a promise: each has to say which. */
const SWORN = ["packages/*/{src,test}/**/*.model.test.ts", ...CHECKS];
/** A title, or a row of a table of titles, that begins with ids: "I4: …", "I1, I4: …", "I1 I4: …". */
const TITLE = /(?:\b(?:it|test|describe|expectSame)(?:\.\w+)*\(|\)\(|\[)\s*["'`]((?:[IS]\d+,? ?)+):/g;
/** The id of what a check found violated. */
const VERDICT = /"(I\d+)"/g;

/** One row of docs/guarantees.md or docs/security.md. */
export interface Promised {
  readonly id: string;
  readonly doc: string;
  /** Whether it stands among what holds now. */
  readonly kept: boolean;
  /** Files that the row's last column names: the tests that show it. */
  readonly shownBy: readonly string[];
}

/** Ids in titles of tests, and in the verdicts of checks: id → files. */
export function idsInTests(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const path of [...filesOf(TESTS), ...filesOf(CHECKS)]) {
    for (const id of idsIn(path)) found.set(id, [...(found.get(id) ?? []), path]);
  }
  return found;
}

/** Models and checks that hold no promise. */
export function idleTests(): readonly string[] {
  return filesOf(SWORN).filter((path) => idsIn(path).size === 0);
}

function filesOf(patterns: readonly string[]): readonly string[] {
  const paths = globSync([...patterns], { cwd: ROOT });
  return paths.filter((path) => !path.includes("node_modules")).sort();
}

function idsIn(path: string): ReadonlySet<string> {
  const source = readFileSync(ROOT + path, "utf8");
  return CHECK.test(path) ? new Set([...source.matchAll(VERDICT)].map(([, id = ""]) => id)) : idsInTitles(source);
}

/** The ids that the titles in a test's source carry, each once. */
export function idsInTitles(source: string): ReadonlySet<string> {
  return new Set([...source.matchAll(TITLE)].flatMap(([, ids = ""]) => ids.match(/[IS]\d+/g) ?? []));
}

/** Every promise of the two pages. Their first section is what holds now, the second what does not yet. */
export function promises(): readonly Promised[] {
  return ["docs/guarantees.md", "docs/security.md"].flatMap((doc) => promisesOf(doc, readFileSync(ROOT + doc, "utf8")));
}

export function promisesOf(doc: string, text: string): readonly Promised[] {
  const [, now = "", later = ""] = text.split(/^## /m);
  const rows = (section: string, kept: boolean): readonly Promised[] =>
    section
      .split("\n")
      .map((line) => ({ id: /^\| ([IS]\d+) \|/.exec(line)?.[1], last: line.split("|").at(-2) ?? "" }))
      .flatMap(({ id, last }) => (id === undefined ? [] : [{ id, doc, kept, shownBy: kept ? pathsIn(last) : [] }]));
  return [...rows(now, true), ...rows(later, false)];
}

function pathsIn(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, path = ""]) => path);
}
