import type { EventRow } from "@earshot/protocol";
import type { MessageStore } from "../../../ports/message-store.ts";
import type { EventPage, Span } from "../../../ports/pages.ts";
import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import { appendEvent, changeMembers, changeOfMembers, conversation, edit, message, say } from "./entries.ts";
import { accessOf, logOf, messageOf, pageOf, presentOf, ROOM } from "./readings.ts";

const VIEWS = ["log", "present"] as const;

/** What a member may read, and that nobody else may (I17, I18). */
export function readerCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  const seqsOf = ({ rows }: EventPage) => rows.map(({ seq }) => seq);

  describe("a reader", () => {
    it(
      "I18: who is no member, has left or never was has no page, whatever is asked",
      withStore(async (store) => {
        await store.create(conversation("c1", { open: true, wholeHistory: true }));
        await changeMembers(store, "c1", "alice", [["bob", null]]);
        for (const view of VIEWS) {
          for (const reader of ["bob", "mallory", "", "constructor"]) {
            expect(await store.range({ conversation: "c1", view, reader, from: "newest", ...ROOM }), reader).toBe(null);
          }
          expect(await store.range({ conversation: "c9", view, reader: "alice", from: "newest", ...ROOM })).toBe(null);
        }
      }),
    );

    it(
      "the gateway itself has everything, a member of the first hour too",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await say(store, "c1", "alice", "one");
        for (const view of VIEWS) {
          const whole = await pageOf(store, { conversation: "c1", view, from: "oldest", ...ROOM });
          expect([seqsOf(whole), whole.spans]).toEqual([[1, 2], [[1, null]]]);
          const own = await pageOf(store, { conversation: "c1", view, reader: "bob", from: "oldest", ...ROOM });
          expect([own.rows, own.spans, own.head, own.ord]).toEqual([whole.rows, whole.spans, 2, 1]);
        }
      }),
    );

    it(
      "I17: has the rows of their stays alone, with the spans that access tells, in pages of either view and end",
      withStore(async (store) => {
        const all = await comeAndGo(store, false);
        const spans: readonly Span[] = [
          [4, 7],
          [10, 12],
          [15, null],
        ];
        expect((await accessOf(store, "carol", "c1")).spans).toEqual(spans);
        const own = all.filter(({ seq }) => spans.some(([from, to]) => seq >= from && seq <= (to ?? seq)));
        for (const view of VIEWS) {
          const read = { conversation: "c1", view, reader: "carol" } as const;
          const whole = await pageOf(store, { ...read, from: "oldest", ...ROOM });
          expect(whole.rows, view).toEqual(own);
          expect([whole.spans, whole.head], view).toEqual([spans, 17]);
          const seqs = own.map(({ seq }) => seq);
          for (let rows = 1; rows <= seqs.length; rows++) {
            const left = rows < seqs.length;
            const oldest = await pageOf(store, { ...read, from: "oldest", ...ROOM, rows });
            expect([seqsOf(oldest), oldest.newer, oldest.spans]).toEqual([seqs.slice(0, rows), left, spans]);
            const newest = await pageOf(store, { ...read, from: "newest", ...ROOM, rows });
            expect([seqsOf(newest), newest.older, newest.spans]).toEqual([seqs.slice(-rows), left, spans]);
          }
          const inside = await pageOf(store, { ...read, from: "newest", ...ROOM, after: 5, before: 11 });
          expect([seqsOf(inside), inside.older], view).toEqual([[6, 7, 10], false]);
          const away = await pageOf(store, { ...read, from: "oldest", ...ROOM, after: 7, before: 10 });
          expect([away.rows, away.newer, away.spans], view).toEqual([[], false, spans]);
        }
      }),
    );

    it(
      "has everything where the whole history is everybody's",
      withStore(async (store) => {
        const all = await comeAndGo(store, true);
        for (const view of VIEWS) {
          const page = await pageOf(store, { conversation: "c1", view, reader: "carol", from: "oldest", ...ROOM });
          expect([page.rows, page.spans], view).toEqual([all, [[1, null]]]);
        }
      }),
    );

    it(
      "has messages as they stand now, though they were edited while they were away",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const [seq = 0] = await say(store, "c1", "alice", "one");
        await changeMembers(store, "c1", "alice", [["bob", null]]);
        const { row } = await appendEvent(store, edit("c1", "alice", seq, "two"));
        await changeMembers(store, "c1", "alice", [["bob", "member"]]);
        const { body, edited } = await messageOf(store, "c1", seq, "bob");
        expect([body, edited]).toEqual([{ text: "two" }, row.seq]);
        expect(seqsOf(await logOf(store, "c1", "bob"))).toEqual([1, 2, 3, 5]);
        expect((await store.row("bob", "c1"))?.last).toEqual(await messageOf(store, "c1", seq, "bob"));
      }),
    );

    it(
      "I17: who is removed in a batch neither reads nor writes after that entry of it",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const { membersVersion } = await accessOf(store, "alice", "c1");
        const results = await store.append([
          message("c1", "bob", "before"),
          changeOfMembers("c1", "alice", [["bob", null]], membersVersion),
          message("c1", "bob", "after"),
          message("c1", "alice", "on"),
        ]);
        expect(results.map((each) => (each.kind === "refused" ? each.code : each.kind))).toEqual([
          "event",
          "event",
          "not_found",
          "event",
        ]);
        for (const view of VIEWS) {
          expect(await store.range({ conversation: "c1", view, reader: "bob", from: "newest", ...ROOM })).toBe(null);
        }
        await changeMembers(store, "c1", "alice", [["bob", "member"]]);
        const page = await presentOf(store, "c1", "bob");
        expect([seqsOf(page), page.spans]).toEqual([
          [1, 2, 3, 5],
          [
            [1, 3],
            [5, null],
          ],
        ]);
      }),
    );
  });
}

/** carol joins three times and leaves twice; nothing else but messages. */
async function comeAndGo(store: MessageStore, wholeHistory: boolean): Promise<readonly EventRow[]> {
  await store.create(conversation("c1", { wholeHistory }));
  for (let stay = 0; stay < 3; stay++) {
    await say(store, "c1", "alice", ...(stay === 0 ? ["2", "3"] : ["a", "b"]));
    await changeMembers(store, "c1", "alice", [["carol", "member"]]);
    await say(store, "c1", "alice", ...(stay === 1 ? ["c"] : ["c", "d"]));
    if (stay < 2) await changeMembers(store, "c1", "alice", [["carol", null]]);
  }
  return (await logOf(store, "c1")).rows;
}
