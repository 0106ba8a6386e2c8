import { describe, expect, it } from "vitest";
import { HeldWatermarks } from "./held-watermarks.ts";

const keys = (taken: readonly { readonly user: string; readonly c: string }[]) =>
  taken.map(({ user, c }) => `${user} ${c}`);

describe("HeldWatermarks", () => {
  it("gives what is due, in the order of its moment within each time waited, and keeps the rest", () => {
    const held = new HeldWatermarks(10);
    const [one, two, three] = ["c1", "c2", "c3"].map((c) => held.hold("alice", c));
    if (!one || !two || !three) throw new Error("no room");
    held.due(one, 2_000, 0);
    held.due(two, 200, 0);
    held.due(three, 200, 50);
    expect(held.dueAt).toBe(200);
    expect([held.isDue(199), held.isDue(200)]).toEqual([false, true]);
    expect(keys(held.take(249, 10))).toEqual(["alice c2"]);
    expect(keys(held.take(5_000, 10)).sort()).toEqual(["alice c1", "alice c3"]);
    expect([held.dueAt, held.size]).toEqual([null, 3]);
    for (let count = 0; count < 3; count++) held.settled();
    expect(held.size).toBe(0);
  });

  it("becomes due earlier, never later", () => {
    const held = new HeldWatermarks(10);
    const one = held.hold("alice", "c1");
    if (!one) throw new Error("no room");
    held.due(one, 2_000, 0);
    held.due(one, 200, 100);
    held.due(one, 2_000, 150);
    expect(held.dueAt).toBe(300);
    expect(held.take(300, 10)).toHaveLength(1);
    expect(held.take(9_000, 10)).toHaveLength(0);
  });

  it("takes no more at once than is asked for", () => {
    const held = new HeldWatermarks(10);
    for (const [index, c] of ["c1", "c2", "c3", "c4"].entries()) {
      const one = held.hold("alice", c);
      if (one) held.due(one, index % 2 === 0 ? 200 : 2_000, 0);
    }
    expect([held.take(9_000, 3).length, held.take(9_000, 3).length, held.take(9_000, 3).length]).toEqual([3, 1, 0]);
  });

  it("has no room beyond its bound, also for what is with the store, but always for what it holds", () => {
    const held = new HeldWatermarks(2);
    const one = held.hold("alice", "c1");
    if (one) held.due(one, 0, 0);
    expect(held.hold("alice", "c2")).not.toBe(null);
    expect(held.hold("bob", "c1")).toBe(null);
    expect(held.hold("alice", "c1")).toBe(one);
    expect(held.take(0, 1)).toEqual([one]);
    expect(held.hold("bob", "c1")).toBe(null);
    held.settled();
    expect(held.hold("bob", "c1")).not.toBe(null);
  });

  it("S56: has room for so many of one user, whatever others have", () => {
    const held = new HeldWatermarks(10, 2);
    expect(["c1", "c2", "c3"].map((c) => held.hold("mallory", c) !== null)).toEqual([true, true, false]);
    expect(held.hold("mallory", "c2")).not.toBe(null);
    expect(held.hold("alice", "c3")).not.toBe(null);
  });

  it("I14: what could not be written merges with what came meanwhile", () => {
    const held = new HeldWatermarks(10);
    const old = held.hold("alice", "c1");
    if (!old) throw new Error("no room");
    Object.assign(old, { delivered: 9, read: 4, readAsked: 1, announce: true });
    held.due(old, 0, 0);
    held.take(0, 10);
    const newer = held.hold("alice", "c1");
    if (!newer) throw new Error("no room");
    Object.assign(newer, { delivered: 7, read: 5, readAsked: 2 });
    held.due(newer, 2_000, 10);
    held.restore(old, 1_000, 20);
    expect(newer).toMatchObject({ delivered: 9, read: 5, readAsked: 2, announce: true, dueAt: 1_020 });
    expect([held.size, [...held.of()].length]).toEqual([1, 1]);
  });

  it("gives what it holds of one user, or of all", () => {
    const held = new HeldWatermarks(10);
    for (const [user, c] of [
      ["alice", "c1"],
      ["bob", "c1"],
      ["alice", "c2"],
    ] as const)
      held.hold(user, c);
    expect(keys([...held.of("alice")])).toEqual(["alice c1", "alice c2"]);
    expect(keys([...held.of("carol")])).toEqual([]);
    expect(keys([...held.of()])).toHaveLength(3);
  });
});
