import { describe, expect, it } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { MemoryPresenceRegistry } from "./memory-presence-store.ts";

// What every presence store promises stands in its conformance suite.
describe("MemoryPresenceRegistry", () => {
  const visit = (registry: MemoryPresenceRegistry, user: string) => {
    registry.put("n1", [{ session: `s-${user}`, user, device: "d", activity: "active" }]);
    registry.remove("n1", [{ session: `s-${user}`, quietMs: 0 }]);
  };
  const known = (registry: MemoryPresenceRegistry, ...users: string[]) =>
    registry.of(users).flatMap(({ user, seen }) => (seen === null ? [] : [user]));

  it("knows of as many users as it was told to when they were last seen, the latest ones", () => {
    const registry = new MemoryPresenceRegistry(new ManualClock(), { seenUsersMax: 3 });
    registry.lease("n1", 30_000);
    for (const user of ["alice", "bob", "carol"]) visit(registry, user);
    expect(known(registry, "alice", "bob", "carol")).toEqual(["alice", "bob", "carol"]);
    visit(registry, "alice");
    // To be asked for is no visit.
    known(registry, "bob");
    visit(registry, "dave");
    expect(known(registry, "alice", "bob", "carol", "dave")).toEqual(["alice", "carol", "dave"]);
  });

  it("gives copies: nobody changes a session by what they were given", () => {
    const registry = new MemoryPresenceRegistry(new ManualClock());
    registry.lease("n1", 30_000);
    registry.put("n1", [{ session: "s1", user: "alice", device: "d", activity: "active" }]);
    const [alice] = registry.of(["alice"]);
    Object.assign(alice?.sessions[0] ?? {}, { activity: "invisible" });
    expect(registry.of(["alice"])[0]?.sessions[0]?.activity).toBe("active");
  });

  it("I21: ends leases in time, whatever the wall clock does", async () => {
    const clock = new ManualClock();
    const registry = new MemoryPresenceRegistry(clock);
    registry.lease("n1", 30_000);
    registry.put("n1", [{ session: "s1", user: "alice", device: "d", activity: "active" }]);
    clock.stepWall(3_600_000);
    await clock.advance(29_000);
    expect(registry.of(["alice"])[0]?.sessions).toHaveLength(1);
    clock.stepWall(-7_200_000);
    await clock.advance(1_000);
    expect(registry.of(["alice"])[0]?.sessions).toHaveLength(0);
  });

  it("I25: keeps no timer of a lease that was given up", () => {
    const clock = new ManualClock();
    const registry = new MemoryPresenceRegistry(clock);
    for (let n = 0; n < 5; n++) registry.lease("n1", 30_000);
    expect(clock.pending).toBe(1);
    registry.lease("n1", 0);
    expect(clock.pending).toBe(0);
  });
});
