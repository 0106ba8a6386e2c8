import type { Expired, MessageStore } from "../../../ports/message-store.ts";
import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import { AT, changeMembers, conversation, message } from "./entries.ts";
import { accessOf, logOf, presentOf } from "./readings.ts";

/** A conversation of a `meta` at 1 and messages of alice, written at these times after `AT`. */
async function fill(store: MessageStore, times: readonly number[], differing = {}): Promise<void> {
  await store.create(conversation("c1", differing));
  await store.append(times.map((time, n) => message("c1", "alice", `${n + 2}`, { at: AT + time })));
}

/** What goes of a log's beginning, and how far. */
export function expireCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  const kept = async (store: MessageStore) => (await logOf(store, "c1")).rows.map(({ seq }) => seq);
  const upTo = (from: number, more = false): Expired => ({ from, more });

  describe("expiry", () => {
    it(
      "by age takes the events that are older, up to the first that is not",
      withStore(async (store) => {
        await fill(store, [0, 10, 20, 30]);
        expect(await store.expire("c1", { before: AT }, 100)).toEqual(upTo(1));
        expect(await kept(store)).toEqual([1, 2, 3, 4, 5]);
        expect(await store.expire("c1", { before: AT + 20 }, 100)).toEqual(upTo(4));
        expect(await kept(store)).toEqual([4, 5]);
        // What is gone stays gone, whatever is asked for later.
        expect(await store.expire("c1", { before: AT + 5 }, 100)).toEqual(upTo(4));
        expect(await store.expire("c1", {}, 100)).toEqual(upTo(4));
        expect(await kept(store)).toEqual([4, 5]);
      }),
    );

    it(
      "by age ends at a young event, however old those behind it are",
      withStore(async (store) => {
        await fill(store, [0, 50, 10, 20, 60]);
        expect(await store.expire("c1", { before: AT + 40 }, 100)).toEqual(upTo(3));
        expect(await kept(store)).toEqual([3, 4, 5, 6]);
      }),
    );

    it(
      "by count keeps the newest messages and what came after the oldest of them",
      withStore(async (store) => {
        await fill(store, [0, 0, 0]);
        await changeMembers(store, "c1", "alice", [["carol", "member"]]);
        await store.append([message("c1", "alice", "6"), message("c1", "alice", "", { type: "x-ping" })]);
        // Four messages: at 2, 3, 4 and 6.
        expect(await store.expire("c1", { messages: 5 }, 100)).toEqual(upTo(1));
        expect(await store.expire("c1", { messages: 4 }, 100)).toEqual(upTo(1));
        expect(await kept(store)).toEqual([1, 2, 3, 4, 5, 6, 7]);
        expect(await store.expire("c1", { messages: 2 }, 100)).toEqual(upTo(4));
        expect(await kept(store)).toEqual([4, 5, 6, 7]);
        expect(await store.expire("c1", { messages: 3 }, 100)).toEqual(upTo(4));
        expect(await store.expire("c1", { messages: 1 }, 100)).toEqual(upTo(6));
        expect(await kept(store)).toEqual([6, 7]);
      }),
    );

    it(
      "by both takes what either takes",
      withStore(async (store) => {
        await fill(store, [0, 10, 20, 30, 40]);
        expect(await store.expire("c1", { before: AT + 10, messages: 5 }, 100)).toEqual(upTo(3));
        expect(await store.expire("c1", { before: AT + 10, messages: 3 }, 100)).toEqual(upTo(4));
        expect(await store.expire("c1", { before: AT + 40, messages: 3 }, 100)).toEqual(upTo(6));
        expect(await kept(store)).toEqual([6]);
      }),
    );

    it(
      "never takes the head",
      withStore(async (store) => {
        await fill(store, []);
        expect(await store.expire("c1", { before: AT + 1_000 }, 100)).toEqual(upTo(1));
        await store.append([message("c1", "alice", "2"), message("c1", "alice", "3", { type: "x-ping" })]);
        expect(await store.expire("c1", { before: AT + 1_000 }, 100)).toEqual(upTo(3));
        expect(await kept(store)).toEqual([3]);
        expect((await presentOf(store, "c1", "bob")).rows).toEqual([]);
        const [result] = await store.append([message("c1", "alice", "on")]);
        expect(result?.kind === "event" && [result.row.seq, result.row.ord]).toEqual([4, 2]);
        expect(await kept(store)).toEqual([3, 4]);
      }),
    );

    it(
      "takes no more at once than it may, and says whether more is left",
      withStore(async (store) => {
        await fill(store, [0, 0, 0, 0, 0, 0, 100]);
        const rule = { before: AT + 50 };
        expect(await store.expire("c1", rule, 2)).toEqual(upTo(3, true));
        expect(await kept(store)).toEqual([3, 4, 5, 6, 7, 8]);
        expect(await store.expire("c1", rule, 4)).toEqual(upTo(7, true));
        expect(await store.expire("c1", rule, 1)).toEqual(upTo(8));
        expect(await store.expire("c1", rule, 1)).toEqual(upTo(8));
        expect(await kept(store)).toEqual([8]);
      }),
    );

    it(
      "by count and in steps says the same",
      withStore(async (store) => {
        await fill(store, [0, 0, 0, 0]);
        expect(await store.expire("c1", { messages: 1 }, 3)).toEqual(upTo(4, true));
        expect(await store.expire("c1", { messages: 2 }, 3)).toEqual(upTo(4));
        expect(await store.expire("c1", { messages: 1 }, 3)).toEqual(upTo(5));
      }),
    );

    it(
      "is of its conversation alone, and null where there is none",
      withStore(async (store) => {
        await fill(store, [0, 0]);
        await store.create(conversation("c2"));
        await store.append([message("c2", "alice", "kept"), message("c2", "alice", "kept too")]);
        expect(await store.expire("c9", { messages: 1 }, 100)).toBe(null);
        expect(await store.expire("c1", { messages: 1 }, 100)).toEqual(upTo(3));
        expect((await logOf(store, "c2")).rows.map(({ seq }) => seq)).toEqual([1, 2, 3]);
        await store.remove("c1", "alice", ["owner"]);
        expect(await store.expire("c1", { messages: 1 }, 100)).toBe(null);
      }),
    );

    it(
      "leaves the head, ord, members and epoch as they were",
      withStore(async (store) => {
        await fill(store, [0, 0, 0]);
        const before = await accessOf(store, "bob", "c1");
        const { epoch, head, ord } = await logOf(store, "c1");
        await store.expire("c1", { messages: 1 }, 100);
        expect(await accessOf(store, "bob", "c1")).toEqual({ ...before, spans: [[4, null]] });
        const page = await logOf(store, "c1");
        expect([page.epoch, page.head, page.ord]).toEqual([epoch, head, ord]);
        expect(page.rows.map(({ seq, ord }) => [seq, ord])).toEqual([[4, 3]]);
      }),
    );

    it(
      "I5: goes on while others write and read, and every page is of one moment",
      withStore(async (store) => {
        await fill(store, []);
        let writing = true;
        const write = async () => {
          for (let n = 0; n < 40; n++) {
            await store.append([message("c1", "alice", `${n}`), message("c1", "bob", `${n}`)]);
          }
          writing = false;
        };
        const expire = async () => {
          let last = 1;
          while (writing) {
            const expired = await store.expire("c1", { messages: 5 }, 3);
            expect((expired?.from ?? 0) + 1).toBeGreaterThan(last);
            last = expired?.from ?? 0;
          }
        };
        const read = async () => {
          while (writing) {
            const { rows, spans, head } = await logOf(store, "c1", "bob");
            const [[from = 0] = []] = spans;
            expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: head - from + 1 }, (_, n) => from + n));
          }
        };
        await Promise.all([write(), expire(), read()]);
        while ((await store.expire("c1", { messages: 5 }, 3))?.more) {}
        expect(await kept(store)).toEqual([77, 78, 79, 80, 81]);
      }),
    );
  });
}
