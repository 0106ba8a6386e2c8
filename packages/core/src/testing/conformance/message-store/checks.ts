import { LIMITS } from "@earshot/protocol";
import type { Append } from "../../../ports/append.ts";
import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import { AT, appendEvent, changeSettings, deletion, direct, message, outcomeOf, reaction, say } from "./entries.ts";
import { logOf, settingsOf } from "./readings.ts";

/** The checks of an append, each before the next. */
export function checkCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  describe("the order of checks", () => {
    it(
      "an entry that fails them all is refused by the first, and by the next as each is mended",
      withStore(async (store) => {
        await store.create(direct("d1", "alice", "bob"));
        const [gone = 0, full = 0] = await say(store, "d1", "alice", "deleted", "full of reactions");
        await say(store, "d1", "bob", "just now");
        const keys = Array.from({ length: LIMITS.reactionKeysMax }, (_, n) => `k${n}`);
        await store.append([
          deletion("d1", "alice", gone, { target: {} }),
          ...keys.map((key) => reaction("d1", "alice", full, key)),
        ]);
        await appendEvent(store, message("d1", "alice", "", { type: "x-link", slot: "s" }));
        await changeSettings(store, "d1", "alice", { slow: 60_000 });
        await store.ban("d1", "carol", true);
        await store.block("alice", "bob", true);
        const { membersVersion, settingsVersion } = await settingsOf(store, "d1");
        const { head } = await logOf(store, "d1");
        const last = head - 1;

        let entry: Append = message("nowhere", "mallory", "hi", {
          at: AT + 1,
          by: [],
          ifMembersVersion: membersVersion + 1,
          ifSettingsVersion: settingsVersion + 1,
          members: [["carol", "member"]],
          re: 1,
          target: { authorOr: ["admin"], live: true },
          slot: "s",
          expect: last + 1,
          reaction: { key: "more", on: true },
        });
        const ladder: readonly (readonly [string, Partial<Append>])[] = [
          ["not_found", { conversation: "d1" }],
          ["not_found", { user: "bob" }],
          ["forbidden", { by: ["member"] }],
          ["blocked", {}],
          ["stale", { ifMembersVersion: membersVersion }],
          ["stale", { ifSettingsVersion: settingsVersion }],
          ["banned", { members: [] }],
          ["no_target", { re: gone }],
          ["forbidden", { target: { authorOr: ["admin", "member"], live: true } }],
          ["deleted", { re: full }],
          ["slot", { expect: last }],
          ["too_many", { reaction: { key: "k0", on: true } }],
          ["too_soon", { at: AT + 60_000 }],
          ["event", {}],
        ];
        for (const [n, [word, mended]] of ladder.entries()) {
          expect(await outcomeOf(store, { ...entry, lookup: true }), `lookup, step ${n}`).toBe("absent");
          expect(await outcomeOf(store, entry), `step ${n}`).toBe(word);
          if (word !== "event") expect((await logOf(store, "d1")).head, `step ${n}`).toBe(head);
          if (word === "blocked") await store.block("alice", "bob", false);
          entry = { ...entry, ...mended };
        }
        // The key before everything: the same entry with everything wrong again.
        await store.block("alice", "bob", true);
        const wrong = { ...entry, by: [], ifMembersVersion: 99, re: 1, expect: 99 };
        expect(await outcomeOf(store, wrong)).toBe("duplicate");
        expect(await outcomeOf(store, { ...wrong, lookup: true })).toBe("duplicate");
        expect(await outcomeOf(store, { ...wrong, key: { id: entry.key?.id ?? "", hash: "other" } })).toBe("conflict");
      }),
    );

    it(
      "a version of the settings is asked for with one of the members: either alone makes it stale",
      withStore(async (store) => {
        await store.create(direct("d1", "alice", "bob"));
        const { membersVersion, settingsVersion } = await settingsOf(store, "d1");
        const entry = (members: number, settings: number) =>
          message("d1", "alice", "hi", { ifMembersVersion: members, ifSettingsVersion: settings });
        expect(await outcomeOf(store, entry(membersVersion + 1, settingsVersion))).toBe("stale");
        expect(await outcomeOf(store, entry(membersVersion, settingsVersion + 1))).toBe("stale");
        expect(await outcomeOf(store, entry(membersVersion - 1, settingsVersion))).toBe("stale");
        expect(await outcomeOf(store, entry(membersVersion, settingsVersion))).toBe("event");
      }),
    );
  });
}
