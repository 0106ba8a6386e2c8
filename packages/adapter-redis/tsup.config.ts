import { cp } from "node:fs/promises";
import { defineConfig } from "tsup";

export default defineConfig({
  entry: { index: "src/index.ts" },
  format: ["esm", "cjs"],
  target: "node22",
  dts: true,
  clean: true,
  sourcemap: true,
  shims: true,
  removeNodeProtocol: false,
  // Read at run time, beside the bundle as beside the source.
  onSuccess: () => cp("src/scripts", "dist/scripts", { recursive: true }),
});
