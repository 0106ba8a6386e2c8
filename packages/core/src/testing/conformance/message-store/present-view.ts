import { utf8Bytes } from "@earshot/protocol";
import type { MessageStore } from "../../../ports/message-store.ts";
import type { RangeQuery } from "../../../ports/pages.ts";
import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import {
  AT,
  appendEvent,
  changeMembers,
  changeSettings,
  conversation,
  deletion,
  edit,
  message,
  reaction,
  say,
} from "./entries.ts";
import { pageOf, presentOf, ROOM } from "./readings.ts";

/** Pages of messages as they stand. */
export function presentViewCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  const page = (store: MessageStore, query: Partial<RangeQuery>) =>
    pageOf(store, { conversation: "c1", view: "present", from: "newest", ...ROOM, ...query });
  const seqs = async (store: MessageStore, query: Partial<RangeQuery>) =>
    (await page(store, query)).rows.map(({ seq }) => seq);

  describe("the present view", () => {
    it(
      "has message, member and meta alone, as they were where nothing changed them",
      withStore(async (store) => {
        const { given, made } = await everyKind(store);
        expect((await presentOf(store, "c1")).rows.map(({ type }) => type)).toEqual([
          "meta",
          "message",
          "member",
          "message",
          "meta",
          "message",
        ]);
        expect((await presentOf(store, "c1")).rows.slice(1)).toEqual(given);
        expect(await seqs(store, { from: "newest" })).toEqual(made);
        expect(await seqs(store, { from: "oldest" })).toEqual(made);
      }),
    );

    it(
      "tells the epoch, head and ord of its snapshot, also where no row of it is newest",
      withStore(async (store) => {
        await store.create(conversation("c1", { epoch: "the-epoch" }));
        await say(store, "c1", "alice", "one");
        await appendEvent(store, message("c1", "alice", "no message", { type: "x-ping" }));
        const { epoch, head, ord, rows } = await page(store, {});
        expect([epoch, head, ord, rows.length]).toEqual(["the-epoch", 3, 1, 2]);
        const nothing = await page(store, { before: 1 });
        expect([nothing.epoch, nothing.head, nothing.ord, nothing.rows]).toEqual(["the-epoch", 3, 1, []]);
      }),
    );

    it(
      "has as many rows as asked, however many events lie between them, and says whether any are left",
      withStore(async (store) => {
        const { made } = await everyKind(store);
        for (let rows = 1; rows <= made.length + 1; rows++) {
          const newest = await page(store, { rows });
          expect(newest.rows.map(({ seq }) => seq)).toEqual(made.slice(-rows));
          expect(newest.older, `newest ${rows}`).toBe(rows < made.length);
          const oldest = await page(store, { rows, from: "oldest" });
          expect(oldest.rows.map(({ seq }) => seq)).toEqual(made.slice(0, rows));
          expect(oldest.newer, `oldest ${rows}`).toBe(rows < made.length);
        }
      }),
    );

    it(
      "is bounded by after and before, and what lies beyond them is not left",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await say(store, "c1", "alice", ..."123456789");
        for (const from of ["newest", "oldest"] as const) {
          expect(await seqs(store, { from, after: 3, before: 7 })).toEqual([4, 5, 6]);
          expect(await seqs(store, { from, after: 8 })).toEqual([9, 10]);
          expect(await seqs(store, { from, before: 3 })).toEqual([1, 2]);
          expect(await seqs(store, { from, after: 5, before: 6 })).toEqual([]);
        }
        expect((await page(store, { after: 3, before: 7, rows: 3 })).older).toBe(false);
        expect((await page(store, { after: 3, before: 7, rows: 2 })).older).toBe(true);
        expect((await page(store, { after: 3, before: 7, rows: 3, from: "oldest" })).newer).toBe(false);
        expect((await page(store, { after: 3, before: 7, rows: 2, from: "oldest" })).newer).toBe(true);
      }),
    );

    it(
      "ends before the row whose JSON text, as it stands, would pass the bytes",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const made = await say(store, "c1", "alice", ..."1234");
        // Each grows by what was done to it, beyond what it was when it was written.
        for (const seq of made) {
          await appendEvent(store, edit("c1", "alice", seq, "€".repeat(200)));
          await store.append(["👍", "❤", "🙈"].map((key) => reaction("c1", "bob", seq, key)));
        }
        const { rows } = await presentOf(store, "c1", "bob");
        const sizes = rows.map((row) => utf8Bytes(JSON.stringify(row)));
        const two = (sizes[3] ?? 0) + (sizes[4] ?? 0);
        const read = { reader: "bob", rows: 100 };
        expect(await seqs(store, { ...read, bytes: two + 6 })).toEqual(made.slice(-2));
        expect(await seqs(store, { ...read, bytes: two - 1 })).toEqual(made.slice(-1));
        expect(await seqs(store, { ...read, bytes: 1 })).toEqual(made.slice(-1));
        const after = { ...read, after: 1, from: "oldest" } as const;
        const firstTwo = (sizes[1] ?? 0) + (sizes[2] ?? 0);
        expect(await seqs(store, { ...after, bytes: firstTwo + 6 })).toEqual(made.slice(0, 2));
        expect(await seqs(store, { ...after, bytes: firstTwo - 1 })).toEqual(made.slice(0, 1));
        expect(await seqs(store, { ...after, bytes: 1 })).toEqual(made.slice(0, 1));
        const ended = await page(store, { ...read, bytes: two + 6 });
        expect(ended.older).toBe(true);
      }),
    );

    it(
      "does not count the weight of what a deletion took away",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const made = await say(store, "c1", "alice", ...Array.from({ length: 5 }, () => "x".repeat(2_000)));
        await store.append(made.map((seq) => deletion("c1", "alice", seq)));
        expect(await seqs(store, { after: 1, rows: 100, bytes: 2_000 })).toEqual(made);
      }),
    );

    it(
      "is read to its end page by page, each row once, from either end",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        for (let n = 0; n < 40; n++) {
          const [seq = 0] = await say(store, "c1", "alice", `${n}`);
          if (n % 3 === 0) await appendEvent(store, reaction("c1", "bob", seq, "👍"));
        }
        const all = (await presentOf(store, "c1")).rows;
        const down = [];
        for (let before = 1_000, older = true; older; ) {
          const read = await page(store, { before, rows: 7 });
          down.unshift(...read.rows);
          before = read.rows[0]?.seq ?? 0;
          older = read.older;
        }
        expect(down).toEqual(all);
        const up = [];
        for (let after = 0, newer = true; newer; ) {
          const read = await page(store, { after, rows: 7, from: "oldest" });
          up.push(...read.rows);
          after = read.rows.at(-1)?.seq ?? 1_000;
          newer = read.newer;
        }
        expect(up).toEqual(all);
      }),
    );

    it(
      "is null for an unknown conversation",
      withStore(async (store) => {
        expect(await store.range({ conversation: "c9", view: "present", from: "newest", rows: 1, bytes: 1 })).toBe(
          null,
        );
      }),
    );
  });
}

