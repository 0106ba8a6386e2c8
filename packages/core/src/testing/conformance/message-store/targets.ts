import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import {
  appendEvent,
  changeMembers,
  conversation,
  deletion,
  edit,
  message,
  outcomeOf,
  reaction,
  say,
} from "./entries.ts";
import { textsOf } from "./readings.ts";

/** What an entry asks of the message that it names. */
export function targetCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  describe("a target", () => {
    it(
      "is a message, whatever the entry is: anything else is no_target",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const [seq = 0] = await say(store, "c1", "alice", "one");
        const { row } = await appendEvent(store, edit("c1", "alice", seq, "two"));
        const joined = await changeMembers(store, "c1", "alice", [["carol", "member"]]);
        for (const re of [1, row.seq, joined.row.seq, joined.row.seq + 1, 99]) {
          for (const entry of [
            message("c1", "alice", "", { re }),
            message("c1", "alice", "", { type: "x-ping", re }),
            edit("c1", "alice", re, ""),
            deletion("c1", "alice", re),
            reaction("c1", "alice", re, "👍"),
          ]) {
            expect(await outcomeOf(store, entry), `${entry.type} of ${re}`).toBe("no_target");
          }
        }
        expect((await store.row("alice", "c1"))?.head).toBe(joined.row.seq);
      }),
    );

    it(
      "with authorOr is changed by its author and by these roles; without, by everybody who may append",
      withStore(async (store) => {
        await store.create(
          conversation("c1", {
            members: [
              ["alice", "owner"],
              ["adam", "admin"],
              ["bob", "member"],
              ["carol", "member"],
            ],
          }),
        );
        const [seq = 0] = await say(store, "c1", "bob", "one");
        const by = (user: string, target: object) => outcomeOf(store, edit("c1", user, seq, `by ${user}`, { target }));
        for (const user of ["alice", "adam", "carol"]) {
          expect(await by(user, { authorOr: [] }), user).toBe("forbidden");
        }
        expect(await by("bob", { authorOr: [] })).toBe("event");
        expect(await by("adam", { authorOr: ["owner", "admin"] })).toBe("event");
        expect(await by("carol", { authorOr: ["owner", "admin"] })).toBe("forbidden");
        expect(await by("carol", { authorOr: ["owner", "member"] })).toBe("event");
        expect(await by("carol", {})).toBe("event");
        // A role of today, not of when it was written.
        await changeMembers(store, "c1", "alice", [["carol", "admin"]]);
        expect(await by("carol", { authorOr: ["admin"] })).toBe("event");
        await changeMembers(store, "c1", "alice", [["bob", "reader"]]);
        expect(await by("bob", { authorOr: [] })).toBe("forbidden");
        const own = edit("c1", "bob", seq, "as a reader", { by: ["reader"], target: { authorOr: [] } });
        expect(await outcomeOf(store, own)).toBe("event");
      }),
    );

    it(
      "with live is not deleted; without, it may be",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const [seq = 0, other = 0] = await say(store, "c1", "alice", "one", "two");
        const live = { live: true } as const;
        expect(await outcomeOf(store, message("c1", "bob", "reply", { re: seq, target: live }))).toBe("event");
        await appendEvent(store, deletion("c1", "alice", seq));
        expect(await outcomeOf(store, message("c1", "bob", "late", { re: seq, target: live }))).toBe("deleted");
        expect(await outcomeOf(store, edit("c1", "alice", seq, ""))).toBe("deleted");
        expect(await outcomeOf(store, reaction("c1", "bob", seq, "👍"))).toBe("deleted");
        expect(await outcomeOf(store, message("c1", "bob", "reply", { re: seq }))).toBe("event");
        expect(await outcomeOf(store, deletion("c1", "alice", seq))).toBe("event");
        expect(await outcomeOf(store, edit("c1", "alice", other, "two again"))).toBe("event");
        expect((await textsOf(store, "c1")).includes("late")).toBe(false);
      }),
    );

    it(
      "of a refusal is as it was, and the entry's key is free",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const [seq = 0] = await say(store, "c1", "alice", "one");
        const before = await store.row("alice", "c1");
        const forged = edit("c1", "bob", seq, "forged");
        expect(await outcomeOf(store, forged)).toBe("forbidden");
        expect(await outcomeOf(store, deletion("c1", "bob", seq))).toBe("forbidden");
        expect(await store.row("alice", "c1")).toEqual(before);
        expect(await outcomeOf(store, { ...forged, lookup: true })).toBe("absent");
      }),
    );
  });
}
