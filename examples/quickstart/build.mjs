// Builds the quickstart into dist/: the server as one ESM file whose packages stay in node_modules, and
// the page with the client bundled in. `--source` takes the packages from their sources instead of their dist.
import { cp, mkdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const conditions = process.argv.includes("--source") ? ["@earshot/source"] : [];
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

await rm(here("dist"), { recursive: true, force: true });
await mkdir(here("dist/page"), { recursive: true });
await Promise.all([
  build({
    entryPoints: [here("src/server.ts")],
    outfile: here("dist/server.js"),
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node22",
    packages: "external",
    sourcemap: true,
    logLevel: "warning",
  }),
  build({
    entryPoints: [
      { in: here("src/page/page.ts"), out: "page" },
      { in: here("src/page/page.css"), out: "page" },
      { in: here("src/offline-worker/offline-worker.ts"), out: "offline-worker" },
    ],
    outdir: here("dist/page"),
    bundle: true,
    format: "esm",
    platform: "browser",
    conditions,
    target: ["es2022", "chrome108", "firefox115", "safari16"],
    minify: true,
    sourcemap: true,
    logLevel: "warning",
  }),
  cp(here("src/page/index.html"), here("dist/page/index.html")),
  cp(here("src/page/icon.svg"), here("dist/page/icon.svg")),
]).catch(() => {
  // esbuild has said what is wrong, and where.
  process.exitCode = 1;
});
