import type { MessageStore } from "../../../ports/message-store.ts";
import type { Watermarks } from "../../../ports/watermarks.ts";
import { codeOf } from "../code-of.ts";
import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import { changeMembers, conversation, say } from "./entries.ts";

/** Everybody's watermarks, and who has come how far. */
export function receiptCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  /** c1 of seven with a head of 6; their watermarks by user id. */
  const withMarks = (run: (store: MessageStore, all: readonly Watermarks[]) => Promise<void>) =>
    withStore(async (store) => {
      await store.create(
        conversation("c1", {
          members: [
            ["alice", "owner"],
            ["bob", "member"],
            ["Zoe", "member"],
            ["_a", "reader"],
            ["carol", "admin"],
            ["constructor", "member"],
            ["B", "member"],
          ],
        }),
      );
      await say(store, "c1", "alice", ..."23456");
      await store.raise([
        { user: "bob", conversation: "c1", delivered: 5, read: 3 },
        { user: "Zoe", conversation: "c1", delivered: 3 },
        { user: "carol", conversation: "c1", read: 6 },
      ]);
      await run(store, [
        ["B", 1, 1],
        ["Zoe", 3, 1],
        ["_a", 1, 1],
        ["alice", 6, 6],
        ["bob", 5, 3],
        ["carol", 6, 6],
        ["constructor", 1, 1],
      ]);
    });

  describe("receipts", () => {
    it(
      "are every member's, by the characters of their ids, in pages of the limit",
      withMarks(async (store, all) => {
        for (const limit of [1, 2, 3, 7, 100]) {
          const read: Watermarks[] = [];
          let cursor: string | null = null;
          for (let more = true; more; ) {
            const page = await store.receipts("c1", 3, cursor, limit);
            expect((page?.users.length ?? 99) <= limit, `limit ${limit}`).toBe(true);
            read.push(...(page?.users ?? []));
            cursor = page?.cursor ?? null;
            more = page?.more ?? false;
          }
          expect(read, `limit ${limit}`).toEqual(all);
        }
        expect((await store.receipts("c1", 3, null, 7))?.more).toBe(false);
        // The end stays the end.
        let cursor = (await store.receipts("c1", 3, null, 100))?.cursor ?? null;
        for (let again = 0; again < 2; again++) {
          const page = await store.receipts("c1", 3, cursor, 100);
          expect([page?.users, page?.more]).toEqual([[], false]);
          cursor = page?.cursor ?? null;
        }
      }),
    );

    it(
      "count those who are at the seq or above, on every page the same",
      withMarks(async (store, all) => {
        for (const seq of [1, 2, 3, 4, 5, 6, 7]) {
          const delivered = all.filter(([, mark]) => mark >= seq).length;
          const read = all.filter(([, , mark]) => mark >= seq).length;
          const first = await store.receipts("c1", seq, null, 2);
          const second = await store.receipts("c1", seq, first?.cursor ?? null, 2);
          for (const page of [first, second])
            expect([page?.delivered, page?.read], `${seq}`).toEqual([delivered, read]);
        }
      }),
    );

    it(
      "are of those who are members now",
      withMarks(async (store, all) => {
        expect((await store.receipts("c1", 3, null, 100))?.users).toEqual(all);
        await changeMembers(store, "c1", "alice", [
          ["bob", null],
          ["dave", "member"],
        ]);
        const page = await store.receipts("c1", 3, null, 100);
        expect(page?.users.map(([user]) => user)).toEqual(["B", "Zoe", "_a", "alice", "carol", "constructor", "dave"]);
        expect(page?.users.at(-1)).toEqual(["dave", 7, 7]);
        expect([page?.delivered, page?.read]).toEqual([4, 3]);
        await store.raise([{ user: "Zoe", conversation: "c1", read: 7 }]);
        const raised = await store.receipts("c1", 3, null, 2);
        expect([raised?.delivered, raised?.read, raised?.users[1]]).toEqual([4, 4, ["Zoe", 7, 7]]);
      }),
    );

    it(
      "are null for an unknown conversation",
      withStore(async (store) => {
        expect(await store.receipts("c9", 1, null, 10)).toBe(null);
      }),
    );

    it(
      "reject a cursor that was never given with invalid, as members do",
      withMarks(async (store) => {
        for (const cursor of ["no cursor of ours", "\u0000", "{}", "€", " "]) {
          expect(await codeOf(store.receipts("c1", 1, cursor, 10)), cursor).toBe("invalid");
          expect(await codeOf(store.members("c1", cursor, 10)), cursor).toBe("invalid");
        }
      }),
    );
  });
}
