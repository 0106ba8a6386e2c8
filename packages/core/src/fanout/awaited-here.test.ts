import { ChatError, type Role } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { encode } from "../codec/encode.ts";
import { memoryStore } from "../store/memory-message-store.ts";
import { silentLogger } from "../system/silent-logger.ts";
import { conversation } from "../testing/conformance/message-store/entries.ts";
import { Recorder } from "../testing/fanout-scene.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { AwaitedHere } from "./awaited-here.ts";

/** Alice and bob are here, bob twice; `members` are those of `c1`. */
async function awaitedIn(members: readonly (readonly [string, Role])[], { rememberedMax = 9, alone = false } = {}) {
  const store = memoryStore();
  await store.open();
  await store.create(conversation("c1", { creator: "zoe", members: [["zoe", "owner"], ...members] }));
  const clock = new ManualClock();
  const sessions = ["alice", "bob", "bob"].map((user) => new Recorder(user));
  let down = false;
  const asked: string[] = [];
  const access: typeof store.access = (pairs) => {
    asked.push(pairs.map(({ user }) => user).join());
    return down ? Promise.reject(new ChatError("unavailable", "down")) : store.access(pairs);
  };
  const sessionsOf = (user: string) => sessions.filter((session) => session.user === user);
  const limits = { rememberedMax };
  const awaited = new AwaitedHere({
    store: { access },
    clock,
    logger: silentLogger,
    limits,
    alone,
    sessionsOf,
    encode,
  });
  const tell = async (membersVersion: number, epoch = "first", c = "c1") => {
    awaited.told({ c, epoch, membersVersion });
    await clock.settle();
  };
  return {
    awaited,
    sessions: sessions as [Recorder, Recorder, Recorder],
    clock,
    asked,
    tell,
    told: () => sessions.map(({ told }) => told.length),
    fail: (on: boolean) => {
      down = on;
    },
  };
}

describe("AwaitedHere", () => {
  it("I9: tells who asked for what was not theirs to read it when they are a member, and nobody else", async () => {
    const { awaited, asked, tell, told } = await awaitedIn([["bob", "member"]]);
    await tell(1);
    for (const user of ["alice", "bob", "carol"]) awaited.add("c1", user);
    await tell(2, "first", "c2");
    expect([asked, told()]).toEqual([[], [0, 0, 0]]);
    await tell(2);
    expect([asked, told()]).toEqual([["alice,bob"], [0, 1, 1]]);
  });

  it("asks once about one version of the members, also about who is told and refused again; and again about the next", async () => {
    const { awaited, asked, tell, told } = await awaitedIn([["bob", "member"]]);
    awaited.add("c1", "bob");
    await tell(2);
    awaited.add("c1", "bob");
    await tell(2);
    awaited.add("c1", "alice");
    await tell(2);
    expect([asked, told()]).toEqual([
      ["bob", "alice"],
      [0, 1, 1],
    ]);
    await tell(3);
    await tell(3, "second");
    expect(asked.slice(2)).toEqual(["bob,alice", "bob,alice"]);
  });

  it("I9: goes by what is answered: not found, and then theirs, which a user's other sessions may not know", async () => {
    const { awaited, sessions, asked, tell, told } = await awaitedIn([]);
    const [alice, bob] = sessions;
    for (const [session, code] of [
      [bob, "not_found"],
      [alice, "unavailable"],
    ] as const) {
      const refused = awaited.answered("c1", session, Promise.reject(new ChatError(code, "no")));
      await expect(refused).rejects.toMatchObject({ code });
    }
    await tell(2);
    expect(asked).toEqual(["bob"]);
    for (const session of [alice, bob, bob])
      expect(await awaited.answered("c1", session, Promise.resolve("page"))).toBe("page");
    await tell(3);
    expect([asked, told(), awaited.size]).toEqual([["bob"], [0, 0, 1], 0]);
  });

  it("I9: asks again when the store could not answer, until it is stopped", async () => {
    const { awaited, asked, clock, tell, told, fail } = await awaitedIn([["bob", "member"]]);
    awaited.add("c1", "bob");
    fail(true);
    await tell(2);
    fail(false);
    await clock.advance(1_000);
    expect([asked, told()]).toEqual([
      ["bob", "bob"],
      [0, 1, 1],
    ]);
    fail(true);
    await tell(3);
    awaited.stop();
    await clock.advance(5_000);
    expect(asked).toHaveLength(3);
  });

  it("bounds conversations, those unused for longest first, and users of each; and remembers none where no event gets lost", async () => {
    const { awaited, asked, tell } = await awaitedIn([], { rememberedMax: 2 });
    for (const c of ["c1", "c2", "c3"]) awaited.add(c, "alice");
    expect(awaited.size).toBe(2);
    await tell(2);
    for (let index = 0; index < 1_000; index++) awaited.add("c1", `u${index}`);
    awaited.add("c1", "alice");
    await tell(3);
    expect(asked).toEqual([]);
    const { awaited: alone } = await awaitedIn([], { alone: true });
    alone.add("c1", "alice");
    expect(alone.size).toBe(0);
  });
});
