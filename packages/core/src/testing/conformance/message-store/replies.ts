import type { MessageStore } from "../../../ports/message-store.ts";
import type { EventPage, RangeQuery } from "../../../ports/pages.ts";
import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import { appendEvent, changeMembers, conversation, deletion, edit, message, reaction, say } from "./entries.ts";
import { messageOf, pageOf, ROOM } from "./readings.ts";

/** Replies, how many there are, and pages of them. */
export function replyCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  const thread = (store: MessageStore, query: Partial<RangeQuery>) =>
    pageOf(store, { conversation: "c1", view: "present", from: "oldest", re: 2, ...ROOM, ...query });
  const seqsOf = ({ rows }: EventPage) => rows.map(({ seq }) => seq);

  /** c1 with a message at 2, and replies to it at 4, 6, 8, 10, 12; each followed by a message that is none. */
  async function fill(store: MessageStore): Promise<void> {
    await store.create(conversation("c1"));
    await say(store, "c1", "alice", "root", "another");
    for (let n = 0; n < 5; n++) {
      await store.append([message("c1", "bob", `${n}`, { re: 2 }), message("c1", "alice", `${n}`, { re: 3 })]);
    }
  }

  describe("replies", () => {
    it(
      "are counted where they are messages, deleted ones too; absent where there are none",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const [root = 0, other = 0] = await say(store, "c1", "alice", "root", "other");
        expect("replies" in (await messageOf(store, "c1", root))).toBe(false);
        const { row } = await appendEvent(store, message("c1", "bob", "one", { re: root }));
        await store.append([
          edit("c1", "alice", root, "root again"),
          reaction("c1", "bob", root, "👍"),
          message("c1", "bob", "no message", { type: "x-ping", re: root }),
          message("c1", "bob", "two", { re: root }),
          deletion("c1", "bob", row.seq),
          message("c1", "alice", "to the reply", { re: row.seq }),
        ]);
        expect((await messageOf(store, "c1", root)).replies).toBe(2);
        expect((await messageOf(store, "c1", row.seq)).replies).toBe(1);
        expect("replies" in (await messageOf(store, "c1", other))).toBe(false);
        expect((await messageOf(store, "c1", root, "bob")).replies).toBe(2);
      }),
    );

    it(
      "are pages of their own in either view, from either end and around, with what is left of them",
      withStore(async (store) => {
        await fill(store);
        for (const view of ["present", "log"] as const) {
          const all = await thread(store, { view });
          expect([seqsOf(all), all.newer, all.head], view).toEqual([[4, 6, 8, 10, 12], false, 13]);
          const first = await thread(store, { view, rows: 2 });
          expect([seqsOf(first), first.newer], view).toEqual([[4, 6], true]);
          const next = await thread(store, { view, after: 6, before: 12, rows: 2 });
          expect([seqsOf(next), next.newer], view).toEqual([[8, 10], false]);
          const newest = await thread(store, { view, from: "newest", rows: 2 });
          expect([seqsOf(newest), newest.older], view).toEqual([[10, 12], true]);
          const rest = await thread(store, { view, from: "newest", before: 7, rows: 2 });
          expect([seqsOf(rest), rest.older], view).toEqual([[4, 6], false]);
        }
        const around = await thread(store, { from: 8, rows: 3 });
        expect([seqsOf(around), around.older, around.newer]).toEqual([[6, 8, 10], true, true]);
      }),
    );

    it(
      "are messages alone: edits, deletions, reactions and the host's own events are none",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const [root = 0] = await say(store, "c1", "alice", "root");
        const reply = await appendEvent(store, message("c1", "bob", "one", { re: root }));
        const changed = await appendEvent(store, edit("c1", "bob", reply.row.seq, "two"));
        await store.append([
          edit("c1", "alice", root, "root again"),
          reaction("c1", "bob", root, "👍"),
          message("c1", "bob", "no message", { type: "x-ping", re: root }),
          deletion("c1", "alice", root),
        ]);
        expect((await thread(store, { view: "log" })).rows).toEqual([reply.row]);
        const { rows } = await thread(store, {});
        expect(rows).toEqual([{ ...reply.row, body: { text: "two" }, edited: changed.row.seq }]);
      }),
    );

    it(
      "I17: are those that the reader may have",
      withStore(async (store) => {
        await fill(store);
        await changeMembers(store, "c1", "alice", [["carol", "member"]]);
        await appendEvent(store, message("c1", "bob", "last", { re: 2 }));
        for (const view of ["present", "log"] as const) {
          const page = await thread(store, { view, reader: "carol", from: "newest" });
          expect([seqsOf(page), page.older, page.spans], view).toEqual([[15], false, [[14, null]]]);
        }
      }),
    );

    it(
      "to nothing are an empty page",
      withStore(async (store) => {
        await fill(store);
        for (const re of [1, 4, 99]) {
          const page = await thread(store, { re });
          expect([page.rows, page.newer, page.head], `${re}`).toEqual([[], false, 13]);
        }
      }),
    );
  });
}
