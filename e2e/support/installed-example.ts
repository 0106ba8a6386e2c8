import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const OURS = ["protocol", "core", "client", "adapter-sqlite"];
const START_WITHIN_MS = 20_000;

const run = promisify(execFile);

/** The packages as they would be published, and example apps that have them from there. */
export interface Packed {
  /** An app of its own outside the repository, with everything installed and its page bundled. */
  install(example: "express" | "fastify"): Promise<InstalledExample>;
  remove(): void;
}

export interface InstalledExample {
  /** As it is, or as CommonJS, which requires the packages. */
  start(as: "ESM" | "CJS", drainMs: number): Promise<RunningExample>;
  /** What a line of code, run there by Node.js, writes to stderr and stdout. */
  run(code: string): Promise<string>;
  /** What @earshot/client exports that is installed there. */
  client(): Promise<unknown>;
}

export interface RunningExample {
  readonly url: string;
  output(): string;
  /** SIGTERM; resolves with the exit code and how long it took, in ms. */
  stop(): Promise<{ readonly code: number | null; readonly tookMs: number }>;
}

/** Packs what is built. */
export async function packPackages(): Promise<Packed> {
  const folder = mkdtempSync(join(tmpdir(), "earshot-mounts-"));
  const tarballs = join(folder, "tarballs");
  mkdirSync(tarballs);
  const workspaces = OURS.map((name) => `--workspace=packages/${name}`);
  await run("npm", ["pack", ...workspaces, `--pack-destination=${tarballs}`, "--loglevel=error"], { cwd: ROOT });
  return {
    install: (example) => install(join(ROOT, "examples", example), folder, tarballs),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function install(example: string, folder: string, tarballs: string): Promise<InstalledExample> {
  const app = join(folder, basename(example));
  cpSync(example, app, { recursive: true, filter: (path) => !/\/(node_modules|dist|data)$/.test(path) });
  const manifest = JSON.parse(readFileSync(join(app, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  for (const name of OURS) {
    const tarball = readdirSync(tarballs).find((file) => file.startsWith(`earshot-${name}-`));
    if (tarball === undefined) throw new Error(`no tarball of ${name}`);
    manifest.dependencies[`@earshot/${name}`] = `file:${join(tarballs, tarball)}`;
  }
  writeFileSync(join(app, "package.json"), JSON.stringify(manifest));
  const quiet = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  await run("npm", ["install", ...quiet], { cwd: app });
  // What the example's own build.mjs does, by the bundler of the repository.
  await bundle(app, "page.ts", { outdir: join(app, "dist"), format: "esm", platform: "browser" });
  await bundle(app, "server.ts", {
    outfile: join(app, "server.cjs"),
    format: "cjs",
    platform: "node",
    packages: "external",
    define: { "import.meta.dirname": "__dirname" },
  });
  // In one file, since tests import by the condition that the workspace has for its sources.
  writeFileSync(join(app, "client.ts"), 'export { ChatClient } from "@earshot/client";');
  await bundle(app, "client.ts", { outfile: join(app, "client.mjs"), format: "esm", platform: "node" });
  return {
    start: (as, drainMs) => start(app, as === "ESM" ? "server.ts" : "server.cjs", drainMs),
    run: async (code) => {
      const { stdout, stderr } = await run(process.execPath, ["-e", code], { cwd: app });
      return stderr + stdout;
    },
    client: () => import(pathToFileURL(join(app, "client.mjs")).href),
  };
}

async function bundle(app: string, entry: string, options: Parameters<typeof build>[0]): Promise<void> {
  await build({ ...options, absWorkingDir: app, entryPoints: [join(app, entry)], bundle: true, logLevel: "error" });
}

async function start(app: string, script: string, drainMs: number): Promise<RunningExample> {
  const env = { ...process.env, PORT: "0", DRAIN_MS: String(drainMs), DATA_DIR: mkdtempSync(join(app, "data-")) };
  delete (env as Record<string, unknown>)["NODE_OPTIONS"];
  const child = spawn(process.execPath, [script], { cwd: app, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const url = () => /notes: (http:\S+)/.exec(output)?.[1];
  for (const from = performance.now(); url() === undefined; await pause(20)) {
    if (child.exitCode !== null || performance.now() - from > START_WITHIN_MS) {
      child.kill("SIGKILL");
      throw new Error(`${script} did not start\n${output}`);
    }
  }
  return {
    url: url() ?? "",
    output: () => output,
    async stop() {
      const from = performance.now();
      const over = child.exitCode === null ? once(child, "exit") : Promise.resolve();
      child.kill("SIGTERM");
      const killer = setTimeout(() => child.kill("SIGKILL"), START_WITHIN_MS);
      await over;
      clearTimeout(killer);
      return { code: child.exitCode, tookMs: performance.now() - from };
    },
  };
}
