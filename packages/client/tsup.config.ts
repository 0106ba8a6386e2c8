import { defineConfig, type Options } from "tsup";

type Plugin = NonNullable<Options["esbuildPlugins"]>[number];

/** Keeps what is loaded when it is needed in a file of its own, where the bundler cannot split: in CommonJS. */
const lazily: Plugin = {
  name: "lazily",
  setup: ({ initialOptions, onResolve }) => {
    if (initialOptions.format !== "cjs") return;
    onResolve({ filter: /\/fallback\.ts$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: "./fallback.cjs", external: true } : undefined,
    );
  },
};

export default defineConfig({
  entry: {
    index: "src/index.ts",
    // no entry of the package: index.js imports it when WebSockets turn out to be blocked
    fallback: "src/transport/fallback.ts",
    indexeddb: "src/storage/indexeddb-storage.ts",
    storage: "src/storage/storage-room.ts",
    testing: "src/testing/index.ts",
  },
  format: ["esm", "cjs"],
  esbuildPlugins: [lazily],
  target: "es2022",
  dts: true,
  clean: true,
  sourcemap: true,
});
