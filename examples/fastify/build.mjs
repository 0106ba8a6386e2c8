// Bundles the page with the client into dist/page.js. In your app this is your bundler's to do.
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

await build({
  entryPoints: [fileURLToPath(new URL("page.ts", import.meta.url))],
  outdir: fileURLToPath(new URL("dist", import.meta.url)),
  bundle: true,
  format: "esm",
  platform: "browser",
  target: ["es2022", "chrome108", "firefox115", "safari16"],
  logLevel: "warning",
}).catch(() => {
  // esbuild has said what is wrong, and where.
  process.exitCode = 1;
});
