import { defineConfig } from "tsup";

// The worker is an entry of its own: it is started by its file's URL.
export default defineConfig({
  entry: { index: "src/index.ts", worker: "src/worker.ts" },
  format: ["esm", "cjs"],
  target: "node22",
  dts: { entry: { index: "src/index.ts" } },
  clean: true,
  sourcemap: true,
  shims: true,
  removeNodeProtocol: false,
});
