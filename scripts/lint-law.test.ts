import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ESLint } from "eslint";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lintLaw } from "./lint-law.ts";

const core = "packages/core/src";
const client = "packages/client/src";
const sqlite = "packages/adapter-sqlite";

const value = (path: string): string => `import { a } from "${path}"; export const x = a;`;
const type = (path: string): string => `import type { A } from "${path}"; export type X = A;`;

/** A tree as small as the law allows: one file in each place, which others may then import rightly or wrongly. */
const tree: Readonly<Record<string, string>> = {
  "tsconfig.json": `{ "compilerOptions": { "module": "ESNext", "moduleResolution": "bundler", "target": "ES2023",
    "lib": ["ES2023", "DOM"], "strict": true, "noEmit": true, "types": [], "allowImportingTsExtensions": true } }`,
  "packages/core/package.json": '{ "name": "@earshot/core", "type": "module" }',
  "packages/protocol/package.json": '{ "name": "@earshot/protocol", "type": "module" }',
  "packages/protocol/src/frame.ts": "export const a = 1;",
  [`${core}/outbox/window.ts`]: "export const a = 1; export interface A { a: 1 }",
  [`${core}/outbox/loop.ts`]: value("./window.ts"),
  [`${core}/session/session.ts`]: "export const a = 1;",
  [`${core}/http/http-api.ts`]: "export const a = 1;",
  [`${core}/ports/clock.ts`]: "export interface A { a: 1 }",
  [`${core}/system/system-clock.ts`]: "export const a = Date.now;",
  [`${core}/testing/manual-clock.ts`]: "export const a = () => setTimeout(() => {}, 1);",
  [`${core}/options.ts`]: "export const a = 1;",
  [`${core}/chat-engine.ts`]: value("./outbox/window.ts"),
  [`${client}/live.ts`]: "export const a = 1;",
  "packages/adapter-redis/package.json": '{ "name": "@earshot/adapter-redis", "type": "module" }',
  "scripts/servers/start-redis.ts": "export const a = 1;",
};

/** A file that breaks a rule, and the rule. */
type Breach = readonly [title: string, file: string, code: string, rule: string];
/** A file that comes close to it. */
type Lawful = readonly [title: string, file: string, code: string];

const paths = "import-x/no-restricted-paths";
const names = "@typescript-eslint/no-restricted-imports";

const wrongImports: readonly Breach[] = [
  ["a room imports a room", `${core}/outbox/x.ts`, value("../session/session.ts"), paths],
  ["a room imports a room's type", `${core}/session/x.ts`, type("../outbox/window.ts"), paths],
  [
    "a room imports a room as it runs",
    `${core}/outbox/x.ts`,
    'export const x = import("../session/session.ts");',
    paths,
  ],
  ["a room imports the wiring", `${core}/outbox/x.ts`, value("../chat-engine.ts"), paths],
  ["a room imports testing", `${core}/outbox/x.ts`, value("../testing/manual-clock.ts"), paths],
  ["a room imports the system's clock", `${core}/outbox/x.ts`, value("../system/system-clock.ts"), paths],
  ["a room imports Node.js", `${core}/engine/x.ts`, value("node:path"), "no-restricted-imports"],
  ["http imports the wiring", `${core}/http/x.ts`, value("../chat-engine.ts"), paths],
  ["a mount imports another room", `${core}/http/express.ts`, value("../outbox/window.ts"), paths],
  ["a file beside the wiring imports a room", `${core}/lifecycle.ts`, value("./outbox/window.ts"), paths],
  ["options import a room", `${core}/options.ts`, value("./outbox/window.ts"), paths],
  ["the wiring imports testing", `${core}/chat-engine.ts`, value("./testing/manual-clock.ts"), paths],
  ["a port imports a room", `${core}/ports/x.ts`, type("../outbox/window.ts"), paths],
  ["a port imports a value", `${core}/ports/x.ts`, value("@earshot/protocol"), names],
  ["the system imports a room", `${core}/system/x.ts`, value("../outbox/window.ts"), paths],
  ["core imports an adapter", `${core}/chat-engine.ts`, value("@earshot/adapter-sqlite"), names],
  [
    "core imports protocol's files",
    `${core}/x.ts`,
    value("../../protocol/src/frame.ts"),
    "import-x/no-relative-packages",
  ],
  [
    "an adapter's test imports a package's files",
    "packages/adapter-redis/test/x.test.ts",
    value("../../protocol/src/frame.ts"),
    "no-restricted-imports",
  ],
  ["protocol imports a package", "packages/protocol/src/x.ts", value("zod"), names],
  ["protocol imports Node.js", "packages/protocol/src/x.ts", value("node:path"), names],
  ["the client imports core", `${client}/x.ts`, type("@earshot/core"), names],
  ["the client imports Node.js", `${client}/x.ts`, value("node:path"), names],
  ["an adapter imports core's values", `${sqlite}/src/x.ts`, value("@earshot/core"), names],
  ["an adapter imports core's testing", `${sqlite}/src/x.ts`, value("@earshot/core/testing"), names],
  ["an adapter imports the client", `${sqlite}/src/x.ts`, type("@earshot/client"), names],
  ["an outside test imports ours", "e2e/x.e2e.test.ts", value("@earshot/client"), names],
  ["a cycle", `${core}/outbox/window.ts`, 'import { x } from "./loop.ts"; export const a = x;', "import-x/no-cycle"],
  [
    "an import hidden in a type",
    `${core}/session/x.ts`,
    'export type X = import("../outbox/window.ts").A;',
    "@typescript-eslint/consistent-type-imports",
  ],
];

