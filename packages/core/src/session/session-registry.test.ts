import { describe, expect, it } from "vitest";
import { type RegisteredSession, SessionRegistry } from "./session-registry.ts";

const session = (user: string, device: string, attempt: number | null = null): RegisteredSession => ({
  user,
  device,
  attempt,
});

describe("SessionRegistry", () => {
  // Protocol, section 3: of a device's connections the highest k stays; equal or absent: the last to arrive.
  it.each([
    { here: 1, comes: 2, stays: "comes" },
    { here: 2, comes: 1, stays: "here" },
    { here: 2, comes: 2, stays: "comes" },
    { here: 0, comes: null, stays: "comes" },
    { here: null, comes: 0, stays: "comes" },
    { here: null, comes: null, stays: "comes" },
  ])("of k = $here and then $comes of one device, what $stays stays", ({ here, comes, stays }) => {
    const registry = new SessionRegistry(10);
    const first = session("alice", "d1", here);
    const second = session("alice", "d1", comes);
    registry.add(first);
    const told = registry.add(second);
    expect(told).toEqual(
      stays === "comes" ? { kind: "in", replaced: [first], firstOfUser: false } : { kind: "replaced" },
    );
    expect(registry.of("alice")).toEqual([stays === "comes" ? second : first]);
  });

  it("replaces neither another device's session nor another user's", () => {
    const registry = new SessionRegistry(10);
    const others = [session("alice", "d1", 9), session("bob", "d2", 9)];
    for (const other of others) registry.add(other);
    expect(registry.add(session("alice", "d2", 1))).toMatchObject({ kind: "in", replaced: [] });
    expect(registry.of("alice")).toHaveLength(2);
    expect(registry.of("bob")).toEqual([others[1]]);
  });

  it("S42: bounds a user's sessions, but lets a device replace its own", () => {
    const registry = new SessionRegistry(2);
    registry.add(session("alice", "d1", 1));
    registry.add(session("alice", "d2", 1));
    expect(registry.add(session("alice", "d3", 1))).toEqual({ kind: "too many" });
    expect(registry.add(session("alice", "d2", 2))).toMatchObject({ kind: "in" });
    expect(registry.add(session("bob", "d3", 1))).toMatchObject({ kind: "in", firstOfUser: true });
  });

  it("I25: keeps nothing of users without sessions, and a late end of a replaced one ends no other", () => {
    const registry = new SessionRegistry(10);
    const first = session("alice", "d1", 1);
    const second = session("alice", "d1", 2);
    registry.add(first);
    registry.add(second);
    expect(registry.remove(first)).toBe(false);
    expect(registry.of("alice")).toEqual([second]);
    expect(registry.size).toBe(1);
    expect(registry.remove(second)).toBe(true);
    expect(registry.remove(second)).toBe(false);
    expect(registry.size).toBe(0);
  });

  it("S35: takes names that every object has for plain names", () => {
    const registry = new SessionRegistry(10);
    for (const user of ["constructor", "__proto__", "toString"]) {
      expect(registry.of(user)).toEqual([]);
      expect(registry.add(session(user, "d1"))).toMatchObject({ kind: "in", replaced: [], firstOfUser: true });
    }
  });
});
