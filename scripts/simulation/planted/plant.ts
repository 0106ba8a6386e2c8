import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { planted } from "./planted.ts";
import { PLANTED_BUGS } from "./planted-bugs.ts";

/**
 * For `node --import`: plants the bug that EARSHOT_PLANTED names into the sources as they are loaded. The switch is
 * here and nowhere else: no source, and so no published file, knows of it.
 */
const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

const name = process.env["EARSHOT_PLANTED"];
const bug = PLANTED_BUGS.find((each) => each.name === name);
if (bug === undefined)
  throw new Error(`unable to plant a bug; EARSHOT_PLANTED must name one, not ${name ?? "nothing"}`);

const sources = new Map<string, string>();
for (const change of bug.changes) {
  const path = ROOT + change.file;
  const url = pathToFileURL(path).href;
  sources.set(url, planted(sources.get(url) ?? readFileSync(path, "utf8"), change));
}

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    const source = sources.get(url);
    return source === undefined ? loaded : { ...loaded, source };
  },
});
