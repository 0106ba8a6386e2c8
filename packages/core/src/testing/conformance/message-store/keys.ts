import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import { AT, appendEvent, changeMembers, conversation, message, outcomeOf, wordOf } from "./entries.ts";
import { logOf, textsOf } from "./readings.ts";

const TEN_YEARS_MS = 10 * 365 * 24 * 3_600_000;

/** I4: the sender's key decides whether an entry is new, for ever. */
export function keyCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  describe("keys", () => {
    it(
      "I4: a repeat is answered with the first seq, ord and at, and appends nothing",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const entry = message("c1", "alice", "once");
        const { epoch, row } = await appendEvent(store, entry);
        await appendEvent(store, message("c1", "bob", "between"));
        const repeated = await store.append([{ ...entry, at: AT + TEN_YEARS_MS }, entry]);
        const { seq, ord, at } = row;
        expect(repeated).toEqual(Array.from({ length: 2 }, () => ({ kind: "duplicate", epoch, seq, ord, at })));
        expect(await textsOf(store, "c1")).toEqual(["once", "between"]);
      }),
    );

    it(
      "I4: there is no window: a repeat is known after a thousand other entries",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const entry = message("c1", "alice", "first");
        await appendEvent(store, entry);
        for (let n = 0; n < 2; n++) {
          await store.append(Array.from({ length: 500 }, (_, at) => message("c1", "alice", `${n} ${at}`)));
        }
        expect(await outcomeOf(store, entry)).toBe("duplicate");
        expect((await logOf(store, "c1")).head).toBe(1_002);
      }),
    );

    it(
      "I4: the same key with another hash is a conflict, and the original stands",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const entry = message("c1", "alice", "original");
        await appendEvent(store, entry);
        const other = { ...entry, body: { text: "forged" }, key: { id: entry.key?.id ?? "", hash: "another" } };
        expect(await outcomeOf(store, other)).toBe("conflict");
        expect(await outcomeOf(store, entry)).toBe("duplicate");
        expect(await textsOf(store, "c1")).toEqual(["original"]);
      }),
    );

    it(
      "I4: of two entries with one key in one batch the second is a duplicate of the first",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const entry = message("c1", "alice", "twice");
        const other = { ...entry, key: { id: entry.key?.id ?? "", hash: "another" } };
        const results = await store.append([entry, message("c1", "bob", "between"), entry, other]);
        expect(results.map(wordOf)).toEqual(["event", "event", "duplicate", "conflict"]);
        expect(results[2]?.kind === "duplicate" && results[2].seq).toBe(2);
        expect(await textsOf(store, "c1")).toEqual(["twice", "between"]);
      }),
    );

    it(
      "I4: a key is its sender's own, in its conversation alone",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await store.create(conversation("c2"));
        const key = { id: "same", hash: "h" };
        const results = await store.append([
          message("c1", "alice", "1", { key }),
          message("c1", "bob", "2", { key }),
          message("c2", "alice", "3", { key }),
        ]);
        expect(results.map(wordOf)).toEqual(["event", "event", "event"]);
      }),
    );

    it(
      "I4: a key outlives its sender's membership",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const entry = message("c1", "bob", "hi");
        const { row } = await appendEvent(store, entry);
        await changeMembers(store, "c1", "alice", [["bob", null]]);
        expect(await outcomeOf(store, entry)).toBe("duplicate");
        expect(await outcomeOf(store, message("c1", "bob", "new"))).toBe("not_found");
        await changeMembers(store, "c1", "alice", [["bob", "member"]]);
        const [again] = await store.append([entry]);
        expect(again?.kind === "duplicate" && again.seq).toBe(row.seq);
      }),
    );

    it(
      "I4: an entry without a key is new each time",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const bare = {
          conversation: "c1",
          user: "alice",
          at: AT,
          type: "meta",
          body: { title: "t" },
          by: ["owner"],
        } as const;
        const results = await store.append([bare, bare]);
        expect(results.map(wordOf)).toEqual(["event", "event"]);
      }),
    );

    it(
      "I4: a lookup tells what is stored and appends nothing, whatever the rights",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const entry = message("c1", "bob", "hi");
        expect(await outcomeOf(store, { ...entry, lookup: true })).toBe("absent");
        expect(await outcomeOf(store, { ...entry, lookup: true, conversation: "c9" })).toBe("absent");
        expect(await outcomeOf(store, { ...entry, lookup: true, user: "mallory" })).toBe("absent");
        expect((await logOf(store, "c1")).head).toBe(1);
        const { row } = await appendEvent(store, entry);
        await changeMembers(store, "c1", "alice", [["bob", null]]);
        const lookup = { ...entry, lookup: true, by: [] } as const;
        const [found] = await store.append([lookup]);
        expect(found?.kind === "duplicate" && [found.seq, found.ord, found.at]).toEqual([row.seq, row.ord, row.at]);
        expect(await outcomeOf(store, { ...lookup, key: { id: entry.key?.id ?? "", hash: "another" } })).toBe(
          "conflict",
        );
        expect((await logOf(store, "c1")).head).toBe(3);
      }),
    );
  });
}
