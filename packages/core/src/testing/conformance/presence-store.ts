import type { UserId } from "@earshot/protocol";
import type { PresenceSession, PresenceStore } from "../../ports/presence-store.ts";
import { codeOf } from "./code-of.ts";
import type { Runner } from "./runner.ts";
import { portTraits } from "./traits.ts";

export interface PresenceStoreUnderTest {
  /** Two nodes' ends of one presence store, not open yet. */
  readonly nodes: readonly [PresenceStore, PresenceStore];
  /** Lets `ms` pass on the store's own clock, and what falls due happen. */
  pass(ms: number): Promise<void>;
  /** Closes what is still open, and removes what was left behind. */
  destroy(): Promise<void>;
}

export interface PresenceStoreAdapter {
  /** A presence store of its own for each call. */
  create(): Promise<PresenceStoreUnderTest>;
  /** A lease that can be waited for, in ms. */
  readonly ttlMs: number;
}

/** Every promise of the `PresenceStore` port, one case each. */
export function presenceStoreSuite(runner: Runner, adapter: PresenceStoreAdapter): void {
  const { describe, it, expect } = runner;
  const { ttlMs } = adapter;
  const withPresence = (run: (presence: PresenceStoreUnderTest) => Promise<void>) => async () => {
    const presence = await adapter.create();
    try {
      for (const node of presence.nodes) await node.open();
      await run(presence);
    } finally {
      await presence.destroy();
    }
  };
  const idsOf = async (store: PresenceStore, ...users: UserId[]) =>
    (await store.of(users)).map(({ session }) => session).sort();

  portTraits(
    runner,
    async () => {
      const { nodes, destroy } = await adapter.create();
      return { port: nodes[0], destroy };
    },
    {
      lease: (store) => store.lease("n1", ttlMs),
      put: (store) => store.put("n1", []),
      remove: (store) => store.remove("n1", []),
      of: (store) => store.of(["alice"]),
    },
  );

  describe("sessions", () => {
    it(
      "are found on every node, with where they are, until they are removed",
      withPresence(async ({ nodes: [one, two] }) => {
        await one.lease("n1", ttlMs);
        await two.lease("n2", ttlMs);
        await one.put("n1", [session("s1", "alice"), session("s2", "bob")]);
        await two.put("n2", [session("s3", "alice")]);
        const found = await two.of(["alice"]);
        expect([...found].sort((a, b) => (a.session < b.session ? -1 : 1))).toEqual([
          { session: "s1", user: "alice", device: "d-s1", node: "n1" },
          { session: "s3", user: "alice", device: "d-s3", node: "n2" },
        ]);
        expect(await idsOf(one, "bob", "carol")).toEqual(["s2"]);
        expect(await one.of([])).toEqual([]);
        await one.remove("n1", ["s1", "unknown"]);
        expect(await idsOf(two, "alice", "bob")).toEqual(["s2", "s3"]);
      }),
    );

    it(
      "are removed by the node that put them alone",
      withPresence(async ({ nodes: [one, two] }) => {
        await one.lease("n1", ttlMs);
        await two.lease("n2", ttlMs);
        await one.put("n1", [session("s1", "alice")]);
        await two.remove("n2", ["s1"]);
        expect(await idsOf(one, "alice")).toEqual(["s1"]);
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

  describe("changes", () => {
    it(
      "are told on every node: added, removed, expired, given up",
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
        await one.remove("n1", ["s1"]);
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
      "a repeated put, and the removal of an unknown session, change nothing and tell nobody",
      withPresence(async ({ nodes: [one], pass }) => {
        await one.lease("n1", ttlMs);
        await one.put("n1", [session("s1", "alice")]);
        await pass(0);
        const told = watch(one);
        await one.put("n1", [session("s1", "alice")]);
        await one.remove("n1", ["unknown"]);
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

function session(id: string, user: UserId): PresenceSession {
  return { session: id, user, device: `d-${id}` };
}

/** What a node was told since it was last asked: each user once, sorted. */
function watch(store: PresenceStore): { take(): UserId[]; undo(): void } {
  const users = new Set<UserId>();
  const undo = store.onChange((changed) => {
    for (const user of changed) users.add(user);
  });
  return {
    take: () => {
      const taken = [...users].sort();
      users.clear();
      return taken;
    },
    undo,
  };
}
