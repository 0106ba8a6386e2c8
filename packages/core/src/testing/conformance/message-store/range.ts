import { utf8Bytes } from "@earshot/protocol";
import type { MessageStore } from "../../../ports/message-store.ts";
import type { RangeQuery } from "../../../ports/pages.ts";
import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import { appendEvent, conversation, message } from "./entries.ts";
import { logOf, pageOf, ROOM } from "./readings.ts";

/** Pages of a log. */
export function rangeCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  const seqs = async (store: MessageStore, query: Omit<RangeQuery, "conversation" | "view">) =>
    (await store.range({ conversation: "c1", view: "log", ...query }))?.rows.map(({ seq }) => seq);

  describe("range", () => {
    it(
      "gives what lies between after and before, oldest first from either end",
      withStore(async (store) => {
        await fill(store, 9);
        for (const from of ["oldest", "newest"] as const) {
          expect(await seqs(store, { after: 0, from, ...ROOM })).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
          expect(await seqs(store, { from, ...ROOM })).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
          expect(await seqs(store, { before: 4, from, ...ROOM })).toEqual([1, 2, 3]);
          expect(await seqs(store, { after: 3, from, ...ROOM })).toEqual([4, 5, 6, 7, 8, 9, 10]);
          expect(await seqs(store, { after: 3, before: 7, from, ...ROOM })).toEqual([4, 5, 6]);
          expect(await seqs(store, { after: 0, before: 2, from, ...ROOM })).toEqual([1]);
          expect(await seqs(store, { after: 8, before: 99, from, ...ROOM })).toEqual([9, 10]);
        }
      }),
    );

    it(
      "is empty where nothing lies between, and still tells the head",
      withStore(async (store) => {
        await fill(store, 3);
        for (const bounds of [
          { after: 4 },
          { after: 99 },
          { after: 2, before: 3 },
          { after: 3, before: 2 },
          { after: 0, before: 1 },
        ]) {
          const page = await store.range({ conversation: "c1", view: "log", ...bounds, from: "oldest", ...ROOM });
          expect([page?.rows, page?.head, page?.ord], JSON.stringify(bounds)).toEqual([[], 4, 3]);
        }
      }),
    );

    it(
      "ends after the rows asked for, at the end it began from",
      withStore(async (store) => {
        await fill(store, 9);
        expect(await seqs(store, { after: 2, from: "oldest", rows: 3, bytes: 1e9 })).toEqual([3, 4, 5]);
        expect(await seqs(store, { after: 2, from: "newest", rows: 3, bytes: 1e9 })).toEqual([8, 9, 10]);
        expect(await seqs(store, { after: 2, before: 8, from: "newest", rows: 3, bytes: 1e9 })).toEqual([5, 6, 7]);
      }),
    );

    it(
      "says whether rows of the query are left beyond its end",
      withStore(async (store) => {
        await fill(store, 9);
        const query = { conversation: "c1", view: "log", after: 2, before: 9, bytes: 1e9 } as const;
        for (const [rows, left] of [
          [5, true],
          [6, false],
          [7, false],
        ] as const) {
          expect((await pageOf(store, { ...query, rows, from: "oldest" })).newer, `${rows}`).toBe(left);
          expect((await pageOf(store, { ...query, rows, from: "newest" })).older, `${rows}`).toBe(left);
        }
        // By bytes too.
        expect((await pageOf(store, { ...query, rows: 6, bytes: 1, from: "oldest" })).newer).toBe(true);
        expect((await pageOf(store, { ...query, rows: 6, bytes: 1, from: "newest" })).older).toBe(true);
        const nothing = { ...query, after: 10, rows: 5 } as const;
        expect((await pageOf(store, { ...nothing, from: "oldest" })).newer).toBe(false);
        expect((await pageOf(store, { ...nothing, from: "newest" })).older).toBe(false);
      }),
    );

    it(
      "ends before the row whose JSON text would pass the bytes",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        // Three bytes a character: a count of characters would end too late.
        for (let n = 0; n < 6; n++) await appendEvent(store, message("c1", "alice", "€".repeat(300)));
        const { rows } = await logOf(store, "c1");
        const sizes = rows.map((row) => utf8Bytes(JSON.stringify(row)));
        const three = (sizes[1] ?? 0) + (sizes[2] ?? 0) + (sizes[3] ?? 0);
        // Room for the commas and brackets that a store may count along.
        expect(await seqs(store, { after: 1, from: "oldest", rows: 100, bytes: three + 8 })).toEqual([2, 3, 4]);
        expect(await seqs(store, { after: 1, from: "oldest", rows: 100, bytes: three - 1 })).toEqual([2, 3]);
        expect(await seqs(store, { after: 0, from: "newest", rows: 100, bytes: three + 8 })).toEqual([5, 6, 7]);
        expect(await seqs(store, { after: 0, from: "newest", rows: 100, bytes: three - 1 })).toEqual([6, 7]);
      }),
    );

    it(
      "always gives at least one row",
      withStore(async (store) => {
        await fill(store, 3);
        expect(await seqs(store, { after: 1, from: "oldest", rows: 100, bytes: 1 })).toEqual([2]);
        expect(await seqs(store, { after: 1, from: "newest", rows: 100, bytes: 1 })).toEqual([4]);
      }),
    );

    it(
      "I5: a log of 1,200 entries is read page by page without a hole",
      withStore(async (store) => {
        await fill(store, 1_199);
        const read: number[] = [];
        while (read.length < 1_200) {
          const page = (await seqs(store, { after: read.length, from: "oldest", rows: 177, bytes: 20_000 })) ?? [];
          if (page.length === 0) break;
          read.push(...page);
        }
        expect(read).toEqual(Array.from({ length: 1_200 }, (_, at) => at + 1));
      }),
    );

    it(
      "is null for an unknown conversation",
      withStore(async (store) => {
        expect(await store.range({ conversation: "c9", view: "log", after: 0, from: "oldest", ...ROOM })).toBe(null);
      }),
    );
  });
}

/** c1 with its first event and `count` messages. */
async function fill(store: MessageStore, count: number): Promise<void> {
  await store.create(conversation("c1"));
  await store.append(Array.from({ length: count }, (_, n) => message("c1", "alice", `${n}`)));
}
