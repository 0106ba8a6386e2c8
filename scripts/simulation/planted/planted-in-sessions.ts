import type { PlantedBug } from "./planted.ts";

const WINDOW = "packages/core/src/outbox/window.ts";
const PRESENCE = "packages/core/src/presence/memory-presence-store.ts";
const TRACKER = "packages/core/src/presence/presence-tracker.ts";

/** Sessions and their outboxes, presence, and a gateway's leaving. */
export const PLANTED_IN_SESSIONS: readonly PlantedBug[] = [
  {
    name: "given up and not said",
    trap: 25,
    breaks: ["I9"],
    suffers: "a slow reader never learns that it has to fetch",
    changes: [{ file: WINDOW, find: "      conversations.add(node.c);\n", instead: "" }],
  },
  {
    name: "older attempt stays",
    trap: 23,
    breaks: ["I24"],
    suffers: "who reconnects is thrown out by the connection that was lost",
    changes: [
      {
        file: "packages/core/src/session/session-registry.ts",
        find: "      same.some((other) => other.attempt !== null && other.attempt > (session.attempt ?? 0))",
        instead: "      same.some((other) => other.attempt !== null)",
      },
    ],
  },
  {
    name: "newer attempt goes",
    trap: 23,
    breaks: ["I24"],
    suffers: "who reconnects at another gateway is thrown out by the connection that was lost",
    changes: [
      {
        file: "packages/core/src/session/replacements.ts",
        find: `  if (later !== 0) return later < 0 ? "goes" : { says: null };`,
        instead: `  if (later !== 0) return later > 0 ? "goes" : { says: null };`,
      },
    ],
  },
  {
    name: "typing without a pace",
    trap: null,
    breaks: ["I20"],
    suffers: "everybody's screen flickers with who is typing",
    changes: [
      {
        file: "packages/core/src/session/typing-pace.ts",
        find: "    if (this.#passed.has(c) || this.#passed.size >= FIXED_LIMITS.pacedConversationsMax) return false;",
        instead: "",
      },
      {
        file: "packages/client/src/typing/typists.ts",
        find: "    if (!gateway.open || this.#toldAt.has(c)) return;",
        instead: "    if (!gateway.open) return;",
      },
    ],
  },
  {
    name: "gone is whose device is gone",
    trap: 19,
    breaks: ["I21"],
    suffers: "a tab is closed, and its user is offline with another one open",
    changes: [
      {
        file: PRESENCE,
        find: "      changed.push(known.user);\n    }\n    this.#tell(changed);\n  }\n\n  /** As `PresenceStore.of`. */",
        instead:
          "      for (const other of [...(this.#users.get(known.user) ?? [])]) this.#forget(other);\n      changed.push(known.user);\n    }\n    this.#tell(changed);\n  }\n",
      },
    ],
  },
  {
    name: "late close takes the newer one away",
    trap: 19,
    breaks: ["I21"],
    suffers: "who has just reconnected is offline for the others",
    changes: [
      {
        file: TRACKER,
        find: "    this.#sessions.delete(known);\n    this.#writer.remove(",
        instead:
          "    for (const { session: other } of this.#sessions.of(known.user)) this.#writer.remove(other, this.#house.clock.monotonic());\n    for (const other of this.#sessions.of(known.user)) this.#sessions.delete(other);\n    this.#writer.remove(",
      },
    ],
  },
  {
    name: "leases that never end",
    trap: 20,
    breaks: ["I21"],
    suffers: "who was on a gateway that died is online for ever",
    changes: [
      {
        file: PRESENCE,
        find: "    const expiry = this.#clock.after(ttlMs, () => this.#end(node, renewedAt));",
        instead: "    const expiry = this.#clock.after(ttlMs, () => {});",
      },
    ],
  },
  {
    name: "drained at once",
    trap: 21,
    breaks: ["I22"],
    suffers: "a deploy throws everybody out in one moment",
    changes: [
      {
        file: "packages/core/src/session/drain.ts",
        find: "  await passes(clock, withinMs, () => sessions.size === 0);\n",
        instead: "",
      },
      {
        file: "packages/core/src/session/drain.ts",
        find: "session.end(CLOSE.draining);",
        instead: "session.end(CLOSE.goingAway);",
      },
    ],
  },
  {
    name: "drained without a word",
    trap: 21,
    breaks: ["I22"],
    suffers: "a deploy cuts everybody off at its end, all together",
    changes: [
      {
        file: "packages/core/src/session/session.ts",
        find: `    this.say({ t: "drain", within, delay });\n`,
        instead: "",
      },
    ],
  },
];
