import { codeOf } from "../code-of.ts";
import type { Runner } from "../runner.ts";
import { idsOf, type PresenceStoreAdapter, session, type WithPresence } from "./adapter-under-test.ts";

/** Sessions live and end with their node's lease. */
export function leaseCases(
  { describe, it, expect }: Runner,
  withPresence: WithPresence,
  { ttlMs }: PresenceStoreAdapter,
): void {
  describe("leases", () => {
    it(
      "I21: an expired one ends all sessions of its node, and no others",
      withPresence(async ({ nodes: [one, two], pass }) => {
        await one.lease("n1", ttlMs);
        await two.lease("n2", 10 * ttlMs);
        await one.put("n1", [session("s1", "alice"), session("s2", "bob")]);
        await two.put("n2", [session("s3", "alice")]);
        await pass(2 * ttlMs);
        expect(await idsOf(two, "alice", "bob")).toEqual(["s3"]);
      }),
    );

    it(
      "I21: a renewed one keeps every session, and none of an earlier lease comes back",
      withPresence(async ({ nodes: [one], pass }) => {
        await one.lease("n1", ttlMs);
        await one.put("n1", [session("s1", "alice")]);
        for (let n = 0; n < 4; n++) {
          await pass(0.6 * ttlMs);
          await one.lease("n1", ttlMs);
          expect(await idsOf(one, "alice")).toEqual(["s1"]);
        }
        await pass(2 * ttlMs);
        await one.lease("n1", ttlMs);
        expect(await idsOf(one, "alice")).toEqual([]);
      }),
    );

    it(
      "I21: none of its sessions is shown on any node once it has expired, whether somebody swept or not",
      withPresence(async ({ nodes, pass }) => {
        const [one, two] = nodes;
        await two.lease("n2", 10 * ttlMs);
        await two.put("n2", [session("s2", "bob")]);
        await one.lease("n1", ttlMs);
        await one.put("n1", [session("s1", "alice")]);
        await pass(0.5 * ttlMs);
        for (const node of nodes) expect(await idsOf(node, "alice", "bob")).toEqual(["s1", "s2"]);
        await pass(0.7 * ttlMs);
        for (const node of nodes) expect(await idsOf(node, "alice", "bob")).toEqual(["s2"]);
        // It stood still, and wakes: nothing of its own is there any more, and nothing is removed twice.
        expect(await codeOf(one.put("n1", [session("s1", "alice", "idle")]))).toBe("conflict");
        await one.remove("n1", [{ session: "s1", quietMs: 0 }]);
        await one.lease("n1", ttlMs);
        expect(await idsOf(two, "alice")).toEqual([]);
        await one.put("n1", [session("s1", "alice")]);
        expect(await idsOf(two, "alice")).toEqual(["s1"]);
      }),
    );

    it(
      "one that is renewed for a shorter time ends by then",
      withPresence(async ({ nodes: [one, two], pass }) => {
        await one.lease("n1", 20 * ttlMs);
        await one.put("n1", [session("s1", "alice")]);
        await one.lease("n1", ttlMs);
        expect(await idsOf(two, "alice")).toEqual(["s1"]);
        await pass(1.5 * ttlMs);
        expect(await idsOf(two, "alice")).toEqual([]);
      }),
    );

    it(
      "belong to names, each to one: those of two lives of a node are apart",
      withPresence(async ({ nodes: [one, two], pass }) => {
        const names = ["n1~0a", "n1~0b", "n1", "n10"];
        for (const [n, name] of names.entries()) {
          await one.lease(name, n === 1 ? 20 * ttlMs : ttlMs);
          await one.put(name, [session(`s${n}`, "alice")]);
        }
        const [alice] = await two.of(["alice"]);
        expect(alice?.sessions.map((each) => [each.session, each.node]).sort()).toEqual([
          ["s0", "n1~0a"],
          ["s1", "n1~0b"],
          ["s2", "n1"],
          ["s3", "n10"],
        ]);
        await one.remove("n1", [{ session: "s0", quietMs: 0 }]);
        await one.lease("n1", 0);
        expect(await idsOf(two, "alice")).toEqual(["s0", "s1", "s3"]);
        await pass(2 * ttlMs);
        expect(await idsOf(two, "alice")).toEqual(["s1"]);
      }),
    );

    it(
      "are renewed and given up by whichever end names them",
      withPresence(async ({ nodes: [one, two], pass }) => {
        await one.lease("n1", ttlMs);
        await one.put("n1", [session("s1", "alice")]);
        await pass(0.6 * ttlMs);
        await two.lease("n1", ttlMs);
        await pass(0.6 * ttlMs);
        expect(await idsOf(one, "alice")).toEqual(["s1"]);
        await two.lease("n1", 0);
        expect(await idsOf(one, "alice")).toEqual([]);
      }),
    );

    it(
      "one of 0 ms is given up at once, with its sessions",
      withPresence(async ({ nodes: [one, two] }) => {
        await one.lease("n1", ttlMs);
        await one.put("n1", [session("s1", "alice")]);
        await one.lease("n1", 0);
        expect(await idsOf(two, "alice")).toEqual([]);
        expect(await codeOf(one.put("n1", [session("s1", "alice")]))).toBe("conflict");
      }),
    );

    it(
      "one of a closed store is left to run out",
      withPresence(async ({ nodes: [one, two], pass }) => {
        await one.lease("n1", ttlMs);
        await one.put("n1", [session("s1", "alice")]);
        await one.close();
        expect(await idsOf(two, "alice")).toEqual(["s1"]);
        await pass(2 * ttlMs);
        expect(await idsOf(two, "alice")).toEqual([]);
      }),
    );
  });
}
