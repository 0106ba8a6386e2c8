import type { UserId } from "@earshot/protocol";
import type { Runner } from "../runner.ts";
import { idsOf, type PresenceStoreAdapter, session, type WithPresence, watch } from "./adapter-under-test.ts";

/** Whose presence changed, and who hears of it. */
export function changeCases(
  { describe, it, expect }: Runner,
  withPresence: WithPresence,
  { ttlMs }: PresenceStoreAdapter,
): void {
  describe("changes", () => {
    it(
      "are told on every node: added, another activity, removed, expired, given up",
      withPresence(async ({ nodes: [one, two], pass }) => {
        const told = [watch(one), watch(two)];
        const expectTold = async (...users: UserId[]) => {
          await pass(0);
          for (const node of told) expect(node.take()).toEqual(users);
        };
        await one.lease("n1", ttlMs);
        await expectTold();
        await one.put("n1", [session("s1", "alice"), session("s2", "bob")]);
        await expectTold("alice", "bob");
        await one.put("n1", [session("s1", "alice", "idle"), session("s2", "bob")]);
        await expectTold("alice");
        await one.put("n1", [session("s1", "alice", "invisible")]);
        await expectTold("alice");
        await one.remove("n1", [{ session: "s1", quietMs: 0 }]);
        await expectTold("alice");
        await pass(2 * ttlMs);
        await expectTold("bob");
        await one.lease("n1", ttlMs);
        await one.put("n1", [session("s4", "carol")]);
        await expectTold("carol");
        await one.lease("n1", 0);
        await expectTold("carol");
      }),
    );

    it(
      "are in place when they are told",
      withPresence(async ({ nodes: [one, two], pass }) => {
        const found: (readonly string[])[] = [];
        two.onChange(() => {
          void idsOf(two, "alice").then((ids) => found.push(ids));
        });
        await one.lease("n1", ttlMs);
        await one.put("n1", [session("s1", "alice")]);
        await pass(0);
        expect(found.at(-1)).toEqual(["s1"]);
        await one.remove("n1", [{ session: "s1", quietMs: 0 }]);
        await pass(0);
        expect(found.at(-1)).toEqual([]);
      }),
    );

    it(
      "a repeated put, and the removal of an unknown session, change nothing and tell nobody",
      withPresence(async ({ nodes: [one, two], pass }) => {
        await one.lease("n1", ttlMs);
        await two.lease("n2", ttlMs);
        await one.put("n1", [session("s1", "alice", "idle")]);
        await pass(0);
        const told = watch(one);
        await one.put("n1", [session("s1", "alice", "idle")]);
        await one.remove("n1", [{ session: "unknown", quietMs: 0 }]);
        await two.remove("n2", [{ session: "s1", quietMs: 0 }]);
        await one.lease("n1", ttlMs);
        await pass(0);
        expect(told.take()).toEqual([]);
        expect(await idsOf(one, "alice")).toEqual(["s1"]);
      }),
    );

    it(
      "a listener that was undone, or whose store is closed, hears nothing",
      withPresence(async ({ nodes: [one, two], pass }) => {
        const [undone, closed] = [watch(one), watch(two)];
        undone.undo();
        await two.close();
        await one.lease("n1", ttlMs);
        await one.put("n1", [session("s1", "alice")]);
        await pass(0);
        expect([undone.take(), closed.take()]).toEqual([[], []]);
      }),
    );
  });
}
