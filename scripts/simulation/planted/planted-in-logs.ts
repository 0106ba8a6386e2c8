import type { PlantedBug } from "./planted.ts";

const SEQUENCER = "packages/core/src/engine/sequencer.ts";
const CONVERSATION = "packages/core/src/store/memory-conversation.ts";
const LOG = "packages/core/src/store/memory-log.ts";

/** Numbering, keys, rights and watermarks: what the store decides, and what is said of its answers. */
export const PLANTED_IN_LOGS: readonly PlantedBug[] = [
  {
    name: "unknown result told as failure",
    trap: 8,
    breaks: ["I3"],
    suffers: "a message that was refused appears all the same",
    changes: [
      {
        file: SEQUENCER,
        find: "        const wait = RETRY_WAITS_MS[attempt];",
        instead: "        const wait = RETRY_WAITS_MS[attempt + RETRY_WAITS_MS.length];",
      },
      {
        file: SEQUENCER,
        find: `    waiting.reject(unavailable("the store did not answer"));`,
        instead: `    waiting.reject(new ChatError("internal", "unable to store event; the store did not answer"));`,
      },
    ],
  },
  {
    name: "repeat without its key",
    trap: 8,
    breaks: ["I1", "I2", "I4", "I6"],
    suffers: "a message stands in the log twice when the store's answer was lost",
    changes: [
      {
        file: SEQUENCER,
        find: "(behindMs === null ? entry : { ...entry, lookup: true })",
        instead:
          "(repeated && entry.key ? { ...entry, key: { ...entry.key, id: entry.key.id.concat('~') } } : behindMs === null ? entry : { ...entry, lookup: true })",
      },
    ],
  },
  {
    name: "batch turned round",
    trap: 4,
    breaks: ["I11"],
    suffers: "messages of one sender change places under load",
    changes: [
      {
        file: SEQUENCER,
        find: "    return { batch, answered: this.#answers(batch) };",
        instead:
          "    const turned = batch.toReversed();\n    return { batch: turned, answered: this.#answers(turned) };",
      },
    ],
  },
  {
    name: "later ones pass a failed one",
    trap: 4,
    breaks: ["I10", "I11"],
    suffers: "after a moment without the store messages stand in another order than they were written",
    changes: [
      {
        file: SEQUENCER,
        find: "    for (const order of failed) this.#house.refused(order, UNAVAILABLE_RETRY_MS);\n    const behind = this.#waiting.filter((waiting) => waiting.order !== null && failed.has(waiting.order));",
        instead: "    const behind: Waiting[] = [];",
      },
      {
        file: "packages/core/src/session/send-lane.ts",
        find: "    const before = this.#refused?.get(id);\n",
        instead: `    const before = undefined;\n    if (id !== "") return { kind: "append", turn: ++this.#turns };\n`,
      },
    ],
  },
  {
    name: "crash before anybody is told",
    trap: 9,
    breaks: ["I9"],
    suffers: "what was stored while the answer was lost is heard of only with the next message",
    changes: [
      {
        file: "packages/core/src/engine/untold.ts",
        find: "    if (page !== null && first >= 0) this.#house.found(c, page.epoch, page.rows.slice(first));",
        instead: "",
      },
      {
        file: SEQUENCER,
        find: "    const own = ownDuplicates(batch, results);",
        instead: "    const own = new Set<number>();",
      },
      {
        file: "packages/core/src/bus/reconciliation.ts",
        find: "    if (!this.#stopped) this.#house.take(heads);",
        instead: "",
      },
    ],
  },
  {
    name: "keys forgotten after a while",
    trap: 6,
    breaks: ["I4"],
    suffers: "a phone that was away for a minute sends its message twice",
    changes: [
      {
        file: "packages/core/src/store/memory-keys.ts",
        find: "    this.#stored.set(nameOf(from, key), { hash, seq, ord, at, ...(rewritten && { rewritten }) });",
        instead:
          "    this.#stored.set(nameOf(from, key), { hash, seq, ord, at, ...(rewritten && { rewritten }) });\n    if (this.#stored.size > 3) for (const [first] of this.#stored) { this.#stored.delete(first); break; }",
      },
    ],
  },
  {
    name: "refused, and a number gone",
    trap: 5,
    breaks: ["I5", "I9"],
    suffers: "clients wait for ever for an event that never was",
    changes: [
      {
        file: CONVERSATION,
        find: "    if (refused !== null) return refused;",
        instead: "    if (refused !== null) {\n      this.#log.skip();\n      return refused;\n    }",
      },
      {
        file: LOG,
        find: "  /** Everything that is kept, as it is now. */",
        instead: "  skip(): void {\n    this.#rows.length++;\n  }\n",
      },
      {
        file: LOG,
        find: "    return { length, at: (index) => (index < length ? first + index : undefined) };",
        instead: "    return length + first > 0 ? this.#rows.flatMap(({ seq }) => seq) : [];",
      },
    ],
  },
  {
    name: "refused when it is written already",
    trap: 5,
    breaks: ["I3", "I17"],
    suffers: "what was refused stands in the log",
    changes: [
      { file: CONVERSATION, find: "    if (refused !== null) return refused;", instead: "" },
      {
        file: CONVERSATION,
        find: "    const { mode } = this.#settings;\n    return { kind:",
        instead: "    if (refused !== null) return refused;\n    const { mode } = this.#settings;\n    return { kind:",
      },
    ],
  },
  {
    name: "removed but still writing",
    trap: 13,
    breaks: ["I17", "I18"],
    suffers: "who was removed goes on writing",
    changes: [
      {
        file: "packages/core/src/store/append-refusal.ts",
        find: `    if (!entry.join || !settings.open) return refuse("not_found");`,
        instead: `    if (entry.key === undefined) return refuse("not_found");`,
      },
    ],
  },
  {
    name: "anybody may read",
    trap: 18,
    breaks: ["I17", "I18"],
    suffers: "strangers read a conversation, if they know its id",
    changes: [
      {
        file: CONVERSATION,
        find: "    if (spans === null) return null;",
        instead: "    if (spans === null) return this.range({ ...query, reader: this.created.creator });",
      },
    ],
  },
  {
    name: "history from before the join",
    trap: 18,
    breaks: ["I17"],
    suffers: "a new member reads what was said before they came",
    changes: [
      {
        file: "packages/core/src/store/member-spans.ts",
        find: "  return keptSpans(wholeHistory ?",
        instead: "  return keptSpans(wholeHistory || stays.length > 0 ?",
      },
    ],
  },
  {
    name: "void one too far",
    trap: 12,
    breaks: ["I9", "I16"],
    suffers: "who comes back to a conversation misses the first thing that is theirs again",
    changes: [
      {
        file: "packages/core/src/engine/page.ts",
        find: "    if (start > next) found.push([next, start - 1]);\n    next = Math.max(next, (end ?? to) + 1);",
        instead: "    if (start > next) found.push([next, start]);\n    next = Math.max(next, (end ?? to) + 1);",
      },
    ],
  },
  {
    name: "watermarks as they come",
    trap: 17,
    breaks: ["I14"],
    suffers: "what was read turns unread again",
    changes: [
      {
        file: CONVERSATION,
        find: "    member.delivered = Math.max(member.delivered, Math.min(delivered, head));",
        instead: "    if (delivered > 0) member.delivered = Math.max(member.read, Math.min(delivered, head));",
      },
      {
        file: "packages/core/src/fanout/receipts.ts",
        find: "      delivered: Math.max(known?.delivered ?? 0, delivered),\n      read: Math.max(known?.read ?? 0, read),\n",
        instead: "      delivered,\n      read,\n",
      },
      {
        file: "packages/client/src/receipts/receipts.ts",
        find: "      delivered: Math.max(was.delivered, delivered, read),\n      read: Math.max(was.read, read),",
        instead: "      delivered: Math.max(delivered, read),\n      read,",
      },
    ],
  },
  {
    name: "rewritten, and the sender is not told",
    trap: 35,
    breaks: ["I6"],
    suffers: "the sender's own device shows another text than everybody else's",
    changes: [
      {
        file: "packages/core/src/engine/send.ts",
        find: "return same ? sent : { ...sent, body: stored };",
        instead: "return same ? sent : { ...sent };",
      },
    ],
  },
  {
    name: "rights from a replica",
    trap: 10,
    breaks: ["I12", "I16"],
    suffers: "a client is told that it has everything, and it has not",
    changes: [
      {
        file: "packages/core/src/engine/access-batch.ts",
        find: "  #asked: Asked[] = [];",
        instead:
          "  #asked: Asked[] = [];\n  readonly #copies = new Map<string, { at: number; access: Access | null }>();\n",
      },
      {
        file: "packages/core/src/engine/access-batch.ts",
        find: "      const access = await this.#store.access(asked.flatMap((one) => one.pairs));",
        instead: `      const pairs = asked.flatMap((one) => one.pairs);
      const now = this.#clock.monotonic();
      const fresh = await this.#store.access(pairs);
      const access = pairs.map(({ user, conversation }, index) => {
        const copy = this.#copies.get(user + conversation);
        if (copy && now - copy.at < 3_000) return copy.access;
        this.#copies.set(user + conversation, { at: now, access: fresh[index] ?? null });
        return fresh[index] ?? null;
      });`,
      },
    ],
  },
];
