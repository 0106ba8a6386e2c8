import type { Role, UserId } from "@earshot/protocol";
import type { MessageStore } from "../../../ports/message-store.ts";
import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import { appendEvent, changeMembers, conversation, message, say } from "./entries.ts";
import { accessOf, logOf, settingsOf } from "./readings.ts";

const MEMBERS = 10_000;
const PER_EVENT = 1_000;

const userOf = (n: number) => `u${String(n).padStart(5, "0")}`;

/** A conversation of ten thousand. */
export function crowdCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  const everybody = Array.from({ length: MEMBERS }, (_, n): readonly [UserId, Role] => [
    userOf(n),
    n === 0 ? "owner" : "member",
  ]);
  const first = Array.from({ length: MEMBERS / PER_EVENT }, (_, n) => ({
    type: n === 0 ? ("meta" as const) : ("member" as const),
    body: { members: everybody.slice(n * PER_EVENT, (n + 1) * PER_EVENT) },
  }));
  const create = (store: MessageStore) =>
    store.create(conversation("c1", { kind: "channel", mode: "pull", creator: "u00000", members: everybody, first }));

  describe("ten thousand members", () => {
    it(
      "come with one meta and nine member events, in one call, and are read in pages",
      withStore(async (store) => {
        const created = await create(store);
        const rows = created.kind === "created" ? created.rows : [];
        expect(rows.map(({ type, body }) => ({ type, body }))).toEqual(first);
        expect((await logOf(store, "c1")).rows).toEqual(rows);
        const read: unknown[] = [];
        const versions = new Set<number>();
        for (let cursor: string | null = null, more = true; more; ) {
          const page = await store.members("c1", cursor, 700);
          read.push(...(page?.members ?? []));
          versions.add(page?.membersVersion ?? 0);
          cursor = page?.cursor ?? null;
          more = page?.more ?? false;
        }
        expect(read).toEqual(everybody);
        expect(versions).toEqual(new Set([created.kind === "created" && created.membersVersion]));
        for (const user of ["u00000", "u05000", "u09999"]) {
          const { spans, head, members } = await accessOf(store, user, "c1");
          expect([spans, head, members], user).toEqual([[[1, null]], MEMBERS / PER_EVENT, MEMBERS]);
        }
      }),
    );

    it(
      "are all named by one message, counted in receipts, and change one by one",
      withStore(async (store) => {
        await create(store);
        const { row } = await appendEvent(store, message("c1", "u00007", "hey", { mentions: "all" }));
        await store.raise([
          { user: "u09999", conversation: "c1", read: row.seq },
          { user: "u05000", conversation: "c1", delivered: row.seq },
        ]);
        const mentions = await Promise.all(
          ["u00000", "u00007", "u05000", "u09999"].map(async (user) => (await store.row(user, "c1"))?.mentions),
        );
        expect(mentions).toEqual([1, 0, 1, 0]);
        const page = await store.receipts("c1", row.seq, null, 100);
        expect([page?.delivered, page?.read, page?.users.length, page?.more]).toEqual([3, 2, 100, true]);
        await changeMembers(store, "c1", "u00000", [["u00001", null]]);
        expect((await accessOf(store, "u00000", "c1")).members).toBe(MEMBERS - 1);
        expect((await settingsOf(store, "c1")).mode).toBe("pull");
        // Everybody's at once, as a batch of receipts is written.
        const raises = everybody.slice(2, 502).map(([user]) => ({ user, conversation: "c1", delivered: row.seq }));
        expect((await store.raise(raises)).filter((raised) => raised?.rose).length).toBe(499);
      }),
    );

    it(
      "are tallied in one call for each of the newest twenty messages",
      withStore(async (store) => {
        await create(store);
        const seqs = await say(store, "c1", "u00000", ...Array.from({ length: 25 }, (_, n) => `${n}`));
        // Everybody has come somewhere else.
        const marks = everybody.map(([, role], n) => ({
          delivered: (seqs[0] ?? 0) + ((n * 7) % 40),
          read: (seqs[0] ?? 0) - 1 + ((n * 3) % 30),
          role,
        }));
        for (let n = 1; n < MEMBERS; n += PER_EVENT) {
          const batch = marks.slice(n, n + PER_EVENT);
          const raises = batch.map(({ delivered, read }, k) => ({
            user: userOf(n + k),
            conversation: "c1",
            delivered,
            read,
          }));
          await store.raise(raises);
        }
        const expected = seqs.map((seq) => {
          const others = marks.slice(1).map(({ delivered, read }) => ({ delivered: Math.max(delivered, read), read }));
          return [
            seq,
            others.filter(({ delivered }) => delivered >= seq).length,
            others.filter(({ read }) => read >= seq).length,
          ];
        });
        expect(await store.tally("c1", 20)).toEqual(expected.slice(-20));
        expect(await store.tally("c1", 1)).toEqual(expected.slice(-1));
        expect(await store.tally("c1", 100)).toEqual(expected);
      }),
    );

    it(
      "may be added and removed a thousand at a time",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const batch = everybody.slice(0, PER_EVENT).map(([user]) => [user, "member"] as const);
        await changeMembers(store, "c1", "alice", batch);
        const { membersVersion, members } = await accessOf(store, "alice", "c1");
        expect(members).toBe(PER_EVENT + 2);
        await changeMembers(
          store,
          "c1",
          "alice",
          batch.map(([user]) => [user, null]),
        );
        const after = await accessOf(store, "alice", "c1");
        expect([after.members, after.membersVersion]).toEqual([2, membersVersion + 1]);
        expect(await store.access([{ user: "u00500", conversation: "c1" }])).toEqual([null]);
      }),
    );
  });
}
