import { defineConfig } from "tsup";

export default defineConfig({
  entry: {
    index: "src/index.ts",
    indexeddb: "src/storage/indexeddb-storage.ts",
    storage: "src/storage/storage-room.ts",
    testing: "src/testing/index.ts",
  },
  format: ["esm", "cjs"],
  target: "es2022",
  dts: true,
  clean: true,
  sourcemap: true,
});