const wrongExports: readonly Breach[] = [
  ["export *", `${core}/index.ts`, 'export * from "./options.ts";', "no-restricted-syntax"],
  ["a barrel", `${core}/outbox/x.ts`, 'export { a } from "./window.ts";', "no-restricted-syntax"],
  ["a default export", `${core}/outbox/x.ts`, "export default 1;", "no-restricted-syntax"],
  ["any", `${core}/outbox/x.ts`, "export const x = (y: any) => y;", "@typescript-eslint/no-explicit-any"],
];

const floating = "@typescript-eslint/no-floating-promises";
const misused = "@typescript-eslint/no-misused-promises";

const wrongPromises: readonly Breach[] = [
  ["a promise left alone", `${core}/outbox/x.ts`, "export function x(): void { Promise.resolve(); }", floating],
  ["a promise left alone in a test", `${core}/outbox/x.test.ts`, "Promise.resolve();", floating],
  ["a promise as a condition", `${core}/outbox/x.ts`, "export const x = (p: Promise<1>) => (p ? 1 : 2);", misused],
  ["an async callback for a plain one", `${core}/outbox/x.ts`, "[1].forEach(async () => await null);", misused],
];

const globals = "no-restricted-globals";
const properties = "no-restricted-properties";

const wrongClocks: readonly Breach[] = [
  ["Date.now", `${core}/outbox/x.ts`, "export const x = Date.now();", globals],
  ["new Date()", `${core}/outbox/x.ts`, "export const x = new Date();", globals],
  ["Date taken apart", `${client}/x.ts`, "const { now } = Date; export const x = now;", globals],
  ["globalThis.Date", `${client}/x.ts`, "export const x = globalThis.Date.now();", globals],
  ["performance.now", `${client}/x.ts`, "export const x = performance.now();", globals],
  ["Math.random", `${client}/x.ts`, "export const x = Math.random();", properties],
  ["Math taken apart", `${client}/x.ts`, "const { random } = Math; export const x = random;", properties],
  ["crypto", `${client}/x.ts`, "export const x = () => crypto.randomUUID();", globals],
  ["setTimeout", `${client}/x.ts`, "setTimeout(() => {}, 1);", globals],
  ["window.setTimeout", `${client}/x.ts`, "window.setTimeout(() => {}, 1);", globals],
  ["setInterval", `${client}/x.ts`, "setInterval(() => {}, 1);", globals],
  ["setImmediate", `${core}/outbox/x.ts`, "setImmediate(() => {});", globals],
  ["queueMicrotask", `${client}/x.ts`, "queueMicrotask(() => {});", globals],
  ["AbortSignal.timeout", `${client}/x.ts`, "export const x = AbortSignal.timeout(1);", properties],
  ["timers by import", `${core}/transport/x.ts`, value("node:timers/promises"), names],
  ["chance by import", `${core}/transport/x.ts`, value("node:crypto"), names],
  ["a timer in testing", `${core}/testing/x.ts`, "setTimeout(() => {}, 1);", globals],
];

