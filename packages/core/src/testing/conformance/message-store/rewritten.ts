import type { Append } from "../../../ports/append.ts";
import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import { appendEvent, conversation, deletion, edit, message, outcomeOf, unique } from "./entries.ts";

/** Keys of what was stored otherwise than it was sent. */
export function rewrittenCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  const rewritten = (entry: Append): Append => ({
    ...entry,
    key: { id: unique("m"), hash: "of what was sent", rewritten: true },
  });

  describe("a key of what was rewritten", () => {
    it(
      "I4: tells it to who repeats, with or without saying so, by lookup too",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const entry = rewritten(message("c1", "alice", "as stored"));
        const { row } = await appendEvent(store, entry);
        const { seq, ord, at } = row;
        expect("rewritten" in row).toBe(false);
        const plain = { ...entry, key: { id: entry.key?.id ?? "", hash: "of what was sent" } };
        for (const repeat of [entry, plain, { ...plain, lookup: true as const }, { ...plain, by: [] }]) {
          const [answer] = await store.append([repeat]);
          if (answer?.kind !== "duplicate") throw new Error(`expected a duplicate, got ${JSON.stringify(answer)}`);
          expect([answer.seq, answer.ord, answer.at, answer.rewritten]).toEqual([seq, ord, at, true]);
        }
        expect(await outcomeOf(store, { ...plain, key: { ...plain.key, hash: "another" } })).toBe("conflict");
      }),
    );

    it(
      "I4: is told apart from one of what was not, whatever the repeat says",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const entry = message("c1", "alice", "as sent");
        await appendEvent(store, entry);
        const key = { id: entry.key?.id ?? "", hash: entry.key?.hash ?? "", rewritten: true as const };
        const [answer] = await store.append([{ ...entry, key }]);
        expect([answer?.kind, answer !== undefined && "rewritten" in answer]).toEqual(["duplicate", false]);
      }),
    );

    it(
      "I4: is kept with edits and deletions, outlives the content, and comes within one batch",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const sent = rewritten(message("c1", "alice", "one"));
        const change = rewritten(edit("c1", "alice", 2, "two"));
        const gone = rewritten(deletion("c1", "alice", 2));
        const results = await store.append([sent, change, gone, sent, change, gone]);
        const told = results.map((result) => [result.kind, result.kind === "duplicate" && result.rewritten === true]);
        expect(told).toEqual([
          ["event", false],
          ["event", false],
          ["event", false],
          ["duplicate", true],
          ["duplicate", true],
          ["duplicate", true],
        ]);
      }),
    );
  });
}
