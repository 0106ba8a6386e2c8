import type { PlantedBug } from "./planted.ts";

const TIMELINE = "packages/client/src/timeline/timeline.ts";

/** Timelines, queues and storage of clients. */
export const PLANTED_IN_CLIENTS: readonly PlantedBug[] = [
  {
    name: "another life's events taken for known",
    trap: 33,
    breaks: ["I7", "I9", "I12"],
    suffers: "after the store was restored new messages are dropped as if they were old",
    changes: [
      {
        file: TIMELINE,
        find: "    if (this.#epoch !== null && epoch !== this.#epoch) {",
        instead: "    if (this.#epoch === null) {",
      },
    ],
  },
  {
    name: "applied early",
    trap: 2,
    breaks: ["I7", "I9"],
    suffers: "a message is missing for good when the one behind it came first",
    changes: [
      {
        file: TIMELINE,
        find: "    if (last !== undefined && row.seq === last + 1) return this.#keep([row], row.seq);",
        instead: "    if (last !== undefined && row.seq > last) return this.#keep([row], row.seq);",
      },
    ],
  },
  {
    name: "applied twice",
    trap: 11,
    breaks: ["I8"],
    suffers: "a message is counted twice after a reconnect",
    changes: [
      {
        file: TIMELINE,
        find: "    if (last !== undefined && row.seq <= last) return [];",
        instead: "    if (last !== undefined && row.seq <= last) return [row];",
      },
    ],
  },
  {
    name: "void without an end",
    trap: 12,
    breaks: ["I9"],
    suffers: "who comes back to a conversation sees nothing new in it",
    changes: [
      {
        file: TIMELINE,
        find: "        if (row.seq <= last + 1) last = Math.max(last, row.to);",
        instead: "        if (row.seq <= last) last = Math.max(last, row.to);",
      },
    ],
  },
  {
    name: "own message missing at home",
    trap: null,
    breaks: ["I9"],
    suffers: "the sender's own window lacks what was just sent",
    changes: [
      {
        file: "packages/client/src/timeline/timelines.ts",
        find: "    followed.event(epoch, row);\n    const { cursor } = followed.timeline;",
        instead: "    const { cursor } = followed.timeline;",
      },
    ],
  },
  {
    name: "told to fetch, and does not",
    trap: 25,
    breaks: ["I9"],
    suffers: "who was too slow for a while lacks what was said meanwhile",
    changes: [
      {
        file: "packages/client/src/timeline/timelines.ts",
        find: "        for (const c of frame.c) this.peek(c)?.lagging();\n",
        instead: "",
      },
    ],
  },
  {
    name: "cursor saved before its events",
    trap: 26,
    breaks: ["I7"],
    suffers: "after a crash a message is missing that was never shown",
    changes: [
      {
        file: "packages/client/src/storage/stored-timeline.ts",
        find: "epoch: cursor.epoch, last: cursor.seq, floor",
        instead: "epoch: cursor.epoch, last: cursor.seq + 1, floor",
      },
    ],
  },
  {
    name: "sends lost with the connection",
    trap: 26,
    breaks: ["I24"],
    suffers: "what was on its way when the connection broke is never sent",
    changes: [
      {
        file: "packages/client/src/send/send-line.ts",
        find: "      this.#land(send);\n      send.unknown = true;",
        instead: "      send.unknown = true;",
      },
    ],
  },
  {
    name: "sent anew under another id",
    trap: 24,
    breaks: ["I2", "I4"],
    suffers: "after a reload a message stands there twice",
    changes: [
      {
        file: "packages/client/src/storage/stored-sends.ts",
        find: "  const { id, c, type, body, re, mentions, slot, expect, at } = stored;",
        instead:
          '  const { c, type, body, re, mentions, slot, expect, at } = stored;\n  const id = stored.id.replace(/.$/, (last) => (last === "0" ? "1" : "0"));',
      },
    ],
  },
];
