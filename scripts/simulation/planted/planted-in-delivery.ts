import type { PlantedBug } from "./planted.ts";

const GATE = "packages/core/src/bus/gate.ts";
const RECONCILIATION = "packages/core/src/bus/reconciliation.ts";
const SUBSCRIPTIONS = "packages/core/src/fanout/subscriptions.ts";

/** Bus, order, fan-out and repair: how an event comes from the log to sessions. */
export const PLANTED_IN_DELIVERY: readonly PlantedBug[] = [
  {
    name: "heads heard, and not heeded",
    trap: 1,
    breaks: ["I9"],
    suffers: "the last message is heard of only with the next",
    changes: [
      {
        file: "packages/core/src/bus/told-heads.ts",
        find: "      else if (gate.behind(head)) continue;",
        instead: "      else continue;",
      },
    ],
  },
  {
    name: "goes on from now after an interruption",
    trap: 30,
    breaks: ["I9"],
    suffers: "what was said while the bus was away is heard of only with the next message",
    changes: [
      {
        file: RECONCILIATION,
        find: "    this.#timer?.cancel();\n    this.#look();",
        instead:
          "    this.#timer?.cancel();\n    this.#behind(async () => {\n      this.#mark = await this.#house.store.feedEnd();\n    });\n    this.#look();",
      },
    ],
  },
  {
    name: "put back, and nobody looks",
    trap: 14,
    breaks: ["I9"],
    suffers: "after the store was restored conversations show what it has lost",
    changes: [{ file: RECONCILIATION, find: "    await this.#house.lookAtAll();\n", instead: "" }],
  },
  {
    name: "passed on as it comes",
    trap: 2,
    breaks: ["I16"],
    suffers: "events overtake each other on their way between gateways",
    changes: [
      {
        file: GATE,
        find: "    if (first <= this.#last + 1) {",
        instead: "    if (first > 0) {",
      },
      {
        file: GATE,
        find: "    const news = fromSeq(arrival, this.#last + 1);",
        instead: "    const news: Arrival | null = arrival;",
      },
    ],
  },
  {
    name: "another life at the gate",
    trap: 33,
    breaks: ["I9"],
    suffers: "after the store was restored gateways drop what is new as known",
    changes: [
      {
        file: GATE,
        find: "    this.#last = head - 1;\n    this.#lastOfOthers = 0;\n    this.#passed = passed;\n    this.#begun = true;\n",
        instead: "",
      },
    ],
  },
  {
    name: "member list of yesterday",
    trap: 31,
    breaks: ["I9", "I17"],
    suffers: "who was removed goes on reading, and who is new reads nothing",
    changes: [
      {
        file: "packages/core/src/fanout/audience.ts",
        find: "return known?.epoch === epoch && known.version === membersVersion ? known : null;",
        instead: "return known?.epoch === epoch ? known : null;",
      },
    ],
  },
  {
    name: "removed but still subscribed",
    trap: 18,
    breaks: ["I17"],
    suffers: "who was removed goes on reading",
    changes: [
      {
        file: SUBSCRIPTIONS,
        find: "    if (subscription.active) return this.end(session, c);\n",
        instead: "",
      },
    ],
  },
  {
    name: "repair begins at the cursor",
    trap: 11,
    breaks: ["I16"],
    suffers: "each reconnect brings a message once more",
    changes: [
      {
        file: "packages/core/src/engine/repair.ts",
        find: "access: known, after: seq, rows }",
        instead: "access: known, after: Math.max(0, seq - 1), rows }",
      },
    ],
  },
  {
    name: "lost while a subscription begins",
    trap: 11,
    breaks: ["I9"],
    suffers: "who opens a large conversation misses what is said at that moment",
    changes: [
      {
        file: "packages/core/src/fanout/open-subscription.ts",
        find: "        if (events.epoch === from.epoch) deliver(events, above);",
        instead: "        if (events.epoch === from.epoch) continue;",
      },
    ],
  },
  {
    name: "memory trimmed under a cursor",
    trap: 11,
    breaks: ["I16"],
    suffers: "who comes back after a while is brought the newest messages without those before them",
    changes: [
      {
        file: "packages/core/src/bus/recent-events.ts",
        find: "    if (first.row.seq > after + 1 || last.row.seq < head) return null;\n    return ring.events.slice(after + 1 - first.row.seq, head + 1 - first.row.seq);",
        instead:
          "    if (last.row.seq < head) return null;\n    return ring.events.slice(Math.max(0, after + 1 - first.row.seq), head + 1 - first.row.seq);",
      },
    ],
  },
  {
    name: "silence taken for peace",
    trap: 16,
    breaks: ["I9"],
    suffers: "a gateway whose link to the bus is half open tells its users nothing any more, and nobody notices",
    changes: [
      {
        file: RECONCILIATION,
        find: "    return this.#heardAt + this.#house.limits.digestWithinMs - this.#house.clock.monotonic();",
        instead: "    return this.#house.limits.digestWithinMs;",
      },
    ],
  },
  {
    name: "subscriptions end with the switch",
    trap: 29,
    breaks: ["I14"],
    suffers: "who looked at a conversation while it shrank no longer sees who has read what",
    changes: [
      {
        file: "packages/core/src/fanout/handover.ts",
        find: "    const all = new LegEvents(c, epoch, rows, () => this.#encoded(leg));",
        instead:
          '    if (rows[0]?.type === "meta" && leg.after === "push" && rows[0].seq > 1) this.#house.subscriptions.gone(c);\n    const all = new LegEvents(c, epoch, rows, () => this.#encoded(leg));',
      },
    ],
  },
  {
    name: "own sends come back",
    trap: null,
    breaks: ["I13"],
    suffers: "everybody's own messages blink up twice",
    changes: [
      {
        file: "packages/core/src/fanout/fanned-events.ts",
        find: "!isFrom(origins?.[index] ?? null, session)",
        instead: "index >= 0",
      },
    ],
  },
  {
    name: "topics never let go",
    trap: null,
    breaks: ["I25"],
    suffers: "a gateway hears more and more that concerns nobody on it",
    changes: [
      {
        file: SUBSCRIPTIONS,
        find: "    for (const subscription of own) this.#remove(subscription);",
        instead: "",
      },
    ],
  },
];