/** c1 with an event of every type: its messages, members and metas as they stand, and the seqs of all of them. */
async function everyKind(store: MessageStore) {
  await store.create(conversation("c1"));
  const one = await appendEvent(store, message("c1", "alice", "one", { mentions: "all" }));
  await appendEvent(store, message("c1", "alice", "no message", { type: "x-ping" }));
  const member = await changeMembers(store, "c1", "alice", [["carol", "member"]]);
  const two = await appendEvent(store, message("c1", "bob", "two", { at: AT + 9 }));
  const edited = await appendEvent(store, edit("c1", "bob", two.row.seq, "two again"));
  await appendEvent(store, reaction("c1", "alice", two.row.seq, "👍"));
  const meta = await changeSettings(store, "c1", "alice", { title: "Lunch" });
  const three = await appendEvent(store, message("c1", "bob", "SECRET"));
  await appendEvent(store, deletion("c1", "bob", three.row.seq));
  const { body: _, ...bare } = three.row;
  const given = [
    one.row,
    member.row,
    { ...two.row, body: { text: "two again" }, edited: edited.row.seq, reactions: [["👍", 1, false]] },
    meta.row,
    { ...bare, deleted: true },
  ];
  return { given, made: [1, ...given.map(({ seq }) => seq)] };
}
