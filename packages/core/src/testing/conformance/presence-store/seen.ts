import type { UserId } from "@earshot/protocol";
import type { PresenceStore } from "../../../ports/presence-store.ts";
import type { Runner } from "../runner.ts";
import { type PresenceStoreAdapter, session, type WithPresence } from "./adapter-under-test.ts";

/** A minute: more than any test takes, so that what differs by it was not measured by the clock. */
const QUIET_MS = 60_000;

async function seenOf(store: PresenceStore, user: UserId): Promise<number | null> {
  return (await store.of([user]))[0]?.seen ?? null;
}

/** When users were last here. */
export function seenCases(
  { describe, it, expect }: Runner,
  withPresence: WithPresence,
  { ttlMs }: PresenceStoreAdapter,
): void {
  /** Two moments that are the same but for what calls take. */
  const expectNear = (one: number | null, other: number | null) => {
    expect(one !== null && other !== null && Math.abs(one - other) < ttlMs / 2).toBe(true);
  };

  describe("seen", () => {
    it(
      "is not known of who never went, and known on every node of who did",
      withPresence(async ({ nodes: [one, two] }) => {
        await one.lease("n1", ttlMs);
        await one.put("n1", [session("s1", "alice")]);
        expect(await seenOf(two, "alice")).toBe(null);
        await one.remove("n1", [{ session: "s1", quietMs: 0 }]);
        expect(await seenOf(two, "alice")).toBeGreaterThan(1_600_000_000_000);
        expect(await seenOf(one, "alice")).toBe(await seenOf(two, "alice"));
        expect(await seenOf(two, "bob")).toBe(null);
      }),
    );

    it(
      "is the last sign of life, not the removal",
      withPresence(async ({ nodes: [one] }) => {
        await one.lease("n1", ttlMs);
        await one.put("n1", [session("s1", "alice"), session("s2", "bob")]);
        await one.remove("n1", [
          { session: "s1", quietMs: 0 },
          { session: "s2", quietMs: QUIET_MS },
        ]);
        expectNear(await seenOf(one, "alice"), ((await seenOf(one, "bob")) ?? 0) + QUIET_MS);
      }),
    );

    it(
      "rises with a later departure, and falls with none",
      withPresence(async ({ nodes: [one], pass }) => {
        await one.lease("n1", 10 * ttlMs);
        await one.put("n1", [session("s1", "alice"), session("s2", "alice"), session("s3", "alice")]);
        await one.remove("n1", [{ session: "s1", quietMs: 0 }]);
        const first = await seenOf(one, "alice");
        await one.remove("n1", [{ session: "s2", quietMs: QUIET_MS }]);
        expect(await seenOf(one, "alice")).toBe(first);
        await pass(ttlMs);
        await one.remove("n1", [{ session: "s3", quietMs: 0 }]);
        expect(await seenOf(one, "alice")).toBeGreaterThan(first ?? Number.POSITIVE_INFINITY);
      }),
    );

    it(
      "outlives a new visit",
      withPresence(async ({ nodes: [one] }) => {
        await one.lease("n1", ttlMs);
        await one.put("n1", [session("s1", "alice")]);
        await one.remove("n1", [{ session: "s1", quietMs: QUIET_MS }]);
        const seen = await seenOf(one, "alice");
        await one.put("n1", [session("s2", "alice")]);
        expect(await seenOf(one, "alice")).toBe(seen);
      }),
    );

    it(
      "does not tell of invisible sessions, removed or ended with their lease",
      withPresence(async ({ nodes: [one, two], pass }) => {
        await one.lease("n1", ttlMs);
        await one.put("n1", [session("s1", "alice", "invisible"), session("s2", "alice", "invisible")]);
        await one.remove("n1", [{ session: "s1", quietMs: 0 }]);
        expect(await seenOf(two, "alice")).toBe(null);
        await pass(2 * ttlMs);
        expect(await seenOf(two, "alice")).toBe(null);
      }),
    );

    it(
      "is when a session turned invisible, as if it had gone, and stays that when it goes",
      withPresence(async ({ nodes: [one], pass }) => {
        await one.lease("n1", 10 * ttlMs);
        await one.put("n1", [session("s1", "alice"), session("s2", "bob")]);
        await one.put("n1", [session("s1", "alice", "invisible")]);
        await one.remove("n1", [{ session: "s2", quietMs: 0 }]);
        const seen = await seenOf(one, "alice");
        expectNear(seen, await seenOf(one, "bob"));
        await pass(ttlMs);
        await one.put("n1", [session("s1", "alice", "invisible")]);
        await one.remove("n1", [{ session: "s1", quietMs: 0 }]);
        expect(await seenOf(one, "alice")).toBe(seen);
      }),
    );

    it(
      "is the last renewal of a lease that expired",
      withPresence(async ({ nodes: [one, two], pass }) => {
        await two.lease("n2", 10 * ttlMs);
        await one.lease("n1", ttlMs);
        await one.put("n1", [session("s1", "alice")]);
        await two.put("n2", [session("s2", "bob")]);
        await pass(0.6 * ttlMs);
        await one.lease("n1", ttlMs);
        await two.remove("n2", [{ session: "s2", quietMs: 0 }]);
        await pass(2 * ttlMs);
        expectNear(await seenOf(two, "alice"), await seenOf(two, "bob"));
      }),
    );

    it(
      "is the moment at which a lease was given up",
      withPresence(async ({ nodes: [one, two], pass }) => {
        await two.lease("n2", 10 * ttlMs);
        await one.lease("n1", 10 * ttlMs);
        await one.put("n1", [session("s1", "alice")]);
        await two.put("n2", [session("s2", "bob")]);
        await pass(ttlMs);
        await one.lease("n1", 0);
        await two.remove("n2", [{ session: "s2", quietMs: 0 }]);
        expectNear(await seenOf(two, "alice"), await seenOf(two, "bob"));
      }),
    );
  });
}
