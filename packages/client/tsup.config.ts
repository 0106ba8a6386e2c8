import { defineConfig, type Options } from "tsup";

type Plugin = NonNullable<Options["esbuildPlugins"]>[number];

/** Keeps in a file of its own what is loaded when it is needed, also in CommonJS, which the bundler cannot split. */
const lazily: Plugin = {
  name: "lazily",
  setup: ({ initialOptions, onResolve }) => {
    if (initialOptions.format !== "cjs") return;
    onResolve({ filter: /\/fallback\.ts$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: "./fallback.cjs", external: true } : undefined,
    );
  },
};

const entry = {
  index: "src/index.ts",
  indexeddb: "src/storage/indexeddb-storage.ts",
  storage: "src/storage/storage-room.ts",
  testing: "src/testing/index.ts",
};

export default defineConfig({
  // `fallback` is no entry of the package: index loads it where WebSockets are blocked
  entry: { ...entry, fallback: "src/transport/fallback.ts" },
  format: ["esm", "cjs"],
  target: "es2022",
  dts: { entry },
  clean: true,
  sourcemap: true,
  esbuildPlugins: [lazily],
});
