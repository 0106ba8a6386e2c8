import { defineConfig } from "vitest/config";

/** Workspace packages resolve to their sources, also in workers: no test but the end-to-end ones needs a build. */
const conditions = ["@earshot/source", "module", "node", "development|production"];

// The fourth kind, *.test-d.ts, is checked by `tsc -b` with everything else.
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    restoreMocks: true,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["packages/*/src/**/*.test.ts", "examples/*/src/**/*.test.ts", "scripts/**/*.test.ts"],
        },
      },
      {
        // Every promise of a port against each of its adapters, and what else needs real files or processes.
        extends: true,
        test: { name: "conformance", include: ["packages/*/test/**/*.test.ts"], testTimeout: 30_000 },
      },
      {
        // Against `npm start` on the built tree: the machine's ports and browsers are shared, so one file at a time.
        extends: true,
        test: {
          name: "e2e",
          include: ["e2e/**/*.e2e.test.ts"],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
