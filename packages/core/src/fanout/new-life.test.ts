import type { Role } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { encode, encodeEvents } from "../codec/encode.ts";
import type { MessageStore } from "../ports/message-store.ts";
import { memoryStore } from "../store/memory-message-store.ts";
import { conversation } from "../testing/conformance/message-store/entries.ts";
import { Recorder } from "../testing/fanout-scene.ts";
import { Audiences } from "./audience.ts";
import type { FannedEvents } from "./fanned-events.ts";
import { beginNewLife } from "./new-life.ts";
import { openSubscription } from "./open-subscription.ts";
import { Subscriptions } from "./subscriptions.ts";

const EPOCH = "second";

/** Alice, bob and carol are here; of the life that begins alice is a member, and dave, who is not here. */
async function lifeOver(wrap = (store: MessageStore): Pick<MessageStore, "access"> => store) {
  const store = memoryStore();
  await store.open();
  const members: readonly (readonly [string, Role])[] = [
    ["alice", "owner"],
    ["dave", "member"],
  ];
  await store.create({ ...conversation("c1", { members }), epoch: EPOCH });
  const sessions = ["alice", "bob", "bob", "carol"].map((user) => new Recorder(user));
  const limits = { subscriptionsMax: 9, subscribingEventsMax: 9, rememberedMax: 9, rememberedMembersMax: 99 };
  const audiences = new Audiences({ store, limits });
  const subscriptions = new Subscriptions<Recorder, FannedEvents>(limits);
  const said: unknown[] = [];
  const house = {
    store: wrap(store),
    audiences,
    subscriptions,
    sessionsOf: (user: string) => sessions.filter((session) => session.user === user),
    encode,
    forget: (c: string) => said.push(["forget", c]),
    left: (c: string, users: readonly string[]) => said.push(["left", c, ...users]),
  };
  const begin = (...users: string[]) => beginNewLife(house, { c: "c1", epoch: EPOCH, users, lost: [] });
  const beginAfterLoss = (...lost: string[]) => beginNewLife(house, { c: "c1", epoch: EPOCH, users: [], lost });
  const beginWith = (user: string) => beginNewLife(house, { c: "c1", epoch: EPOCH, users: [user], lost: [user] });
  return {
    sessions: sessions as [Recorder, Recorder, Recorder, Recorder],
    subscriptions,
    said,
    begin,
    beginAfterLoss,
    beginWith,
    audiences,
  };
}

describe("beginNewLife", () => {
  it("I17: takes it from who is no member any more, and lets no subscription of theirs stand", async () => {
    const { sessions, subscriptions, said, begin } = await lifeOver();
    const [alice, bob, other, carol] = sessions;
    for (const session of [alice, carol])
      subscriptions.activate(subscriptions.open(session, "c1"), { epoch: "first", head: 7 });
    await begin("alice", "bob", "dave", "zoe");
    expect(sessions.map(({ told }) => told)).toEqual([[], ["gone"], ["gone"], ["gone"]]);
    expect([...(subscriptions.of("c1")?.sessions.keys() ?? [])]).toEqual([alice]);
    expect(said).toEqual([
      ["forget", "c1"],
      ["left", "c1", "bob", "carol"],
    ]);
    expect([bob.told, other.told]).toEqual([["gone"], ["gone"]]);
  });

  it("I9: tells who had lost it, and is a member again, to read it; who is none hears nothing", async () => {
    const { sessions, said, beginAfterLoss } = await lifeOver();
    await beginAfterLoss("alice", "bob", "dave");
    expect(sessions.map(({ told }) => told)).toEqual([["lagging"], [], [], []]);
    expect(said).toEqual([["forget", "c1"]]);
  });

  it("I9: also where it is remembered that they were a member once", async () => {
    const { sessions, beginWith } = await lifeOver();
    await beginWith("alice");
    expect(sessions.map(({ told }) => told)).toEqual([["lagging"], [], [], []]);
  });

  it("I17: takes it from who had lost it, was back, and is no member any more", async () => {
    const { sessions, subscriptions, said, beginAfterLoss } = await lifeOver();
    const [, bob] = sessions;
    subscriptions.activate(subscriptions.open(bob, "c1"), { epoch: "first", head: 7 });
    await beginAfterLoss("bob", "carol");
    expect(sessions.map(({ told }) => told)).toEqual([[], ["gone"], ["gone"], []]);
    expect([subscriptions.of("c1"), said]).toEqual([
      undefined,
      [
        ["forget", "c1"],
        ["left", "c1", "bob"],
      ],
    ]);
  });

  it("I17: ends a subscription that is being opened with rights of the life before, and tells who is a member of the new one", async () => {
    const { sessions, subscriptions, begin } = await lifeOver();
    const [alice, bob] = sessions;
    const openings = [alice, bob].map((session) =>
      openSubscription({ subscriptions, origins: () => undefined, encode }, session, "c1"),
    );
    await begin();
    const row = { seq: 1, ord: 0, type: "meta", from: "alice", at: 0 } as const;
    const subscription = subscriptions.of("c1")?.sessions.get(alice);
    if (subscription === undefined) throw new Error("it has ended");
    subscriptions.hold(subscription, encodeEvents("c1", EPOCH, [row]), false);
    const before = { epoch: "first", head: 7 };
    const answer = { t: "subscribed", c: "c1", mode: "push", ...before, ord: 1, members: 2, online: 1, watermarks: [] };
    const stand = openings.map((opening) => opening.activate(before, () => answer as never));
    expect(stand).toEqual([true, false]);
    expect([alice.told, bob.told]).toEqual([["subscribed", 1], ["gone"]]);
  });

  it("forgets nothing, and tells nobody, when the store cannot answer or is in a further life already", async () => {
    const failing = await lifeOver(() => ({ access: () => Promise.reject(new Error("no store")) }));
    await expect(failing.begin("alice", "bob")).rejects.toThrow("no store");
    const later = await lifeOver((store) => ({
      access: async (pairs) => (await store.access(pairs)).map((access) => access && { ...access, epoch: "third" }),
    }));
    await expect(later.begin("alice", "bob")).rejects.toMatchObject({ code: "unavailable" });
    for (const { said, sessions } of [failing, later]) {
      expect([said, sessions.flatMap(({ told }) => told)]).toEqual([[], []]);
    }
  });
});
