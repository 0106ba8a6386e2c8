import type { Settings } from "../../../ports/conversation-settings.ts";
import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import {
  appendEvent,
  changeMembers,
  changeOfSettings,
  changeSettings,
  conversation,
  message,
  outcomeOf,
  say,
  wordOf,
} from "./entries.ts";
import { accessOf, settingsOf } from "./readings.ts";

/** What `meta` events make of a conversation. */
export function conversationSettingsCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  describe("settings of a conversation", () => {
    it(
      "are what it was created with, then what was changed, each by itself",
      withStore(async (store) => {
        await store.create(
          conversation("c1", { kind: "channel", mode: "pull", title: "Lunch", meta: { n: { m: 1 } }, open: true }),
        );
        const { settingsVersion, membersVersion, ...first } = await settingsOf(store, "c1");
        const given = { title: "Lunch", meta: { n: { m: 1 } }, open: true, slow: 0, pinned: [], retention: null };
        const access = await accessOf(store, "alice", "c1");
        expect(first).toEqual({ ...given, epoch: access.epoch, kind: "channel", mode: "pull", members: 2 });
        expect(membersVersion).toBe(access.membersVersion);
        const steps: readonly Partial<Settings>[] = [
          { title: "Dinner" },
          { meta: { k: [1, "€", null] } },
          { open: false },
          { slow: 5_000 },
          { pinned: [17, 3, 9] },
          { retention: { age: 60_000 } },
          { retention: { messages: 1 } },
          { mode: "push" },
          { mode: "pull", title: "Supper" },
          { title: null, meta: null, slow: 0, pinned: [] },
          { retention: { age: 9_007_199_254_740_991, messages: 10 }, slow: 1 },
          { retention: null },
          { title: "Last", open: true, pinned: [1] },
          {},
        ];
        let expected: object = { ...first };
        for (const [n, step] of steps.entries()) {
          await changeSettings(store, "c1", "alice", step);
          expected = { ...expected, ...step };
          expect(await settingsOf(store, "c1")).toEqual({
            ...expected,
            settingsVersion: settingsVersion + n + 1,
            membersVersion,
          });
        }
      }),
    );

    it(
      "have a version of their own, apart from the members'",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const before = await settingsOf(store, "c1");
        await changeMembers(store, "c1", "alice", [["carol", "member"]]);
        await say(store, "c1", "alice", "no settings");
        const { settingsVersion, membersVersion, members } = await settingsOf(store, "c1");
        expect([settingsVersion, membersVersion]).toEqual([before.settingsVersion, before.membersVersion + 1]);
        expect([before.members, members]).toEqual([2, 3]);
        const changed = await changeSettings(store, "c1", "alice", { title: "t" });
        expect(changed.membersVersion).toBe(membersVersion);
        expect((await settingsOf(store, "c1")).settingsVersion).toBe(settingsVersion + 1);
      }),
    );

    it(
      "change from the version they are at: an older one is stale and changes nothing",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const { settingsVersion } = await settingsOf(store, "c1");
        const results = await store.append([
          changeOfSettings("c1", "alice", { title: "one" }, settingsVersion),
          changeOfSettings("c1", "alice", { title: "two" }, settingsVersion),
          changeOfSettings("c1", "alice", { title: "three" }, settingsVersion + 2),
          changeOfSettings("c1", "alice", { open: true }, settingsVersion + 1),
        ]);
        expect(results.map(wordOf)).toEqual(["event", "stale", "stale", "event"]);
        const { title, open, settingsVersion: after } = await settingsOf(store, "c1");
        expect([title, open, after]).toEqual(["one", true, settingsVersion + 2]);
        const refused = { ...changeOfSettings("c1", "bob", { title: "bob's" }, after), by: ["owner"] as const };
        expect(await outcomeOf(store, refused)).toBe("forbidden");
        expect((await settingsOf(store, "c1")).title).toBe("one");
      }),
    );

    it(
      "of two changes at once one is stale",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const { settingsVersion } = await settingsOf(store, "c1");
        const changes = ["one", "two"].map((title) => changeOfSettings("c1", "alice", { title }, settingsVersion));
        const results = await Promise.all(changes.map((entry) => store.append([entry])));
        expect(results.flat().map(wordOf).sort()).toEqual(["event", "stale"]);
      }),
    );

    it(
      "stand in every member's row: open, slow, pinned and retention only where they are set",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const bare = Object.keys((await store.row("bob", "c1")) ?? {});
        expect(["open", "slow", "pinned", "retention", "marked"].filter((key) => bare.includes(key))).toEqual([]);
        const { cursor } = await store.inbox("bob", null, 10);
        const retention = { age: 60_000, messages: 7 };
        const set = { title: "Lunch", meta: { n: 1 }, open: true, slow: 9, pinned: [3, 2], retention };
        await changeSettings(store, "c1", "alice", set);
        const row = await store.row("bob", "c1");
        const shown = Object.keys(set).map((key) => [key, row?.[key as keyof typeof set]]);
        expect(Object.fromEntries(shown)).toEqual(set);
        expect((await store.inbox("bob", cursor, 10)).rows).toEqual([row]);
        const none = { title: null, meta: null, open: false, slow: 0, pinned: [], retention: null };
        await changeSettings(store, "c1", "alice", none);
        const cleared = (await store.row("bob", "c1")) ?? {};
        expect(Object.keys(cleared).sort()).toEqual(bare.sort());
      }),
    );

    it(
      "are not reached by what the caller does to them afterwards",
      withStore(async (store) => {
        const meta = { text: "as it was" };
        await store.create(conversation("c1", { meta }));
        meta.text = "changed";
        expect((await settingsOf(store, "c1")).meta).toEqual({ text: "as it was" });
        const settings = { meta: { text: "as it is" }, pinned: [2], retention: { messages: 5 } };
        await changeSettings(store, "c1", "alice", settings);
        settings.meta.text = "changed";
        settings.pinned.push(3);
        settings.retention.messages = 1;
        const after = await settingsOf(store, "c1");
        expect([after.meta, after.pinned, after.retention]).toEqual([{ text: "as it is" }, [2], { messages: 5 }]);
      }),
    );

    it(
      "are null for an unknown conversation",
      withStore(async (store) => {
        expect(await store.settings("c9")).toBe(null);
      }),
    );

    it(
      "are an event like any other for who wrote it: no send",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await appendEvent(store, message("c1", "bob", "hi"));
        await changeSettings(store, "c1", "alice", { title: "t" });
        const { read, head, ord } = await accessOf(store, "alice", "c1");
        expect([read, head, ord]).toEqual([1, 3, 1]);
      }),
    );
  });
}
