import type { Mode } from "@earshot/protocol";
import type { AppendResult } from "../../../ports/append.ts";
import type { MessageStore } from "../../../ports/message-store.ts";
import type { Runner } from "../runner.ts";
import type { MessageStoreAdapter, WithStore } from "./adapter-under-test.ts";
import {
  appendEvent,
  changeMembers,
  changeOfMembers,
  changeOfSettings,
  changeSettings,
  conversation,
  message,
  outcomeOf,
  wordOf,
} from "./entries.ts";
import { accessOf, changesOf, settingsOf } from "./readings.ts";

/** How a conversation's events travel, and when that changes. */
export function modeCases(
  { describe, it, expect }: Runner,
  withStore: WithStore,
  { capabilities: { survivesReopen } }: MessageStoreAdapter,
): void {
  /** As each of its readers tells it. */
  const modesOf = async (store: MessageStore, c: string): Promise<readonly (Mode | undefined)[]> =>
    [
      (await settingsOf(store, c)).mode,
      (await accessOf(store, "alice", c)).mode,
      (await accessOf(store, "bob", c)).mode,
      (await store.row("bob", c))?.mode,
      ...(await store.inbox("alice", null, 10)).rows.map((row) =>
        "mode" in row && row.c === c ? row.mode : undefined,
      ),
    ].filter((mode) => mode !== undefined);
  const all = (mode: Mode) => Array.from({ length: 5 }, () => mode);
  const told = (results: readonly AppendResult[]) =>
    results.map((result) => (result.kind === "event" ? result.mode : wordOf(result)));

  describe("mode", () => {
    it(
      "is what the conversation was created with, and told with every event",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await store.create(conversation("c2", { mode: "pull" }));
        expect([await modesOf(store, "c1"), await modesOf(store, "c2")]).toEqual([all("push"), all("pull")]);
        const results = await store.append([
          message("c1", "alice", "hi"),
          message("c2", "alice", "hi"),
          message("c2", "bob", "", { type: "x-ping" }),
        ]);
        expect(told(results)).toEqual(["push", "pull", "pull"]);
        expect((await changeMembers(store, "c2", "alice", [["carol", "member"]])).mode).toBe("pull");
        expect((await changeSettings(store, "c2", "alice", { title: "t" })).mode).toBe("pull");
      }),
    );

    it(
      "is switched by an event: from that one on, for every reader, to and fro",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await store.create(conversation("c2"));
        for (const mode of ["pull", "push", "pull"] as const) {
          const { cursor } = await store.inbox("bob", null, 10);
          const mark = await store.feedEnd();
          const { head } = await accessOf(store, "alice", "c1");
          const switched = await changeSettings(store, "c1", "alice", { mode });
          expect([switched.mode, switched.row.type, switched.row.seq, switched.row.body]).toEqual([
            mode,
            "meta",
            head + 1,
            { mode },
          ]);
          expect(await modesOf(store, "c1")).toEqual(all(mode));
          expect((await appendEvent(store, message("c1", "bob", "hi"))).mode).toBe(mode);
          const { rows } = await store.inbox("bob", cursor, 10);
          expect(rows.map((row) => "mode" in row && [row.c, row.mode, row.head])).toEqual([["c1", mode, head + 2]]);
          const { epoch, ord, membersVersion } = await accessOf(store, "alice", "c1");
          const change = { conversation: "c1", epoch, head: head + 2, ord, mode, membersVersion };
          expect((await changesOf(store, mark)).changes).toEqual([change]);
          expect(await modesOf(store, "c2")).toEqual(all("push"));
        }
      }),
    );

    it(
      "is each entry's own within a batch: what stands before the switch has the old one",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await store.create(conversation("c2"));
        const { settingsVersion, membersVersion } = await settingsOf(store, "c1");
        const results = await store.append([
          message("c1", "alice", "1"),
          changeOfSettings("c1", "alice", { mode: "pull" }, settingsVersion),
          message("c1", "bob", "2"),
          message("c2", "bob", "3"),
          changeOfMembers("c1", "alice", [["carol", "member"]], membersVersion),
          changeOfSettings("c1", "alice", { mode: "push", title: "t" }, settingsVersion + 1),
          message("c1", "carol", "4"),
        ]);
        expect(told(results)).toEqual(["push", "pull", "pull", "push", "pull", "push", "push"]);
        const { mode, title, members } = await settingsOf(store, "c1");
        expect([mode, title, members]).toEqual(["push", "t", 3]);
      }),
    );

    it(
      "stays where the entry is refused, and where other settings change",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const { settingsVersion } = await settingsOf(store, "c1");
        const stale = changeOfSettings("c1", "alice", { mode: "pull" }, settingsVersion - 1);
        const older = changeOfSettings("c1", "alice", { mode: "pull" }, settingsVersion + 1);
        const forbidden = {
          ...changeOfSettings("c1", "bob", { mode: "pull" }, settingsVersion),
          by: ["owner"] as const,
        };
        expect(await outcomeOf(store, stale)).toBe("stale");
        expect(await outcomeOf(store, older)).toBe("stale");
        expect(await outcomeOf(store, forbidden)).toBe("forbidden");
        expect(await modesOf(store, "c1")).toEqual(all("push"));
        const first = changeOfSettings("c1", "alice", { mode: "pull" }, settingsVersion);
        const second = changeOfSettings("c1", "alice", { mode: "push" }, settingsVersion);
        expect(told(await store.append([first, second]))).toEqual(["pull", "stale"]);
        for (const other of [{ title: "t" }, { slow: 5 }, { slow: 0 }, { open: true }, { pinned: [1] }, {}]) {
          await changeSettings(store, "c1", "alice", other);
          expect(await modesOf(store, "c1"), JSON.stringify(other)).toEqual(all("pull"));
        }
        // The same once more is an event like any other.
        expect((await changeSettings(store, "c1", "alice", { mode: "pull" })).mode).toBe("pull");
      }),
    );

    it(
      "is the host's to switch, of a direct too, without being a member",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const { settingsVersion } = await settingsOf(store, "c1");
        const entry = {
          ...changeOfSettings("c1", "host", { mode: "pull" }, settingsVersion),
          by: [],
          system: true,
        } as const;
        expect(told(await store.append([entry]))).toEqual(["pull"]);
        expect(await modesOf(store, "c1")).toEqual(all("pull"));
      }),
    );

    if (survivesReopen) {
      it(
        "outlives closing, with the change that told of it",
        withStore(async (store, { reopen }) => {
          await store.create(conversation("c1"));
          await store.create(conversation("c2", { mode: "pull" }));
          const mark = await store.feedEnd();
          await changeSettings(store, "c1", "alice", { mode: "pull" });
          await changeSettings(store, "c2", "alice", { mode: "push" });
          await store.raise([{ user: "bob", conversation: "c1", read: 2 }]);
          await appendEvent(store, message("c1", "alice", "hi"));
          const page = await store.changes(mark, 10);
          const tally = await store.tally("c1", 10);
          await store.close();
          const again = reopen();
          await again.open();
          expect([await modesOf(again, "c1"), await modesOf(again, "c2")]).toEqual([all("pull"), all("push")]);
          // Of marks each is good, and the next one may be another.
          expect((await again.changes(mark, 10)).changes).toEqual(page.changes);
          expect((await again.changes(page.mark, 10)).changes).toEqual([]);
          expect(await again.tally("c1", 10)).toEqual(tally);
          expect((await appendEvent(again, message("c2", "alice", "hi"))).mode).toBe("push");
          await again.close();
        }),
      );
    }
  });
}
