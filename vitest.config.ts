import { defineConfig } from "vitest/config";

/** Workspace packages resolve to their sources, also in workers: no test but the end-to-end ones needs a build. */
const conditions = ["@earshot/source", "module", "node", "development|production"];

/** Tests of the wire that speak of frames alone, not of sockets. */
const OVER_EVERY_TRANSPORT = [
  "bans-blocks-joins",
  "edit-delete",
  "fetch",
  "have",
  "inbox",
  "membership",
  "own-types",
  "present-pages",
  "pull",
  "reactions",
  "receipts",
  "replies",
  "resume",
  "send",
  "send-order",
  "send-rates",
  "subscribe",
  "typing",
  "unread",
];

/** Tests that need a Postgres, a Redis or a NATS. */
const ON_SERVERS = [
  "packages/adapter-{postgres,redis,nats}/test/**/*.test.ts",
  "examples/cluster/test/**/*.test.ts",
  "packages/bench/test/servers/*.test.ts",
  "scripts/servers/test/*.test.ts",
];

// The fourth kind, *.test-d.ts, is checked by `tsc -b` with everything else.
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    restoreMocks: true,
    // V8 of Node.js 24 takes a process down now and then where threads come and go: docs/dependencies.md.
    execArgv: ["--no-memory-protection-keys", "--no-sparkplug"],
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["packages/*/src/**/*.test.ts", "examples/*/{src,fire}/**/*.test.ts", "scripts/**/*.test.ts"],
          exclude: ON_SERVERS,
        },
      },
      {
        // Every promise of a port against each of its adapters, and what else needs real files or processes.
        extends: true,
        test: {
          name: "conformance",
          include: ["packages/*/test/**/*.test.ts", "examples/*/test/**/*.test.ts"],
          exclude: ON_SERVERS,
          testTimeout: 30_000,
        },
      },
      {
        // The same on real servers: private ones that come and go with the run, or those of DATABASE_URL, REDIS_URL, NATS_URL.
        extends: true,
        test: {
          name: "servers",
          include: ON_SERVERS,
          globalSetup: "scripts/servers/provide-servers.ts",
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        // Against `npm start` on the built tree, by a client that shares no code with it: each file has a server of its own.
        extends: true,
        test: { name: "wire", include: ["e2e/wire/*.e2e.test.ts"], testTimeout: 120_000, hookTimeout: 120_000 },
      },
      // What does not depend on the transport, once more by long polling and by a stream of server-sent events.
      ...(["poll", "sse"] as const).map((transport) => ({
        extends: true as const,
        test: {
          name: `wire-${transport}`,
          include: OVER_EVERY_TRANSPORT.map((name) => `e2e/wire/${name}.e2e.test.ts`),
          env: { WIRE_TRANSPORT: transport },
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      })),
      {
        // The same with browsers, which share the machine's screen and memory: one file at a time.
        extends: true,
        test: {
          name: "e2e",
          include: ["e2e/*.e2e.test.ts", "e2e/!(wire)/*.e2e.test.ts"],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
