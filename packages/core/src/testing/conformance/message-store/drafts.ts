import type { DraftAppend, DraftRefusal, DraftStore } from "../../../ports/draft-store.ts";
import type { MessageStore } from "../../../ports/message-store.ts";
import { codeOf } from "../code-of.ts";
import type { Runner } from "../runner.ts";
import type { HostTransaction, MessageStoreAdapter, MessageStoreUnderTest, WithStore } from "./adapter-under-test.ts";
import { AT, conversation, message, outcomeOf } from "./entries.ts";
import { textsOf } from "./readings.ts";

const LONG_MS = 60_000;
const SHORT_MS = 50;
/** By then a short one is over. */
const PAST_MS = 200;

const FORBIDDEN: DraftRefusal = { kind: "refused", code: "forbidden" };
const SLOT: DraftRefusal = { kind: "refused", code: "slot", last: 7 };

/** What hosts store in transactions of their own, to be numbered after their commit. */
export function draftCases(runner: Runner, withStore: WithStore, adapter: MessageStoreAdapter): void {
  const { describe, it, expect } = runner;
  if (adapter.capabilities.drafts !== true) {
    describe("drafts", () => {
      it(
        "are none where the host cannot have a transaction of the storage's",
        withStore(async (store) => expect(store.drafts).toBe(undefined)),
      );
    });
    return;
  }
  commitCases(runner, withStore);
  settleCases(runner, withStore);
  describe("drafts", () => {
    it("reject with closed before open and after close", async () => {
      const underTest = await adapter.create();
      const { store } = underTest;
      const entry = draft("hi");
      const calls: readonly ((drafts: DraftStore) => Promise<unknown>)[] = [
        (drafts) => drafts.put({}, entry),
        (drafts) => drafts.waiting(null, 10),
        (drafts) => drafts.settle(["1"], [], LONG_MS),
        (drafts) => drafts.refused(10, LONG_MS),
        (drafts) => drafts.find("1"),
      ];
      try {
        for (const call of calls) expect(await codeOf(call(draftsOf(store)))).toBe("closed");
        await store.open();
        await store.close();
        for (const call of calls) expect(await codeOf(call(draftsOf(store)))).toBe("closed");
      } finally {
        await underTest.destroy();
      }
    });

    it(
      "are refused with invalid where there is no transaction",
      withStore(async (store) => {
        for (const tx of [undefined, null, {}, "tx"]) {
          expect(await codeOf(draftsOf(store).put(tx, draft("hi")))).toBe("invalid");
        }
        expect(await draftsOf(store).waiting(null, 10)).toEqual([]);
      }),
    );
  });
}

function commitCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  describe("drafts", () => {
    it(
      "are there with the commit, as they were given and in their order, and not before",
      withStore(async (store, underTest) => {
        const drafts = draftsOf(store);
        const host = await begin(underTest);
        const entries = [draft("one", { mentions: ["bob"], slot: "s", expect: 0 }), draft("two"), draft("three")];
        const marks: string[] = [];
        for (const entry of entries) marks.push(await drafts.put(host.tx, entry));
        expect(await drafts.waiting(null, 10)).toEqual([]);
        expect(await drafts.find(marks[0] ?? "")).toBe(null);
        await host.commit();
        expect(await drafts.waiting(null, 10)).toEqual(entries.map((entry, at) => ({ mark: marks[at], entry })));
        expect(await drafts.find(marks[0] ?? "")).toBe("waiting");
      }),
    );

    it(
      "are never there where the transaction is rolled back",
      withStore(async (store, underTest) => {
        const host = await begin(underTest);
        const mark = await draftsOf(store).put(host.tx, draft("never"));
        await host.rollback();
        expect(await draftsOf(store).waiting(null, 10)).toEqual([]);
        expect(await draftsOf(store).find(mark)).toBe(null);
      }),
    );

    it(
      "come in pages above a mark; one that commits late may stand below it",
      withStore(async (store, underTest) => {
        const drafts = draftsOf(store);
        const late = await begin(underTest);
        const mark = await drafts.put(late.tx, draft("late"));
        const marks = await stored(store, underTest, ["one", "two", "three"]);
        const first = await drafts.waiting(null, 2);
        expect(first.map((each) => each.mark)).toEqual(marks.slice(0, 2));
        await late.commit();
        expect((await drafts.waiting(marks[1] ?? null, 2)).map((each) => each.mark)).toEqual(marks.slice(2));
        expect((await drafts.waiting(null, 10)).map((each) => each.mark)).toEqual([mark, ...marks]);
      }),
    );

    it(
      "I4: are one event under their key, however often they are stored and appended",
      withStore(async (store, underTest) => {
        await store.create(conversation("c1"));
        const entry = draft("once");
        for (let n = 0; n < 2; n++) {
          const host = await begin(underTest);
          await draftsOf(store).put(host.tx, entry);
          await draftsOf(store).put(host.tx, entry);
          await host.commit();
        }
        const waiting = await draftsOf(store).waiting(null, 10);
        const outcomes: string[] = [];
        for (const each of waiting) outcomes.push(await outcomeOf(store, { ...each.entry, at: AT }));
        expect(outcomes).toEqual(["event", "duplicate", "duplicate", "duplicate"]);
        expect(await textsOf(store, "c1")).toEqual(["once"]);
      }),
    );
  });
}

function settleCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  describe("drafts, settled", () => {
    it(
      "are gone when done, and kept apart when refused; a repeat changes nothing, and the first refusal stays",
      withStore(async (store, underTest) => {
        const drafts = draftsOf(store);
        const [one = "", two = "", three = ""] = await stored(store, underTest, ["one", "two", "three"]);
        for (const refusal of [FORBIDDEN, SLOT]) await drafts.settle([one], [[two, refusal]], LONG_MS);
        expect((await drafts.waiting(null, 10)).map(({ mark }) => mark)).toEqual([three]);
        expect(await Promise.all([one, two, three].map((mark) => drafts.find(mark)))).toEqual([
          null,
          FORBIDDEN,
          "waiting",
        ]);
        await drafts.settle([two], [], LONG_MS);
        expect(await drafts.find(two)).toBe(null);
      }),
    );

    it(
      "and refused, are in one hand at a time, and come again after a while until they are done",
      withStore(async (store, underTest) => {
        const drafts = draftsOf(store);
        const marks = await stored(store, underTest, ["one", "two", "three"]);
        await drafts.settle(
          [],
          marks.map((mark) => [mark, SLOT]),
          LONG_MS,
        );
        const [first, second] = await Promise.all([drafts.refused(2, LONG_MS), drafts.refused(2, LONG_MS)]);
        const taken = [...first, ...second];
        expect(taken.map(({ mark }) => mark).sort()).toEqual([...marks].sort());
        expect(taken.map(({ refusal }) => refusal)).toEqual([SLOT, SLOT, SLOT]);
        expect(await drafts.refused(10, LONG_MS)).toEqual([]);
        await drafts.settle(marks.slice(1), [], LONG_MS);
        await underTest.pass(PAST_MS);
        expect((await drafts.refused(10, SHORT_MS)).map(({ mark }) => mark)).toEqual(marks.slice(0, 1));
      }),
    );

    it(
      "and refused, go after a while all the same, with those that are refused then",
      withStore(async (store, underTest) => {
        const drafts = draftsOf(store);
        const [one = "", two = ""] = await stored(store, underTest, ["one", "two"]);
        await drafts.settle([], [[one, FORBIDDEN]], LONG_MS);
        await underTest.pass(PAST_MS);
        await drafts.settle([], [[two, FORBIDDEN]], SHORT_MS);
        expect(await drafts.find(one)).toBe(null);
        expect(await drafts.find(two)).toEqual(FORBIDDEN);
      }),
    );

    it(
      "go with what else is kept of an erased user",
      withStore(async (store, underTest) => {
        const drafts = draftsOf(store);
        const host = await begin(underTest);
        for (const user of ["alice", "bob", "alice"]) await drafts.put(host.tx, { ...draft("hi"), user });
        await host.commit();
        await store.erase("alice", null);
        expect((await drafts.waiting(null, 10)).map(({ entry }) => entry.user)).toEqual(["bob"]);
      }),
    );
  });
}

function draft(text: string, differing: Partial<DraftAppend> = {}): DraftAppend {
  const { at: _, key = { id: "", hash: "" }, ...entry } = message("c1", "alice", text);
  return { ...entry, key, ...differing };
}

async function stored(
  store: MessageStore,
  underTest: MessageStoreUnderTest,
  texts: readonly string[],
): Promise<string[]> {
  const host = await begin(underTest);
  const marks: string[] = [];
  for (const text of texts) marks.push(await draftsOf(store).put(host.tx, draft(text)));
  await host.commit();
  return marks;
}

function draftsOf({ drafts }: MessageStore): DraftStore {
  if (drafts === undefined) throw new Error("the store has no drafts");
  return drafts;
}

function begin({ transaction }: MessageStoreUnderTest): Promise<HostTransaction> {
  if (transaction === undefined) throw new Error("there is nothing to begin a transaction of the host's with");
  return transaction();
}
