import { codeOf } from "../code-of.ts";
import type { Runner } from "../runner.ts";
import { idsOf, type PresenceStoreAdapter, session, type WithPresence } from "./adapter-under-test.ts";

/** Who is here, and where. */
export function sessionCases(
  { describe, it, expect }: Runner,
  withPresence: WithPresence,
  { ttlMs }: PresenceStoreAdapter,
): void {
  describe("sessions", () => {
    it(
      "are found on every node, with where they are, until they are removed",
      withPresence(async ({ nodes: [one, two] }) => {
        await one.lease("n1", ttlMs);
        await two.lease("n2", ttlMs);
        await one.put("n1", [session("s1", "alice"), session("s2", "bob", "invisible")]);
        await two.put("n2", [session("s3", "alice", "idle")]);
        const [alice] = await two.of(["alice"]);
        expect([...(alice?.sessions ?? [])].sort((a, b) => (a.session < b.session ? -1 : 1))).toEqual([
          { session: "s1", user: "alice", device: "d-s1", activity: "active", node: "n1" },
          { session: "s3", user: "alice", device: "d-s3", activity: "idle", node: "n2" },
        ]);
        expect(await one.of(["bob"])).toEqual([
          {
            user: "bob",
            sessions: [{ session: "s2", user: "bob", device: "d-s2", activity: "invisible", node: "n1" }],
            seen: null,
          },
        ]);
        await one.remove("n1", [
          { session: "s1", quietMs: 0 },
          { session: "unknown", quietMs: 0 },
        ]);
        expect(await idsOf(two, "alice", "bob")).toEqual(["s2", "s3"]);
      }),
    );

    it(
      "are given for each user asked for, in that order, unknown and repeated ones too",
      withPresence(async ({ nodes: [one] }) => {
        await one.lease("n1", ttlMs);
        await one.put("n1", [session("s1", "alice"), session("s2", "bob")]);
        const found = await one.of(["carol", "bob", "alice", "bob"]);
        expect(found.map(({ user, sessions }) => [user, sessions.map((each) => each.session)])).toEqual([
          ["carol", []],
          ["bob", ["s2"]],
          ["alice", ["s1"]],
          ["bob", ["s2"]],
        ]);
        expect(found[0]).toEqual({ user: "carol", sessions: [], seen: null });
        expect(await one.of([])).toEqual([]);
      }),
    );

    it(
      "are removed by the node that put them alone",
      withPresence(async ({ nodes: [one, two] }) => {
        await one.lease("n1", ttlMs);
        await two.lease("n2", ttlMs);
        await one.put("n1", [session("s1", "alice")]);
        await two.remove("n2", [{ session: "s1", quietMs: 0 }]);
        expect(await idsOf(one, "alice")).toEqual(["s1"]);
        expect((await one.of(["alice"]))[0]?.seen).toBe(null);
      }),
    );

    it(
      "change their activity by another put, and nothing else",
      withPresence(async ({ nodes: [one, two] }) => {
        await one.lease("n1", ttlMs);
        await one.put("n1", [session("s1", "alice"), session("s2", "alice")]);
        await one.put("n1", [session("s1", "alice", "idle")]);
        const [alice] = await two.of(["alice"]);
        expect((alice?.sessions ?? []).map((each) => [each.session, each.activity, each.node]).sort()).toEqual([
          ["s1", "idle", "n1"],
          ["s2", "active", "n1"],
        ]);
      }),
    );

    it(
      "need a lease that stands",
      withPresence(async ({ nodes: [one, two], pass }) => {
        expect(await codeOf(one.put("n1", [session("s1", "alice")]))).toBe("conflict");
        await one.lease("n1", ttlMs);
        expect(await codeOf(two.put("n2", [session("s2", "alice")]))).toBe("conflict");
        await pass(2 * ttlMs);
        expect(await codeOf(one.put("n1", [session("s1", "alice")]))).toBe("conflict");
        expect(await idsOf(one, "alice")).toEqual([]);
        await one.lease("n1", ttlMs);
        await one.put("n1", [session("s1", "alice")]);
        expect(await idsOf(two, "alice")).toEqual(["s1"]);
      }),
    );

    it(
      "come and go a thousand at once, and of one user on many nodes at the same time",
      withPresence(async ({ nodes: [one, two] }) => {
        await one.lease("n1", 20 * ttlMs);
        await two.lease("n2", 20 * ttlMs);
        const users = Array.from({ length: 1_000 }, (_, n) => `u${n}`);
        const of = (name: string) => users.map((user) => session(`${name}-${user}`, user));
        await Promise.all([one.put("n1", of("a")), two.put("n2", of("b")), one.put("n1", of("c"))]);
        const count = async (store: typeof one) =>
          (await store.of(users)).map(({ user, sessions }) => [user, sessions.length]);
        expect(await count(two)).toEqual(users.map((user) => [user, 3]));
        const gone = users.map((user) => ({ session: `a-${user}`, quietMs: 0 }));
        await Promise.all([one.remove("n1", gone), two.put("n2", of("d"))]);
        expect(await count(one)).toEqual(users.map((user) => [user, 3]));
        expect(await idsOf(one, "u999")).toEqual(["b-u999", "c-u999", "d-u999"]);
      }),
    );

    it(
      "of users with odd names are their own",
      withPresence(async ({ nodes: [one] }) => {
        const users = ["constructor", "__proto__", "a:b", "a|b", "A", "a"];
        await one.lease("n1", ttlMs);
        await one.put(
          "n1",
          users.map((user, n) => session(`s${n}`, user)),
        );
        for (const [n, user] of users.entries()) expect(await idsOf(one, user), user).toEqual([`s${n}`]);
      }),
    );
  });
}
