import { LIMITS } from "@earshot/protocol";
import type { Append } from "../../../ports/append.ts";
import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import {
  AT,
  appendEvent,
  changeMembers,
  changeOfMembers,
  changeOfSettings,
  changeSettings,
  conversation,
  deletion,
  direct,
  edit,
  message,
  outcomeOf,
  reaction,
  say,
} from "./entries.ts";
import { accessOf, logOf, messageOf, settingsOf } from "./readings.ts";

/** What the host itself writes. */
export function systemEntryCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  const system = (entry: Append): Append => ({ ...entry, by: [], system: true });

  describe("an entry of the host", () => {
    it(
      "needs no member: it is an event like another, of an author who stays none",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const entry = message("c1", "host", "hello", { by: [], system: true, mentions: ["bob"] });
        const { row, membersVersion } = await appendEvent(store, entry);
        expect([row.seq, row.ord, row.from, row.id, row.body]).toEqual([
          2,
          1,
          "host",
          entry.key?.id,
          { text: "hello" },
        ]);
        expect("system" in row).toBe(false);
        expect((await logOf(store, "c1", "bob")).rows[1]).toEqual(row);
        const bob = await store.row("bob", "c1");
        expect([bob?.unread, bob?.mentions, bob?.last]).toEqual([1, 1, row]);
        expect(await store.access([{ user: "host", conversation: "c1" }])).toEqual([null]);
        expect((await store.inbox("host", null, 10)).rows).toEqual([]);
        expect([membersVersion, (await accessOf(store, "bob", "c1")).members]).toEqual([1, 2]);
        expect(await outcomeOf(store, message("c1", "host", "without"))).toBe("not_found");
      }),
    );

    it(
      "I4: has its key like another, of its author",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const entry = system(message("c1", "host", "hello"));
        expect(await outcomeOf(store, { ...entry, lookup: true })).toBe("absent");
        await appendEvent(store, entry);
        const { system: _, ...plain } = entry;
        for (const repeat of [entry, plain, { ...entry, lookup: true as const }]) {
          expect(await outcomeOf(store, repeat)).toBe("duplicate");
        }
        expect(await outcomeOf(store, { ...entry, key: { id: entry.key?.id ?? "", hash: "another" } })).toBe(
          "conflict",
        );
        expect(await outcomeOf(store, { ...entry, user: "other" })).toBe("event");
        expect((await logOf(store, "c1")).head).toBe(3);
      }),
    );

    it(
      "is written whatever the author's role, bans, blocks and pace",
      withStore(async (store) => {
        await store.create(direct("d1", "alice", "bob"));
        await store.create(conversation("c1"));
        await changeMembers(store, "c1", "alice", [["carol", "reader"]]);
        await store.block("bob", "alice", true);
        await store.ban("c1", "mallory", true);
        await changeSettings(store, "c1", "alice", { slow: 60_000 });
        await say(store, "c1", "bob", "just now");
        for (const [c, user] of [
          ["d1", "alice"],
          ["c1", "carol"],
          ["c1", "mallory"],
          ["c1", "bob"],
        ] as const) {
          const entry = message(c, user, "hi");
          expect((await outcomeOf(store, entry)) === "event", `${user} by themselves`).toBe(false);
          expect(await outcomeOf(store, system(entry)), `${user} by the host`).toBe("event");
        }
      }),
    );

    it(
      "may do to a message what only its author may",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const [one = 0, two = 0] = await say(store, "c1", "alice", "one", "two");
        expect(await outcomeOf(store, { ...edit("c1", "bob", one, "changed") })).toBe("forbidden");
        await appendEvent(store, system(edit("c1", "bob", one, "changed")));
        expect((await messageOf(store, "c1", one)).body).toEqual({ text: "changed" });
        await appendEvent(store, system(deletion("c1", "host", two)));
        expect((await messageOf(store, "c1", two)).deleted).toBe(true);
        await appendEvent(store, system(reaction("c1", "host", one, "👍")));
        expect((await messageOf(store, "c1", one, "alice")).reactions).toEqual([["👍", 1, false]]);
      }),
    );

    it(
      "is refused by every other check",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const [gone = 0, full = 0] = await say(store, "c1", "alice", "deleted", "full");
        await appendEvent(store, deletion("c1", "alice", gone));
        const keys = Array.from({ length: LIMITS.reactionKeysMax }, (_, n) => `k${n}`);
        await store.append(keys.map((key) => reaction("c1", "alice", full, key)));
        await store.ban("c1", "mallory", true);
        const { membersVersion, settingsVersion } = await settingsOf(store, "c1");
        const { head } = await logOf(store, "c1");
        const refusals: readonly (readonly [string, Append])[] = [
          ["not_found", message("nowhere", "host", "hi")],
          ["stale", changeOfMembers("c1", "host", [["carol", "member"]], membersVersion + 1)],
          ["stale", changeOfSettings("c1", "host", { title: "t" }, settingsVersion + 1)],
          ["banned", changeOfMembers("c1", "host", [["mallory", "member"]], membersVersion)],
          ["no_target", edit("c1", "host", 1, "no message")],
          ["deleted", edit("c1", "host", gone, "deleted")],
          ["slot", message("c1", "host", "", { type: "x-link", slot: "s", expect: 3 })],
          ["too_many", reaction("c1", "host", full, "more")],
        ];
        for (const [word, entry] of refusals) expect(await outcomeOf(store, system(entry)), word).toBe(word);
        expect((await logOf(store, "c1")).head).toBe(head);
      }),
    );

    it(
      "changes members and settings, and moves the watermarks of an author who is a member",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const { membersVersion, settingsVersion } = await settingsOf(store, "c1");
        const added = await appendEvent(
          store,
          system(changeOfMembers("c1", "host", [["carol", "admin"]], membersVersion)),
        );
        expect([added.row.type, added.row.from, added.membersVersion]).toEqual(["member", "host", membersVersion + 1]);
        await appendEvent(store, system(changeOfSettings("c1", "host", { title: "t" }, settingsVersion)));
        expect([(await accessOf(store, "carol", "c1")).role, (await settingsOf(store, "c1")).title]).toEqual([
          "admin",
          "t",
        ]);
        const { row } = await appendEvent(store, system(message("c1", "bob", "imported", { at: AT - 1_000_000 })));
        const { read, delivered } = await accessOf(store, "bob", "c1");
        expect([row.at, read, delivered]).toEqual([AT - 1_000_000, row.seq, row.seq]);
      }),
    );
  });
}
