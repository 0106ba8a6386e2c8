// Writes docs/asyncapi.json and docs/openapi.json from the schemas that the gateway checks frames and requests by:
// `node_modules/.bin/node --conditions=@earshot/source scripts/generate-specs.ts`.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { asyncApi } from "./specs/asyncapi.ts";
import { openApi } from "./specs/openapi.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** The documents as the sources have them, by path. */
export function specs(): Readonly<Record<string, string>> {
  const { version } = JSON.parse(readFileSync(`${ROOT}packages/protocol/package.json`, "utf8")) as { version: string };
  const text = (document: unknown): string => `${JSON.stringify(document, null, 2)}\n`;
  return { "docs/asyncapi.json": text(asyncApi(version)), "docs/openapi.json": text(openApi(version)) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of Object.entries(specs())) writeFileSync(ROOT + path, text);
}
