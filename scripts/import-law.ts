import type { Linter } from "eslint";

/** Folders of core that a message passes through. None imports another. */
const rooms = [
  "transport",
  "http",
  "auth",
  "codec",
  "session",
  "engine",
  "store",
  "bus",
  "presence",
  "fanout",
  "outbox",
  "host",
];
/** Rooms that are free of Node.js, so that a host of another kind can run them. */
const pureRooms = rooms.filter((room) => !["transport", "http", "auth"].includes(room));
/** The files of core that see all rooms; testing/ may too. */
const wiring = ["chat-engine.ts", "wiring.ts", "wire-delivery.ts", "index.ts"];
const tests = ["**/*.test.ts", "**/*.test-d.ts"];
/** These start servers by scripts/servers, which is no package. */
const serverStarters = ["packages/adapter-{postgres,redis,nats}/test/**/*.ts", "packages/bench/src/**/*.ts"];

/** Who may import whom. A test may import what it needs. */
export function importLaw(root: string): Linter.Config[] {
  return [
    ...betweenPackages(),
    ...insideCore(root),
    {
      files: ["packages/*/{src,test}/**/*.ts"],
      rules: { "import-x/no-cycle": ["error", { ignoreExternal: true }] },
    },
    {
      files: ["packages/*/{src,test}/**/*.ts"],
      ignores: serverStarters,
      rules: { "import-x/no-relative-packages": "error" },
    },
    {
      files: serverStarters,
      rules: {
        "no-restricted-imports": [
          "error",
          {
            patterns: [
              {
                regex: "^(\\.\\./)+(packages|protocol|core|client|adapter-[a-z]+)/",
                message: "Import packages by name.",
              },
            ],
          },
        ],
      },
    },
  ];
}

interface NamePattern {
  readonly regex: string;
  readonly allowTypeImports?: true;
  readonly message: string;
}

function byName(files: string, patterns: readonly NamePattern[]): Linter.Config {
  return {
    files: [files],
    ignores: tests,
    rules: { "@typescript-eslint/no-restricted-imports": ["error", { patterns }] },
  };
}

/** What a package may import by name. Of two that match a file the later one holds. */
function betweenPackages(): Linter.Config[] {
  const protocolAlone: NamePattern = {
    regex: "^@earshot/(?!protocol$)",
    message: "Core imports no package of ours but protocol.",
  };
  return [
    byName("packages/protocol/src/**/*.ts", [{ regex: "^[^.]", message: "The protocol package imports nothing." }]),
    byName("packages/core/src/**/*.ts", [
      protocolAlone,
      {
        regex: "^(node:)?(timers|perf_hooks|crypto)(/|$)",
        message: "Time and chance come in through Clock and Random.",
      },
    ]),
    byName("packages/core/src/system/**/*.ts", [protocolAlone]),
    byName("packages/core/src/ports/**/*.ts", [
      protocolAlone,
      { regex: "^[^.]", allowTypeImports: true, message: "Ports hold no behaviour: import types." },
    ]),
    byName("packages/client/src/**/*.ts", [
      {
        regex: "^(?!\\.|@earshot/protocol$|eventemitter3$|ulid$)",
        message: "The client imports protocol only, and nothing that a browser lacks.",
      },
    ]),
    byName("packages/client/src/transport/**/*.ts", [
      {
        regex: "^(?!\\.|@earshot/protocol$|eventsource-parser$)",
        message: "Transports may import eventsource-parser beside protocol, and nothing else.",
      },
    ]),
    byName("packages/client/src/storage/**/*.ts", [
      {
        regex: "^(?!\\.|@earshot/protocol$|idb$)",
        message: "The storage's entry may import idb beside protocol, and nothing else.",
      },
    ]),
    byName("packages/adapter-*/src/**/*.ts", [
      { regex: "^@earshot/core(/|$)", allowTypeImports: true, message: "An adapter knows core's types alone." },
      { regex: "^@earshot/client(/|$)", message: "The server side does not know the client." },
    ]),
    {
      ...byName("e2e/**/*.ts", [{ regex: "^@earshot/|/packages/", message: "These tests see it from outside." }]),
      // The server of a test that needs two of them.
      ignores: ["e2e/support/two-gateways.ts"],
    },
  ];
}

interface Zone {
  readonly target: string;
  readonly from: string;
  readonly except?: readonly string[];
  readonly message: string;
}

/** Which files of core may import which. */
function insideCore(root: string): Linter.Config[] {
  const src = "./packages/core/src";
  const law = (files: string[], ignores: string[], zones: readonly Zone[]): Linter.Config => ({
    files: files.map((file) => `packages/core/src/${file}`),
    ignores: [...tests, ...ignores.map((file) => `packages/core/src/${file}`)],
    rules: { "import-x/no-restricted-paths": ["error", { basePath: root, zones }] },
  });
  const only = (target: string, others: readonly string[], message: string): Zone => ({
    target: `${src}/${target}`,
    from: src,
    except: [`./${target}`, ...others],
    message,
  });
  const never = (from: string, message: string): Zone => ({ target: src, from: `${src}/${from}`, message });
  const noTesting = never("testing", "What is for tests stays in tests.");
  return [
    law(
      ["*/**/*.ts"],
      ["testing/**", "http/express.ts"],
      [
        ...rooms.map((room) =>
          only(
            room,
            ["./ports", "./options.ts", "./fixed-limits.ts", "./held-lease.ts"],
            "A room imports ports, protocol, options.ts, fixed-limits.ts, held-lease.ts and its own folder.",
          ),
        ),
        only("ports", [], "Ports import protocol's types."),
        only("system", ["./ports", "./fixed-limits.ts"], "The system's clock and chance know their ports alone."),
      ],
    ),
    // A mount is an entry of its own, and names the engine that it mounts.
    law(
      ["http/express.ts"],
      [],
      [
        only(
          "http",
          ["./ports", "./options.ts", "./chat-engine.ts", "./index.ts"],
          "A mount imports http/ and the engine.",
        ),
      ],
    ),
    law(["*.ts"], wiring, [
      ...rooms.map((room) => never(room, `Only ${wiring.join(", ")} and testing/ import rooms.`)),
      noTesting,
    ]),
    law(wiring, [], [noTesting]),
    {
      files: pureRooms.map((room) => `packages/core/src/${room}/**/*.ts`),
      ignores: tests,
      rules: {
        "no-restricted-imports": [
          "error",
          { patterns: [{ regex: "^node:", message: "This room is free of Node.js." }] },
        ],
      },
    },
  ];
}
