import type { UserId } from "@earshot/protocol";
import type { MessageStore } from "../../../ports/message-store.ts";
import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import { expectMoved } from "./readings.ts";

const LONG_MS = 60_000;
const SHORT_MS = 20;
const PAST_MS = 150;

/** Users whose tokens hold no longer. */
export function revocationCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  describe("revocations", () => {
    it(
      "are none at first",
      withStore(async (store) => {
        const { revoked, more, mark } = await store.revocations(0, 10);
        expect([revoked, more]).toEqual([[], false]);
        const made = await store.revoke("alice", LONG_MS);
        expect(made).toBeGreaterThan(mark);
        expect((await store.revocations(mark, 10)).revoked).toEqual([["alice", made]]);
      }),
    );

    it(
      "S10: are read up to a mark that never falls below the one asked for",
      withStore(async (store) => {
        const mark = await store.revoke("alice", LONG_MS);
        const page = await store.revocations(mark, 10);
        expect([page.revoked, page.more]).toEqual([[], false]);
        expect(page.mark + 1).toBeGreaterThan(mark);
      }),
    );

    it(
      "S10: have marks from 1 that rise, and are found above every earlier mark",
      withStore(async (store) => {
        const marks: number[] = [];
        for (const user of ["alice", "bob", "carol"]) marks.push(await store.revoke(user, LONG_MS));
        const [alice = 0, bob = 0, carol = 0] = marks;
        expect(alice).toBeGreaterThan(0);
        expect(marks.every(Number.isSafeInteger)).toBe(true);
        expect(bob).toBeGreaterThan(alice);
        expect(carol).toBeGreaterThan(bob);
        const all = await store.revocations(0, 10);
        expect([all.revoked, all.more]).toEqual([
          [
            ["alice", alice],
            ["bob", bob],
            ["carol", carol],
          ],
          false,
        ]);
        expect((await store.revocations(alice, 10)).revoked.map(([user]) => user)).toEqual(["bob", "carol"]);
        expect((await store.revocations(bob, 10)).revoked).toEqual([["carol", carol]]);
        const end = await store.revocations(all.mark, 10);
        expect([end.revoked, end.more]).toEqual([[], false]);
        const next = await store.revoke("dave", LONG_MS);
        expect((await store.revocations(end.mark, 10)).revoked).toEqual([["dave", next]]);
      }),
    );

    it(
      "of a user who is revoked again are one, the latest, at its place",
      withStore(async (store) => {
        const first = await store.revoke("alice", LONG_MS);
        const bob = await store.revoke("bob", LONG_MS);
        const again = await store.revoke("alice", LONG_MS);
        expect(again).toBeGreaterThan(bob);
        for (const after of [0, first]) {
          expect((await store.revocations(after, 10)).revoked).toEqual([
            ["bob", bob],
            ["alice", again],
          ]);
        }
        expect((await store.revocations(bob, 10)).revoked).toEqual([["alice", again]]);
      }),
    );

    it(
      "come in pages of the limit, with what is left",
      withStore(async (store) => {
        const users = Array.from({ length: 7 }, (_, n) => `u${n}`);
        for (const user of users) await store.revoke(user, LONG_MS);
        for (const limit of [1, 3, 7, 8]) {
          const read: UserId[] = [];
          let after = 0;
          for (let more = true; more; ) {
            const page = await store.revocations(after, limit);
            expect(limit + 1).toBeGreaterThan(page.revoked.length);
            read.push(...page.revoked.map(([user]) => user));
            ({ more } = page);
            // What is read up to is named, no more and no less.
            if (more) expect(page.mark).toBe(page.revoked.at(-1)?.[1] ?? 0);
            if (more) expectMoved(after, page.mark);
            after = page.mark;
          }
          expect(read, `limit ${limit}`).toEqual(users);
        }
      }),
    );

    it(
      "S10: are kept as long as was asked for, and as an earlier one of the user was to be",
      withStore(async (store, { pass }) => {
        await store.revoke("alice", LONG_MS);
        const alice = await store.revoke("alice", 1);
        const bob = await store.revoke("bob", LONG_MS);
        const carol = await store.revoke("carol", SHORT_MS);
        await pass(PAST_MS);
        const { revoked, mark } = await store.revocations(0, 10);
        expect(revoked.filter(([user]) => user !== "carol")).toEqual([
          ["alice", alice],
          ["bob", bob],
        ]);
        // One that is forgotten leaves no mark free.
        expect(mark + 1).toBeGreaterThan(bob);
        expect(await store.revoke("dave", LONG_MS)).toBeGreaterThan(carol);
        expect(await store.revoke("carol", LONG_MS)).toBeGreaterThan(carol);
        expect((await store.revocations(carol, 10)).revoked.map(([user]) => user)).toEqual(["dave", "carol"]);
      }),
    );

    it(
      "S10: made by many at once have marks of their own, and none is skipped by who reads meanwhile",
      withStore(async (store) => {
        const users = Array.from({ length: 60 }, (_, n) => `u${n}`);
        const known = new Map<UserId, number>();
        let going = true;
        const reader = (async () => {
          let after = 0;
          for (let last = false; ; ) {
            const { revoked, mark, more } = await store.revocations(after, 4);
            for (const [user, made] of revoked) known.set(user, made);
            if (more) expectMoved(after, mark);
            after = mark;
            if (more) continue;
            if (last) return;
            last = !going;
          }
        })();
        const marks = new Map(await revokeAll(store, users));
        going = false;
        await reader;
        expect(new Set(marks.values()).size).toBe(users.length);
        for (const user of users) expect(known.get(user), user).toBe(marks.get(user));
      }),
    );
  });
}

async function revokeAll(
  store: MessageStore,
  users: readonly UserId[],
): Promise<readonly (readonly [UserId, number])[]> {
  const marks: (readonly [UserId, number])[] = [];
  for (let from = 0; from < users.length; from += 12) {
    const some = users.slice(from, from + 12);
    marks.push(...(await Promise.all(some.map(async (user) => [user, await store.revoke(user, LONG_MS)] as const))));
  }
  return marks;
}
