import type { MessageStore } from "../../../ports/message-store.ts";
import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import { changeMembers, conversation, message, say } from "./entries.ts";
import { accessOf } from "./readings.ts";

/** Watermarks, which only rise (I14). */
export function raiseCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  const marks = async (store: MessageStore, user: string) => {
    const { delivered, read } = await accessOf(store, user, "c1");
    return [delivered, read];
  };
  const raise = async (store: MessageStore, user: string, to: { epoch?: string; delivered?: number; read?: number }) =>
    (await store.raise([{ user, conversation: "c1", ...to }]))[0];
  /** c1 with a head of 6: five messages of alice. */
  const withLog = (run: Parameters<WithStore>[0]) =>
    withStore(async (store, underTest) => {
      await store.create(conversation("c1"));
      await say(store, "c1", "alice", ..."23456");
      await run(store, underTest);
    });

  describe("raise", () => {
    it(
      "I14: raises one watermark or both, and neither ever falls",
      withLog(async (store) => {
        const { epoch } = await accessOf(store, "bob", "c1");
        const told = (delivered: number, read: number, rose: boolean) => ({ epoch, delivered, read, rose, members: 2 });
        expect(await raise(store, "bob", { delivered: 3 })).toEqual(told(3, 1, true));
        expect(await raise(store, "bob", { delivered: 4, read: 2 })).toEqual(told(4, 2, true));
        expect(await raise(store, "bob", { delivered: 2 })).toEqual(told(4, 2, false));
        expect(await raise(store, "bob", { read: 1 })).toEqual(told(4, 2, false));
        expect(await raise(store, "bob", { delivered: 1, read: 3 })).toEqual(told(4, 3, true));
        expect(await raise(store, "bob", { delivered: 5, read: 1 })).toEqual(told(5, 3, true));
        expect(await raise(store, "bob", { delivered: 0, read: 0 })).toEqual(told(5, 3, false));
        expect(await raise(store, "bob", {})).toEqual(told(5, 3, false));
        expect(await marks(store, "bob")).toEqual([5, 3]);
        const row = await store.row("bob", "c1");
        expect([row?.delivered, row?.read, row?.unread]).toEqual([5, 3, 3]);
        expect(await marks(store, "alice")).toEqual([6, 6]);
      }),
    );

    it(
      "I14: what was read was delivered",
      withLog(async (store) => {
        const { epoch } = await accessOf(store, "bob", "c1");
        const both = (seq: number) => ({ epoch, delivered: seq, read: seq, rose: true, members: 2 });
        expect(await raise(store, "bob", { read: 4 })).toEqual(both(4));
        expect(await raise(store, "bob", { delivered: 2, read: 5 })).toEqual(both(5));
        expect(await marks(store, "bob")).toEqual([5, 5]);
      }),
    );

    it(
      "I14: passes the head never, however far it is asked to",
      withLog(async (store) => {
        for (const to of [{ delivered: 7 }, { read: 1_000 }, { delivered: Number.MAX_SAFE_INTEGER, read: 2 ** 40 }]) {
          await raise(store, "bob", to);
        }
        expect(await marks(store, "bob")).toEqual([6, 6]);
        expect((await raise(store, "bob", { read: 99 }))?.rose).toBe(false);
        await say(store, "c1", "alice", "7");
        expect((await store.row("bob", "c1"))?.unread).toBe(1);
      }),
    );

    it(
      "I14: raises many in the order given, each by itself, with null for who is no member",
      withLog(async (store) => {
        await store.create(conversation("c2"));
        await say(store, "c2", "bob", "2");
        const results = await store.raise([
          { user: "bob", conversation: "c1", read: 2 },
          { user: "mallory", conversation: "c1", read: 3 },
          { user: "bob", conversation: "c1", read: 5 },
          { user: "bob", conversation: "c9", read: 5 },
          { user: "alice", conversation: "c2", delivered: 2 },
          { user: "bob", conversation: "c1", read: 4 },
        ]);
        expect(results.map((each) => each && [each.delivered, each.read, each.rose])).toEqual([
          [2, 2, true],
          null,
          [5, 5, true],
          null,
          [2, 1, true],
          [5, 5, false],
        ]);
        expect(await store.raise([])).toEqual([]);
        await changeMembers(store, "c1", "alice", [["bob", null]]);
        expect(await raise(store, "bob", { read: 6 })).toBe(null);
        // A new stay begins at its own entry, whatever was read before or while away.
        await changeMembers(store, "c1", "alice", [["bob", "member"]]);
        expect(await marks(store, "bob")).toEqual([8, 8]);
      }),
    );

    it(
      "tells how many the members are",
      withLog(async (store) => {
        await changeMembers(store, "c1", "alice", [
          ["carol", "reader"],
          ["dave", "member"],
          ["bob", null],
        ]);
        expect((await raise(store, "carol", { read: 7 }))?.members).toBe(3);
      }),
    );

    it(
      "changes a row of the user's own inbox with read, and none with delivered",
      withLog(async (store) => {
        const cursors = async () => ({
          bob: (await store.inbox("bob", null, 10)).cursor,
          alice: (await store.inbox("alice", null, 10)).cursor,
        });
        const before = await cursors();
        await raise(store, "bob", { delivered: 4 });
        expect((await store.inbox("bob", before.bob, 10)).rows).toEqual([]);
        await raise(store, "bob", { read: 3 });
        expect((await store.inbox("bob", before.bob, 10)).rows).toEqual([await store.row("bob", "c1")]);
        expect((await store.inbox("alice", before.alice, 10)).rows).toEqual([]);
        // What another does afterwards carries the watermarks as they are.
        await say(store, "c1", "alice", "7");
        const [row] = (await store.inbox("bob", before.bob, 10)).rows;
        expect(row && "read" in row && [row.delivered, row.read]).toEqual([4, 3]);
      }),
    );

    it(
      "I19: are raised by no seq of another life of the log, nor is the mark taken away",
      withLog(async (store) => {
        const { epoch } = await accessOf(store, "bob", "c1");
        await store.put("bob", "c1", { marked: true });
        const before = await raise(store, "bob", { epoch, delivered: 3 });
        const nothing = { ...before, rose: false };
        expect(await raise(store, "bob", { epoch: "another", delivered: 5, read: 4 })).toEqual(nothing);
        expect([before?.epoch, await marks(store, "bob")]).toEqual([epoch, [3, 1]]);
        expect((await store.row("bob", "c1"))?.marked).toBe(true);
        expect((await raise(store, "bob", { epoch, read: 4 }))?.rose).toBe(true);
      }),
    );

    it(
      "I14: of many callers at once the highest stands",
      withLog(async (store) => {
        const seqs = [3, 6, 2, 5, 4, 1];
        const results = await Promise.all(seqs.map((read) => raise(store, "bob", { read })));
        expect(await marks(store, "bob")).toEqual([6, 6]);
        for (const [n, read] of seqs.entries()) expect((results[n]?.read ?? 0) >= read).toBe(true);
      }),
    );

    it(
      "I14: races with appends, and neither takes the other's back",
      withLog(async (store) => {
        await Promise.all([
          ...Array.from({ length: 20 }, (_, n) => store.append([message("c1", "bob", `${n}`)])),
          ...Array.from({ length: 20 }, (_, n) => raise(store, "bob", { delivered: n, read: n })),
          ...Array.from({ length: 20 }, (_, n) => raise(store, "alice", { read: 6 + n })),
        ]);
        expect(await marks(store, "bob")).toEqual([26, 26]);
        expect((await raise(store, "alice", { read: 26 }))?.read).toBe(26);
      }),
    );
  });
}
