import { LIMITS } from "@earshot/protocol";
import type { MessageStore } from "../../../ports/message-store.ts";
import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import {
  appendEvent,
  changeMembers,
  conversation,
  deletion,
  message,
  outcomeOf,
  reaction,
  say,
  wordOf,
} from "./entries.ts";
import { accessOf, logOf, messageOf } from "./readings.ts";

/** Who reacted how to a message, as it stands. */
export function reactionCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  const reactionsOf = async (store: MessageStore, seq: number, reader?: string) =>
    (await messageOf(store, "c1", seq, reader)).reactions;

  describe("reactions", () => {
    it(
      "are counted by key, with whether they are the reader's own; the gateway has none",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const [seq = 0, other = 0] = await say(store, "c1", "alice", "one", "two");
        await store.append([
          reaction("c1", "bob", seq, "👍"),
          reaction("c1", "alice", seq, "👍"),
          reaction("c1", "bob", seq, "constructor"),
          reaction("c1", "alice", other, "__proto__"),
        ]);
        expect(await reactionsOf(store, seq, "alice")).toEqual([
          ["👍", 2, true],
          ["constructor", 1, false],
        ]);
        expect(await reactionsOf(store, seq, "bob")).toEqual([
          ["👍", 2, true],
          ["constructor", 1, true],
        ]);
        expect(await reactionsOf(store, seq)).toEqual([
          ["👍", 2, false],
          ["constructor", 1, false],
        ]);
        expect(await reactionsOf(store, other, "alice")).toEqual([["__proto__", 1, true]]);
        // The same in the inbox, where it is the newest message.
        expect((await store.row("alice", "c1"))?.last?.reactions).toEqual([["__proto__", 1, true]]);
        expect((await store.row("bob", "c1"))?.last?.reactions).toEqual([["__proto__", 1, false]]);
        const { rows } = await store.inbox("alice", null, 10);
        expect(rows).toEqual([await store.row("alice", "c1")]);
      }),
    );

    it(
      "are one for each member and key, however often they are set",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const [seq = 0] = await say(store, "c1", "alice", "one");
        const once = reaction("c1", "bob", seq, "👍");
        const results = await store.append([once, once, reaction("c1", "bob", seq, "👍")]);
        expect(results.map(wordOf)).toEqual(["event", "duplicate", "event"]);
        expect(results.map((each) => (each.kind === "event" ? each.row.seq : "seq" in each && each.seq))).toEqual([
          3, 3, 4,
        ]);
        expect(await reactionsOf(store, seq, "bob")).toEqual([["👍", 1, true]]);
        await appendEvent(store, reaction("c1", "bob", seq, "👍", false));
        expect("reactions" in (await messageOf(store, "c1", seq, "bob"))).toBe(false);
        // A repeat of what was taken back since is no new reaction.
        expect(await outcomeOf(store, once)).toBe("duplicate");
        expect("reactions" in (await messageOf(store, "c1", seq, "bob"))).toBe(false);
      }),
    );

    it(
      "are taken back by their author alone, one key at a time; taking back what is not there is a normal event",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const [seq = 0] = await say(store, "c1", "alice", "one");
        await store.append([
          reaction("c1", "alice", seq, "👍"),
          reaction("c1", "alice", seq, "❤"),
          reaction("c1", "bob", seq, "👍", false),
          reaction("c1", "bob", seq, "🙈", false),
        ]);
        expect(await reactionsOf(store, seq)).toEqual([
          ["👍", 1, false],
          ["❤", 1, false],
        ]);
        await appendEvent(store, reaction("c1", "alice", seq, "👍", false));
        expect(await reactionsOf(store, seq)).toEqual([["❤", 1, false]]);
        expect((await logOf(store, "c1")).rows.slice(2).map(({ type, body }) => [type, body])).toEqual(
          [
            { key: "👍", on: true },
            { key: "❤", on: true },
            { key: "👍", on: false },
            { key: "🙈", on: false },
            { key: "👍", on: false },
          ].map((body) => ["react", body]),
        );
      }),
    );

    // As one gets it who keeps the list by the events: a key stays where it is until nobody has it any more.
    it(
      "stand in the order in which their keys came up; one that nobody had for a while comes last",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const [seq = 0] = await say(store, "c1", "alice", "one");
        const keys = async () => (await reactionsOf(store, seq))?.map(([key]) => key);
        await store.append(["z", "a", "m"].map((key) => reaction("c1", "alice", seq, key)));
        expect(await keys()).toEqual(["z", "a", "m"]);
        await store.append([reaction("c1", "bob", seq, "z"), reaction("c1", "alice", seq, "z", false)]);
        expect(await keys()).toEqual(["z", "a", "m"]);
        await store.append([reaction("c1", "bob", seq, "z", false), reaction("c1", "bob", seq, "z")]);
        expect(await keys()).toEqual(["a", "m", "z"]);
      }),
    );

    it(
      "have as many keys as their limit says, then another is refused with too_many",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const [seq = 0, other = 0] = await say(store, "c1", "alice", "one", "two");
        const keys = Array.from({ length: LIMITS.reactionKeysMax }, (_, n) => `k${n}`);
        const results = await store.append([
          ...keys.map((key) => reaction("c1", "alice", seq, key)),
          reaction("c1", "bob", seq, "more"),
        ]);
        expect(results.map(wordOf)).toEqual([...keys.map(() => "event"), "too_many"]);
        expect((await reactionsOf(store, seq))?.length).toBe(LIMITS.reactionKeysMax);
        expect(await outcomeOf(store, reaction("c1", "bob", seq, "k0"))).toBe("event");
        expect(await outcomeOf(store, reaction("c1", "alice", seq, "k1"))).toBe("event");
        expect(await outcomeOf(store, reaction("c1", "bob", seq, "more", false))).toBe("event");
        expect(await outcomeOf(store, reaction("c1", "bob", other, "more"))).toBe("event");
        // The last one of a key makes room, the last but one does not.
        expect(await outcomeOf(store, reaction("c1", "alice", seq, "k0", false))).toBe("event");
        expect(await outcomeOf(store, reaction("c1", "bob", seq, "more"))).toBe("too_many");
        expect(await outcomeOf(store, reaction("c1", "alice", seq, "k1", false))).toBe("event");
        expect(await outcomeOf(store, reaction("c1", "bob", seq, "more"))).toBe("event");
      }),
    );

    it(
      "go with their message, and outlive the membership of who gave them",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const [one = 0, two = 0] = await say(store, "c1", "alice", "one", "two");
        await store.append([reaction("c1", "bob", one, "👍"), reaction("c1", "bob", two, "👍")]);
        await appendEvent(store, deletion("c1", "alice", one));
        await changeMembers(store, "c1", "alice", [["bob", null]]);
        expect("reactions" in (await messageOf(store, "c1", one))).toBe(false);
        expect(await reactionsOf(store, two)).toEqual([["👍", 1, false]]);
        await changeMembers(store, "c1", "alice", [["bob", "member"]]);
        await appendEvent(store, reaction("c1", "bob", two, "👍"));
        expect(await reactionsOf(store, two)).toEqual([["👍", 1, false]]);
      }),
    );

    it(
      "are no messages, and their author's own send",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const [seq = 0] = await say(store, "c1", "alice", "one");
        const { row } = await appendEvent(store, reaction("c1", "bob", seq, "👍"));
        expect([row.seq, row.ord, row.re, row.type]).toEqual([3, 1, seq, "react"]);
        const { read, delivered, ord } = await accessOf(store, "bob", "c1");
        expect([read, delivered, ord]).toEqual([3, 3, 1]);
        expect((await store.row("alice", "c1"))?.unread).toBe(0);
        await appendEvent(store, message("c1", "bob", "a message that names no reaction", { re: seq }));
        expect((await messageOf(store, "c1", seq)).reactions).toEqual([["👍", 1, false]]);
      }),
    );
  });
}
