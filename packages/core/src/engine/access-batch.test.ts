import { describe, expect, it } from "vitest";
import type { Access } from "../ports/pages.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { AccessBatch } from "./access-batch.ts";

type Pair = { readonly user: string; readonly conversation: string };

/** Answers each pair with an access that tells which pair it was; null for conversation `none`. */
function storeOf() {
  const calls: (readonly Pair[])[] = [];
  const access = async (pairs: readonly Pair[]) => {
    calls.push(pairs);
    return pairs.map(({ user, conversation }) =>
      conversation === "none" ? null : ({ epoch: `${user}:${conversation}` } as Access),
    );
  };
  return { calls, access };
}

const epochs = (access: readonly (Access | null)[]) => access.map((one) => one?.epoch ?? null);

describe("AccessBatch", () => {
  it("asks the store once for what is asked within a turn, and gives each their own", async () => {
    const clock = new ManualClock();
    const store = storeOf();
    const batch = new AccessBatch(store, clock);
    const answers = [batch.of("alice", ["c1", "none", "c2"]), batch.of("bob", []), batch.of("carol", ["c1"])];
    const one = batch.one("dave", "c9");
    const none = batch.one("dave", "none");
    await clock.settle();
    expect((await Promise.all(answers)).map(epochs)).toEqual([["alice:c1", null, "alice:c2"], [], ["carol:c1"]]);
    expect((await one)?.epoch).toBe("dave:c9");
    expect(await none).toBe(null);
    expect(store.calls).toHaveLength(1);
  });

  it("asks anew in the next turn", async () => {
    const clock = new ManualClock();
    const store = storeOf();
    const batch = new AccessBatch(store, clock);
    const first = batch.one("alice", "c1");
    await clock.settle();
    const second = batch.one("alice", "c1");
    await clock.settle();
    await Promise.all([first, second]);
    expect(store.calls).toHaveLength(2);
  });

  it("cuts what a thousand ask at once into calls of a bounded size", async () => {
    const clock = new ManualClock();
    const store = storeOf();
    const batch = new AccessBatch(store, clock);
    const conversations = Array.from({ length: 900 }, (_, index) => `c${index}`);
    const answers = Array.from({ length: 20 }, (_, user) => batch.of(`u${user}`, conversations));
    await clock.settle();
    for (const [user, answer] of answers.entries()) {
      expect(epochs(await answer)).toEqual(conversations.map((c) => `u${user}:${c}`));
    }
    expect(store.calls.length).toBeGreaterThan(1);
    for (const pairs of store.calls) expect(pairs.length).toBeLessThan(5_000 + 900);
  });

  it("answers a single question that is larger than a call", async () => {
    const clock = new ManualClock();
    const batch = new AccessBatch(storeOf(), clock);
    const answer = batch.of(
      "alice",
      Array.from({ length: 6_000 }, (_, index) => `c${index}`),
    );
    await clock.settle();
    expect(await answer).toHaveLength(6_000);
  });

  it("rejects for all who asked together, and for nobody after", async () => {
    const clock = new ManualClock();
    const store = storeOf();
    let failing = true;
    const batch = new AccessBatch(
      { access: (pairs) => (failing ? Promise.reject(new Error("down")) : store.access(pairs)) },
      clock,
    );
    const answers = [batch.one("alice", "c1"), batch.one("bob", "c1")].map((answer) => answer.then(String, String));
    await clock.settle();
    expect(await Promise.all(answers)).toEqual(["Error: down", "Error: down"]);
    failing = false;
    const after = batch.one("alice", "c1");
    await clock.settle();
    expect((await after)?.epoch).toBe("alice:c1");
  });
});
