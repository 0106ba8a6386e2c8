import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import { appendEvent, conversation, deletion, message, outcomeOf, wordOf } from "./entries.ts";
import { logOf, messageOf } from "./readings.ts";

/** Chains of events in which each says which one it follows. */
export function slotCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  const link = (slot: string, expected?: number, c = "c1") =>
    message(c, "alice", slot, { type: "x-link", slot, ...(expected === undefined ? {} : { expect: expected }) });

  describe("slots", () => {
    it(
      "take an entry that names their last event, 0 for the first; another is refused and told which it is",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const results = await store.append([
          link("mls", 7),
          link("mls", 0),
          link("mls", 0),
          link("mls", 2),
          link("mls", 2),
        ]);
        expect(results.map(wordOf)).toEqual(["slot", "event", "slot", "event", "slot"]);
        expect(results[0]).toEqual({ kind: "refused", code: "slot", last: 0 });
        expect(results[2]).toEqual({ kind: "refused", code: "slot", last: 2 });
        expect(results[4]).toEqual({ kind: "refused", code: "slot", last: 3 });
        expect((await logOf(store, "c1")).head).toBe(3);
      }),
    );

    it(
      "are kept with their event, and moved by one that expects nothing",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const { row } = await appendEvent(store, link("mls"));
        expect(row.slot).toBe("mls");
        expect((await logOf(store, "c1")).rows[1]).toEqual(row);
        expect(await store.append([link("mls", 0)])).toEqual([{ kind: "refused", code: "slot", last: 2 }]);
        const sent = await appendEvent(store, message("c1", "bob", "hi", { slot: "mls", expect: 2 }));
        expect((await messageOf(store, "c1", sent.row.seq)).slot).toBe("mls");
        const bare = await appendEvent(store, message("c1", "bob", "hi"));
        expect("slot" in bare.row).toBe(false);
        expect(await outcomeOf(store, link("mls", sent.row.seq))).toBe("event");
      }),
    );

    it(
      "are their conversation's own, each by its name, and outlive the body of their last event",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await store.create(conversation("c2"));
        const names = ["constructor", "__proto__", "0", "a", "A"];
        const firsts = names.map((name) => link(name, 0));
        expect((await store.append(firsts)).map(wordOf)).toEqual(names.map(() => "event"));
        expect(await outcomeOf(store, link("a", 0, "c2"))).toBe("event");
        const sent = await appendEvent(store, message("c1", "alice", "hi", { slot: "b", expect: 0 }));
        await appendEvent(store, deletion("c1", "alice", sent.row.seq));
        expect(await store.append([link("b", 0)])).toEqual([{ kind: "refused", code: "slot", last: sent.row.seq }]);
      }),
    );

    it(
      "I4: answer a repeat by its key, though they have moved on",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const first = link("mls", 0);
        const results = await store.append([first, link("mls", 2), first]);
        expect(results.map(wordOf)).toEqual(["event", "event", "duplicate"]);
      }),
    );

    it(
      "are given to one of many callers at once",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const results = await Promise.all(Array.from({ length: 12 }, () => store.append([link("mls", 0)])));
        expect(results.flat().filter(({ kind }) => kind === "event").length).toBe(1);
        const refused = results.flat().filter(({ kind }) => kind === "refused");
        expect(refused).toEqual(Array.from({ length: 11 }, () => ({ kind: "refused", code: "slot", last: 2 })));
      }),
    );
  });
}
