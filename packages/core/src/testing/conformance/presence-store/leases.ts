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