const lawful: readonly Lawful[] = [
  ["a room imports its own", `${core}/outbox/x.ts`, value("./window.ts")],
  ["a room imports options", `${core}/outbox/x.ts`, value("../options.ts")],
  ["a room imports a port", `${core}/outbox/x.ts`, type("../ports/clock.ts")],
  ["a room imports protocol", `${core}/outbox/x.ts`, value("@earshot/protocol")],
  ["a room's test imports a room", `${core}/outbox/x.test.ts`, value("../session/session.ts")],
  ["a room's test imports testing", `${core}/outbox/x.test.ts`, value("../testing/manual-clock.ts")],
  ["a port imports protocol's types", `${core}/ports/x.ts`, type("@earshot/protocol")],
  ["the wiring imports a room", `${core}/chat-engine.ts`, value("./session/session.ts")],
  ["the wiring imports the system", `${core}/chat-engine.ts`, value("./system/system-clock.ts")],
  ["the index passes on", `${core}/index.ts`, 'export { a } from "./chat-engine.ts";'],
  ["testing imports the wiring", `${core}/testing/x.ts`, value("../chat-engine.ts")],
  ["a mount imports the engine", `${core}/http/express.ts`, value("../chat-engine.ts")],
  ["a transport imports Node.js", `${core}/transport/x.ts`, value("node:http")],
  ["an adapter imports core's types", `${sqlite}/src/x.ts`, type("@earshot/core")],
  ["an adapter imports protocol", `${sqlite}/src/x.ts`, value("@earshot/protocol")],
  ["an adapter's test imports testing", `${sqlite}/test/x.test.ts`, value("@earshot/core/testing")],
  [
    "a test of an adapter that needs a server starts one",
    "packages/adapter-redis/test/y.test.ts",
    value("../../../scripts/servers/start-redis.ts"),
  ],
  ["the client imports protocol", `${client}/x.ts`, value("@earshot/protocol")],
  ["the client imports its own", `${client}/x.ts`, value("./live.ts")],
  ["the system reads the clock", `${core}/system/x.ts`, "export const x = () => [Date.now(), Math.random()];"],
  ["the platform sets a timer", `${client}/platform/x.ts`, "setTimeout(() => {}, 1);"],
  ["the manual clock sets a timer", `${core}/testing/manual-clock.ts`, "setTimeout(() => {}, 1);"],
  ["a test reads the clock", `${core}/outbox/x.test.ts`, "export const x = Date.now();"],
  ["a parameter named crypto", `${core}/outbox/x.ts`, "export const x = (crypto: { a(): 1 }) => crypto.a();"],
];

describe("the lint law", () => {
  let root = "";
  let eslint: ESLint;

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), "earshot-lint-"));
    // Rules that need types look for the file in its project, hence on the disk.
    const cases = [...wrongImports, ...wrongExports, ...wrongPromises, ...wrongClocks, ...lawful];
    const files = { ...Object.fromEntries(cases.map(([, file]) => [file, ""])), ...tree };
    for (const [file, code] of Object.entries(files)) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), code);
    }
    eslint = new ESLint({ cwd: root, overrideConfigFile: true, overrideConfig: lintLaw(root) });
    // The first file of all has to wait for the project's types.
    await rulesBrokenBy(`${core}/outbox/x.ts`, "");
  }, 60_000);

  afterAll(() => rmSync(root, { recursive: true, force: true }));

  async function rulesBrokenBy(file: string, code: string): Promise<string[]> {
    const [result] = await eslint.lintText(code, { filePath: join(root, file) });
    return [...new Set(result?.messages.map((message) => message.ruleId ?? message.message))];
  }

  it.each([...wrongImports, ...wrongExports, ...wrongPromises, ...wrongClocks])("refuses %s", async (...breach) => {
    const [, file, code, rule] = breach;
    expect(await rulesBrokenBy(file, code)).toEqual([rule]);
  });

  it.each(lawful)("lets through %s", async (_title, file, code) => {
    expect(await rulesBrokenBy(file, code)).toEqual([]);
  });
});
