import type { MessageStore } from "../../../ports/message-store.ts";
import type { Span } from "../../../ports/pages.ts";
import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import { appendEvent, changeMembers, conversation, message } from "./entries.ts";
import { accessOf } from "./readings.ts";

/** Rights as they stand, and which seqs a member may have (I17). */
export function accessCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  describe("access", () => {
    it(
      "answers in the order asked, with null for strangers, for those who left and for unknown conversations",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await store.create(
          conversation("c2", {
            members: [
              ["alice", "admin"],
              ["carol", "reader"],
            ],
          }),
        );
        await changeMembers(store, "c1", "alice", [["bob", null]]);
        const access = await store.access([
          { user: "carol", conversation: "c2" },
          { user: "bob", conversation: "c1" },
          { user: "alice", conversation: "c1" },
          { user: "mallory", conversation: "c1" },
          { user: "alice", conversation: "c9" },
          { user: "alice", conversation: "c2" },
          { user: "carol", conversation: "c2" },
        ]);
        expect(access.map((each) => each?.role ?? null)).toEqual([
          "reader",
          null,
          "owner",
          null,
          null,
          "admin",
          "reader",
        ]);
        expect(await store.access([])).toEqual([]);
      }),
    );

    it(
      "I17: a span begins with the entry that added the member and ends with the one that removed them",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const spans = async () => (await accessOf(store, "carol", "c1")).spans;
        const stays: Span[] = [];
        for (let stay = 0; stay < 3; stay++) {
          await say(store, 2);
          const joined = await changeMembers(store, "c1", "alice", [["carol", "member"]]);
          expect(await spans()).toEqual([...stays, [joined.row.seq, null]]);
          await say(store, 2);
          const left = await changeMembers(store, "c1", "alice", [["carol", null]]);
          stays.push([joined.row.seq, left.row.seq]);
        }
        const back = await changeMembers(store, "c1", "alice", [["carol", "reader"]]);
        stays.push([back.row.seq, null]);
        expect(await spans()).toEqual(stays);
        // A new role is no new stay.
        await changeMembers(store, "c1", "alice", [["carol", "admin"]]);
        expect(await spans()).toEqual(stays);
      }),
    );

    it(
      "a new member's watermarks start at the seq that added them, at every join",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await say(store, 3);
        for (const role of ["member", "reader"] as const) {
          const { row } = await changeMembers(store, "c1", "alice", [["carol", role]]);
          const { delivered, read, role: now } = await accessOf(store, "carol", "c1");
          expect([delivered, read, now]).toEqual([row.seq, row.seq, role]);
          await changeMembers(store, "c1", "alice", [["carol", null]]);
          await say(store, 2);
        }
      }),
    );

    it(
      "with the whole history every member has the log from 1, also after coming back",
      withStore(async (store) => {
        await store.create(conversation("c1", { wholeHistory: true }));
        await say(store, 2);
        const { row } = await changeMembers(store, "c1", "alice", [["carol", "member"]]);
        const access = await accessOf(store, "carol", "c1");
        expect([access.spans, access.read]).toEqual([[[1, null]], row.seq]);
        await changeMembers(store, "c1", "alice", [["carol", null]]);
        await changeMembers(store, "c1", "alice", [["carol", "member"]]);
        expect((await accessOf(store, "carol", "c1")).spans).toEqual([[1, null]]);
      }),
    );

    it(
      "says the same kind, mode and epoch as long as the log lives",
      withStore(async (store) => {
        await store.create(conversation("c1", { kind: "channel", mode: "pull", epoch: "e7" }));
        await say(store, 1);
        const { kind, mode, epoch, head, ord } = await accessOf(store, "bob", "c1");
        expect([kind, mode, epoch, head, ord]).toEqual(["channel", "pull", "e7", 2, 1]);
      }),
    );
  });
}

async function say(store: MessageStore, count: number): Promise<void> {
  for (let n = 0; n < count; n++) await appendEvent(store, message("c1", "alice", `${n}`));
}
