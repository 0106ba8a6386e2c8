import { describe, expect, it } from "vitest";
import { PresenceReplica, type ReplicaLease, type ReplicaSession } from "./presence-replica.ts";

const lease = (life: string, at: number, more: Partial<ReplicaLease> = {}): ReplicaLease => ({
  life,
  at,
  ttlMs: 1_000,
  before: null,
  revision: 1,
  ...more,
});
const session = (user: string, life: string, more: Partial<ReplicaSession> = {}): ReplicaSession => ({
  session: `s-${user}`,
  user,
  device: "d1",
  activity: "active",
  node: "n1",
  life,
  at: 0,
  ...more,
});

function replica(): {
  readonly replica: PresenceReplica;
  told(): readonly string[];
  ids(user: string, now: number): string[];
} {
  const changed: string[] = [];
  const made = new PresenceReplica((user) => changed.push(user));
  return {
    replica: made,
    told: () => changed.splice(0),
    ids: (user, now) => made.of(user, now).sessions.map((each) => each.session),
  };
}

describe("the replica of presence", () => {
  it("I21: shows no session a moment after its lease, whether it was swept or not", () => {
    const { replica: made, ids } = replica();
    made.putLease("n1", lease("a", 5_000));
    made.putSession(session("alice", "a"));
    expect(ids("alice", 5_999)).toEqual(["s-alice"]);
    expect(ids("alice", 6_000)).toEqual([]);
    expect(made.of("alice", 6_000).seen).toBe(5_000);
  });

  it("I21: a renewal in time that arrives late brings back what was ended, and one that came too late does not", () => {
    const { replica: made, told, ids } = replica();
    made.putLease("n1", lease("a", 5_000));
    made.putSession(session("alice", "a"));
    told();
    expect(made.sweep(6_100)).toEqual(["n1"]);
    expect([told(), made.sweep(6_200)]).toEqual([["alice"], []]);
    made.putLease("n1", lease("a", 5_900, { before: { at: 5_000, until: 6_000 } }));
    expect([told(), ids("alice", 6_300)]).toEqual([["alice"], ["s-alice"]]);
    made.putLease("n1", lease("a", 7_500, { before: { at: 5_900, until: 6_900 } }));
    expect([told(), ids("alice", 7_500), made.of("alice", 7_500).seen]).toEqual([["alice"], [], 5_900]);
  });

  it("sessions that are read before their lease stand under it, and under no other", () => {
    const { replica: made, ids } = replica();
    made.putSession(session("alice", "a"));
    made.putSession(session("bob", "b"));
    expect(ids("alice", 5_000)).toEqual([]);
    made.putLease("n1", lease("b", 5_000));
    expect([ids("alice", 5_000), ids("bob", 5_000)]).toEqual([[], ["s-bob"]]);
    made.putSession(session("carol", "a"));
    expect(ids("carol", 5_000)).toEqual([]);
  });

  it("tells of what has changed and of nothing else", () => {
    const { replica: made, told } = replica();
    made.putLease("n1", lease("a", 5_000));
    made.putSession(session("alice", "a"));
    made.putSession(session("alice", "a", { at: 9 }));
    made.putLease("n1", lease("a", 5_500, { before: { at: 5_000, until: 6_000 } }));
    expect(told()).toEqual(["alice"]);
    made.putSession(session("alice", "a", { activity: "idle" }));
    made.deleteSession("n1", "unknown");
    expect(told()).toEqual(["alice"]);
    made.putLease("n1", lease("a", 5_600, { ttlMs: 0, before: { at: 5_500, until: 6_500 } }));
    expect([told(), made.sweep(9_000)]).toEqual([["alice"], []]);
    made.putLease("n1", lease("b", 9_000));
    expect(told()).toEqual([]);
  });

  it("forgets a dead node after a while", () => {
    const { replica: made } = replica();
    made.putLease("n1", lease("a", 5_000));
    made.putSession(session("alice", "a"));
    made.sweep(6_000);
    made.sweep(700_000);
    expect([made.lease("n1"), [...made.sessionsOf("n1")], made.of("alice", 700_000).seen]).toEqual([
      undefined,
      [],
      null,
    ]);
  });
});
