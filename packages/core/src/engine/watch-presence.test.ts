import type { PresenceRow, Role, UserId } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { memoryStore } from "../store/memory-message-store.ts";
import { changeMembers, conversation } from "../testing/conformance/message-store/entries.ts";
import { hostOfTest } from "../testing/host-of-test.ts";
import { presenceScene } from "../testing/presence-scene.ts";
import { seePresence, watchPresence } from "./watch-presence.ts";

/** c1: alice (owner), bob and carol; c2: bob and dave. Everyone is online, and so is a stranger. */
async function house(subscriptionsMax = 200) {
  const store = memoryStore();
  await store.open();
  for (const [c, creator, ...others] of [
    ["c1", "alice", "bob", "carol"],
    ["c2", "bob", "dave"],
  ] as const) {
    const members = [[creator, "owner"], ...others.map((user) => [user, "member"])] as [UserId, Role][];
    await store.create(conversation(c, { creator, members }));
  }
  const scene = await presenceScene(subscriptionsMax);
  for (const user of ["alice", "bob", "carol", "dave", "stranger"]) scene.enter(`s-${user}`, user);
  await scene.clock.settle();
  const asking = { store, ...hostOfTest(store), limits: { subscriptionsMax }, presence: scene.board };
  const see = (user: string, c: string, ...users: string[]) =>
    seePresence(asking, { user, claims: null }, { c, users });
  const watch = (watcher: ReturnType<typeof scene.watcher>, c: string, ...users: string[]) =>
    watchPresence(asking, watcher, { c, users });
  return { ...scene, store, see, watch, asking };
}

const online = (...users: string[]): PresenceRow[] => users.map((user) => ({ user, status: "online" }));

describe("seePresence", () => {
  it("says where members stand, in the order asked, each once, oneself too", async () => {
    const { see } = await house();
    expect(await see("alice", "c1", "carol", "alice", "bob", "carol")).toEqual(online("carol", "alice", "bob"));
  });

  it("S14: finds nothing for a stranger, nor in what there is not, in the same words", async () => {
    const { see } = await house();
    const failures = await Promise.all(
      [
        see("stranger", "c1", "alice"),
        see("stranger", "c1", "stranger"),
        see("alice", "c2", "bob"),
        see("alice", "c9", "bob"),
      ].map((asked) =>
        asked.then(
          () => null,
          (error: unknown) => error,
        ),
      ),
    );
    for (const failure of failures) expect(failure).toMatchObject({ code: "not_found" });
    expect(new Set(failures.map((failure) => (failure as Error).message)).size).toBe(1);
  });

  it("S14: leaves out who is no member of that conversation, whatever else is shared", async () => {
    const { see } = await house();
    expect(await see("bob", "c1", "dave", "stranger", "unknown", "alice")).toEqual(online("alice"));
    expect(await see("bob", "c2", "alice", "dave")).toEqual(online("dave"));
  });

  it("leaves out who has blocked, either way, and nobody else", async () => {
    const { store, see } = await house();
    await store.block("bob", "alice", true);
    expect(await see("alice", "c1", "alice", "bob", "carol")).toEqual(online("alice", "carol"));
    expect(await see("bob", "c1", "alice", "bob", "carol")).toEqual(online("bob", "carol"));
    await store.block("bob", "alice", false);
    await store.block("alice", "alice", true);
    expect(await see("alice", "c1", "alice", "bob")).toEqual(online("alice", "bob"));
  });

  it("S45: refuses more users than a session may watch, counted once each", async () => {
    const { see } = await house(2);
    expect(await see("alice", "c1", "bob", "carol", "bob")).toEqual(online("bob", "carol"));
    await expect(see("alice", "c1", "bob", "carol", "x")).rejects.toMatchObject({ code: "too_large" });
  });

  it("rejects as the store does", async () => {
    const { store, see } = await house();
    await store.close();
    await expect(see("alice", "c1", "bob")).rejects.toMatchObject({ code: "closed" });
  });
});

describe("watchPresence", () => {
  it("answers, and tells what changes from then on, of those who may be seen", async () => {
    const { store, watch, watcher, tracker, clock, board } = await house();
    await store.block("carol", "alice", true);
    const viewer = watcher("alice");
    expect(await watch(viewer, "c1", "bob", "carol", "stranger")).toEqual({ t: "presence", users: online("bob") });
    expect(board.sizes).toMatchObject({ watchers: 1, watched: 1 });
    for (const user of ["bob", "carol", "stranger"]) tracker.activity(`s-${user}`, "idle");
    await clock.advance(1_000);
    expect(viewer.take()).toEqual([{ t: "presence", users: [{ user: "bob", status: "away" }] }]);
  });

  it("S14: begins nothing for a stranger, and ends nothing that was there", async () => {
    const { watch, watcher, board, store } = await house();
    const viewer = watcher("bob");
    await watch(viewer, "c2", "dave");
    await changeMembers(store, "c1", "alice", [["bob", null]]);
    await expect(watch(viewer, "c1", "alice", "dave")).rejects.toMatchObject({ code: "not_found" });
    expect(board.sizes).toMatchObject({ watchers: 1, watched: 1, grounds: 1 });
    await store.close();
    await expect(watch(viewer, "c2", "alice", "dave")).rejects.toMatchObject({ code: "closed" });
    expect(board.sizes).toMatchObject({ watchers: 1, watched: 1, grounds: 1 });
  });

  it("I18: tells nothing of who was removed while rights were read, though they were read before", async () => {
    const { store, watcher, board, asking, tracker, clock } = await house();
    const viewer = watcher("alice");
    const slow = {
      access: store.access.bind(store),
      blocked: async (user: string, others: readonly string[]) => {
        const found = await store.blocked(user, others);
        await changeMembers(store, "c1", "alice", [["bob", null]]);
        board.left("c1", ["bob"]);
        return found;
      },
    };
    const answer = await watchPresence({ ...asking, store: slow }, viewer, { c: "c1", users: ["bob", "carol"] });
    expect(answer.users).toEqual(online("carol"));
    tracker.activity("s-bob", "idle");
    await clock.advance(1_000);
    expect(viewer.take()).toEqual([]);
  });

  it("S45: refuses over the bound, also over several calls", async () => {
    const { watch, watcher, board } = await house(2);
    const viewer = watcher("alice");
    await expect(watch(viewer, "c1", "alice", "bob", "carol")).rejects.toMatchObject({ code: "too_large" });
    await watch(viewer, "c1", "alice", "bob");
    await expect(watch(viewer, "c1", "carol")).rejects.toMatchObject({ code: "too_large" });
    expect(board.sizes).toMatchObject({ watchers: 1, watched: 2 });
  });
});
