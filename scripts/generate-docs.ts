// Rewrites the tables between `<!-- generated:name -->` and `<!-- /generated -->` in docs/*.md from the
// sources: `node_modules/.bin/node --conditions=@earshot/source scripts/generate-docs.ts`. With `--check`
// it writes nothing and fails where a table has drifted.
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CLIENT_LIMITS } from "../packages/client/src/options.ts";
import { FIXED_LIMITS } from "../packages/core/src/fixed-limits.ts";
import { DEFAULT_LIMITS } from "../packages/core/src/options.ts";
import { CLOSE, type CloseVerdict, LIMITS, WIRE_ERRORS } from "../packages/protocol/src/index.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const BLOCK = /(<!-- generated:([a-z-]+) -->\n)[\s\S]*?(<!-- \/generated -->)/g;

const VERDICTS: Readonly<Record<CloseVerdict, string>> = {
  reconnect: "reconnect",
  "reconnect-thrice": "reconnect; stop after three in a row",
  "new-token": "get a new token, then reconnect",
  "new-token-once": "get a new token and reconnect, once; then stop",
  stop: "stop, tell the application",
};

const TABLES: Readonly<Record<string, () => string>> = {
  "error-codes": () =>
    table(
      ["code", "HTTP", "may succeed later", "meaning"],
      Object.entries(WIRE_ERRORS).map(([code, { http, retryable, meaning }]) => [
        `\`${code}\``,
        String(http),
        retryable ? "yes" : "no",
        meaning,
      ]),
    ),
  "close-codes": () =>
    table(
      ["code", "reason", "what the client does"],
      Object.values(CLOSE).map(({ code, reason, verdict }) => [String(code), reason, VERDICTS[verdict]]),
    ),
  "wire-limits": () => limits(LIMITS, "packages/protocol/src/limits.ts", "LIMITS = {"),
  "engine-limits": () => limits(DEFAULT_LIMITS, "packages/core/src/options.ts", "limitsSchema = z.strictObject({"),
  "fixed-limits": () => limits(FIXED_LIMITS, "packages/core/src/fixed-limits.ts", "FIXED_LIMITS = Object.freeze({"),
  "client-limits": () => limits({ ...CLIENT_LIMITS }, "packages/client/src/options.ts", "interface ClientLimits {"),
};

/** A document's text with every generated table as the sources have it. Throws for a table of an unknown name. */
export function withTables(text: string): string {
  return text.replace(BLOCK, (_block, opening: string, name: string, closing: string) => {
    const make = TABLES[name];
    if (make === undefined) throw new Error(`no table is called ${name}`);
    return `${opening}\n${make()}\n\n${closing}`;
  });
}

/** The documents in which a table has drifted from its source: path and the text it should have. */
export function staleDocs(): readonly { readonly path: string; readonly text: string }[] {
  return globSync("docs/*.md", { cwd: ROOT })
    .sort()
    .map((path) => ({ path, before: readFileSync(ROOT + path, "utf8") }))
    .map(({ path, before }) => ({ path, before, text: withTables(before) }))
    .filter(({ before, text }) => before !== text);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function limits(values: Readonly<Record<string, number>>, path: string, opening: string): string {
  const comments = commentsIn(path, opening);
  return table(
    ["name", "default", "what it bounds"],
    Object.entries(values).map(([name, value]) => {
      const comment = comments.get(name);
      if (comment === undefined) throw new Error(`${path}: ${name} has no doc comment`);
      return [`\`${name}\``, withUnit(name, value), comment];
    }),
  );
}

/** The doc comments of an object literal's fields, by field. */
function commentsIn(path: string, opening: string): ReadonlyMap<string, string> {
  const source = readFileSync(ROOT + path, "utf8");
  const start = source.indexOf(opening);
  if (start < 0) throw new Error(`${path}: "${opening}" is not there any longer`);
  const literal = source.slice(start, source.indexOf("\n}", start));
  const fields = literal.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(?:readonly )?(\w+):/g);
  return new Map(
    [...fields].map(([, comment = "", name = ""]) => [name, comment.replace(/\s*\n\s*\*?\s*/g, " ").trim()]),
  );
}

/** A value as people read it; the unit is the last word of the name, before `Max`. */
function withUnit(name: string, value: number): string {
  const number = value.toLocaleString("en-US");
  const words = name.replace(/Max$/, "").split(/(?=[A-Z])/);
  const unit = (words.at(-1) ?? "").toLowerCase();
  if (unit === "bytes" && value % 1_024 === 0)
    return value % 2 ** 20 === 0 ? `${value / 2 ** 20} MiB` : `${value / 2 ** 10} KiB`;
  return words.length > 1 &&
    !/Per[A-Z]/.test(name) &&
    /^(ms|bytes|seconds|frames|rows|events|characters|entries)$/.test(unit)
    ? `${number} ${unit}`
    : number;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const check = process.argv.includes("--check");
  for (const { path, text } of staleDocs()) {
    if (!check) writeFileSync(ROOT + path, text);
    console.log(`${path} ${check ? "has drifted from its sources; run scripts/generate-docs.ts" : "written"}`);
    if (check) process.exitCode = 1;
  }
}
