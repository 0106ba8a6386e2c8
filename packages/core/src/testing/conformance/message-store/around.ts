import { utf8Bytes } from "@earshot/protocol";
import type { MessageStore } from "../../../ports/message-store.ts";
import type { EventPage, RangeQuery } from "../../../ports/pages.ts";
import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import { appendEvent, changeMembers, conversation, edit, message, say } from "./entries.ts";
import { pageOf, presentOf, ROOM } from "./readings.ts";

/** Pages of the present view that start in the middle. */
export function aroundCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  const around = (store: MessageStore, from: number, query: Partial<RangeQuery> = {}) =>
    pageOf(store, { conversation: "c1", view: "present", from, ...ROOM, ...query });
  const seqsOf = ({ rows }: EventPage) => rows.map(({ seq }) => seq);
  /** Seqs, and whether rows are left below and above. */
  const shape = (page: EventPage) => [seqsOf(page), page.older, page.newer];

  describe("a page around a seq", () => {
    it(
      "has half of its rows below the seq and the rest from it upwards",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await say(store, "c1", "alice", ..."23456789");
        expect(shape(await around(store, 5, { rows: 4 }))).toEqual([[3, 4, 5, 6], true, true]);
        expect(shape(await around(store, 5, { rows: 5 }))).toEqual([[3, 4, 5, 6, 7], true, true]);
        expect(shape(await around(store, 5, { rows: 2 }))).toEqual([[4, 5], true, true]);
        expect(shape(await around(store, 5, { rows: 1 }))).toEqual([[5], true, true]);
      }),
    );

    it(
      "gives one side what the other lacks, at both ends of the log",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await say(store, "c1", "alice", ..."23456789");
        const four = { rows: 4 };
        expect(shape(await around(store, 1, four))).toEqual([[1, 2, 3, 4], false, true]);
        expect(shape(await around(store, 2, four))).toEqual([[1, 2, 3, 4], false, true]);
        expect(shape(await around(store, 3, four))).toEqual([[1, 2, 3, 4], false, true]);
        expect(shape(await around(store, 4, four))).toEqual([[2, 3, 4, 5], true, true]);
        expect(shape(await around(store, 8, four))).toEqual([[6, 7, 8, 9], true, false]);
        expect(shape(await around(store, 9, four))).toEqual([[6, 7, 8, 9], true, false]);
        // Beyond the head, and before the first.
        expect(shape(await around(store, 99, four))).toEqual([[6, 7, 8, 9], true, false]);
        expect(shape(await around(store, 0, four))).toEqual([[1, 2, 3, 4], false, true]);
        expect(shape(await around(store, 99, { rows: 1 }))).toEqual([[9], true, false]);
      }),
    );

    it(
      "is the whole log where there are fewer rows than asked for",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await say(store, "c1", "alice", ..."234");
        for (const from of [1, 2, 3, 4, 5]) {
          for (const rows of [4, 5, 9, 100]) {
            expect(shape(await around(store, from, { rows })), `${from} ${rows}`).toEqual([[1, 2, 3, 4], false, false]);
          }
        }
      }),
    );

    it(
      "counts rows of the view alone, also where the seq is none of them",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        // Messages at 2, 6, 10, 14, 18: what lies between is in no present page.
        for (let n = 0; n < 5; n++) {
          const [seq = 0] = await say(store, "c1", "alice", `${n}`);
          await appendEvent(store, edit("c1", "alice", seq, `${n} again`));
          await store.append(["a", "b"].map((text) => message("c1", "alice", text, { type: "x-ping" })));
        }
        const four = { rows: 4 };
        expect(shape(await around(store, 10, four))).toEqual([[2, 6, 10, 14], true, true]);
        expect(shape(await around(store, 9, four))).toEqual([[2, 6, 10, 14], true, true]);
        expect(shape(await around(store, 11, four))).toEqual([[6, 10, 14, 18], true, false]);
        expect(shape(await around(store, 20, four))).toEqual([[6, 10, 14, 18], true, false]);
      }),
    );

    it(
      "stays between after and before, and what lies beyond them is not left",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await say(store, "c1", "alice", ..."23456789");
        const bounds = { after: 3, before: 8 };
        expect(shape(await around(store, 5, { ...bounds, rows: 10 }))).toEqual([[4, 5, 6, 7], false, false]);
        expect(shape(await around(store, 4, { ...bounds, rows: 2 }))).toEqual([[4, 5], false, true]);
        expect(shape(await around(store, 9, { ...bounds, rows: 2 }))).toEqual([[6, 7], true, false]);
        expect(shape(await around(store, 1, { ...bounds, rows: 2 }))).toEqual([[4, 5], false, true]);
        expect(shape(await around(store, 5, { after: 5, before: 6, rows: 2 }))).toEqual([[], false, false]);
      }),
    );

    it(
      "I17: in a stretch that the member may not have it starts at what they may have next to it",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await changeMembers(store, "c1", "alice", [["carol", "member"]]);
        await say(store, "c1", "alice", "3", "4");
        await changeMembers(store, "c1", "alice", [["carol", null]]);
        await say(store, "c1", "alice", "6", "7", "8");
        await changeMembers(store, "c1", "alice", [["carol", "member"]]);
        await say(store, "c1", "alice", "10", "11");
        const carol = { reader: "carol" };
        for (const from of [6, 7, 8, 9]) {
          const page = await around(store, from, { ...carol, rows: 4 });
          expect(shape(page), `${from}`).toEqual([[4, 5, 9, 10], true, true]);
          expect(page.spans).toEqual([
            [2, 5],
            [9, null],
          ]);
        }
        expect(shape(await around(store, 1, { ...carol, rows: 2 }))).toEqual([[2, 3], false, true]);
        expect(shape(await around(store, 7, { ...carol, rows: 100 }))).toEqual([[2, 3, 4, 5, 9, 10, 11], false, false]);
        expect(shape(await around(store, 7, { ...carol, after: 5, before: 9, rows: 9 }))).toEqual([[], false, false]);
      }),
    );

    it(
      "is bounded by bytes on both sides, without a hole, and the row at the seq always comes",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await say(store, "c1", "alice", ...Array.from({ length: 20 }, () => "€".repeat(100)));
        const all = (await presentOf(store, "c1")).rows;
        const size = utf8Bytes(JSON.stringify(all[9]));
        for (const fit of [1, 2, 5, 6, 9]) {
          // Numbers and ids have some digits more or less; commas may count.
          const bytes = fit * size + 60;
          const page = await around(store, 11, { rows: 20, bytes });
          const seqs = seqsOf(page);
          const [first = 0] = seqs;
          expect(seqs, `${fit} fit`).toEqual(seqs.map((_, n) => first + n));
          expect(seqs.includes(11), `${fit} fit`).toBe(true);
          expect(seqs.length, `${fit} fit`).toBe(fit);
          expect([page.older, page.newer], `${fit} fit`).toEqual([true, true]);
          // Neither side takes it all.
          if (fit > 2) expect([seqs.includes(10), seqs.includes(12)], `${fit} fit`).toEqual([true, true]);
        }
        expect(shape(await around(store, 11, { rows: 20, bytes: 1 }))).toEqual([[11], true, true]);
        expect(shape(await around(store, 99, { rows: 20, bytes: 1 }))).toEqual([[21], true, false]);
      }),
    );
  });
}
