import { describe, expect, it } from "vitest";
import { type HeldEvents, Subscriptions } from "./subscriptions.ts";

interface Session {
  readonly user: string;
}

const eventsOf = (...seqs: number[]): HeldEvents => ({ epoch: "e1", events: seqs.map((seq) => ({ row: { seq } })) });
const HEAD = { epoch: "e1", head: 5 };

function subscriptionsOf(limits: { subscriptionsMax?: number; subscribingEventsMax?: number } = {}) {
  return new Subscriptions<Session, HeldEvents>({ subscriptionsMax: 3, subscribingEventsMax: 4, ...limits });
}

describe("Subscriptions", () => {
  it("knows who subscribed, once their rights are known", () => {
    const subscriptions = subscriptionsOf();
    const alice = { user: "alice" };
    const opening = subscriptions.open(alice, "c1");
    expect(subscriptions.of("c1")?.sessions.get(alice)?.active).toBe(false);
    expect(subscriptions.activate(opening, HEAD)).toEqual({ stands: true, held: [], lost: false, life: null });
    expect(subscriptions.of("c1")?.sessions.get(alice)?.active).toBe(true);
    subscriptions.end(alice, "c1");
    expect([subscriptions.of("c1"), subscriptions.size, subscriptions.countOf(alice)]).toEqual([undefined, 0, 0]);
  });

  it("S45: takes as many a session as the bound, each once, and refuses one more until one ends", () => {
    const subscriptions = subscriptionsOf({ subscriptionsMax: 2 });
    const [alice, bob] = [{ user: "alice" }, { user: "bob" }];
    for (const c of ["c1", "c2", "c1"]) subscriptions.open(alice, c);
    expect(() => subscriptions.open(alice, "c3")).toThrow(expect.objectContaining({ code: "too_large" }));
    subscriptions.open(bob, "c3");
    subscriptions.end(alice, "c1");
    subscriptions.open(alice, "c3");
    expect([subscriptions.size, subscriptions.countOf(alice)]).toEqual([3, 2]);
  });

  it("gives what came while it was opened", () => {
    const subscriptions = subscriptionsOf();
    const opening = subscriptions.open({ user: "alice" }, "c1");
    subscriptions.hold(opening, eventsOf(5, 6), false);
    subscriptions.hold(opening, eventsOf(7), true);
    const held = [
      { events: eventsOf(5, 6), unasked: false },
      { events: eventsOf(7), unasked: true },
    ];
    expect(subscriptions.activate(opening, HEAD)).toEqual({ stands: true, held, lost: false, life: null });
  });

  it("I17: goes on in another life of the log, where its user is a member", () => {
    const subscriptions = subscriptionsOf();
    const [alice, bob, carol] = [{ user: "alice" }, { user: "bob" }, { user: "carol" }];
    subscriptions.activate(subscriptions.open(alice, "c1"), HEAD);
    const opening = subscriptions.open(bob, "c1");
    const doomed = subscriptions.open(carol, "c1");
    subscriptions.removed("c1", bob, 9);
    subscriptions.of("c1")?.told.set("alice", { delivered: 5, read: 5 });
    subscriptions.anew(
      "c1",
      "e2",
      new Map([
        ["alice", 3],
        ["bob", 1],
      ]),
    );
    subscriptions.removed("c1", carol, Number.MAX_SAFE_INTEGER);
    expect(subscriptions.of("c1")?.sessions.get(alice)?.from).toEqual({ epoch: "e2", head: 2 });
    const held = { epoch: "e2", events: [{ row: { seq: 2 } }] };
    subscriptions.hold(opening, held, false);
    // What was read before says nothing of the life that has begun since.
    expect(subscriptions.activate(opening, HEAD)).toEqual({
      stands: true,
      held: [{ events: held, unasked: false }],
      lost: false,
      life: { epoch: "e2", head: 0 },
    });
    expect(subscriptions.activate(doomed, HEAD).stands).toBe(false);
    expect([subscriptions.of("c1")?.epoch, subscriptions.of("c1")?.told.size]).toEqual(["e2", 0]);
  });

  it("holds no more than its bound, and says that something was lost", () => {
    const subscriptions = subscriptionsOf({ subscribingEventsMax: 4 });
    const opening = subscriptions.open({ user: "alice" }, "c1");
    subscriptions.hold(opening, eventsOf(6, 7, 8, 9), false);
    expect(opening.opening?.held).toHaveLength(1);
    for (let seq = 10; seq < 30; seq++) subscriptions.hold(opening, eventsOf(seq), false);
    expect(opening.opening?.held).toEqual([]);
    expect(subscriptions.activate(opening, HEAD)).toEqual({ stands: true, held: [], lost: true, life: null });
    // The next time nothing is.
    expect(subscriptions.activate(subscriptions.open(opening.session, "c1"), HEAD).lost).toBe(false);
  });

  it("I17: a removal ends what stands at once, and only that user's", () => {
    const subscriptions = subscriptionsOf();
    const [phone, desk, bob] = [{ user: "alice" }, { user: "alice" }, { user: "bob" }];
    for (const session of [phone, desk, bob]) subscriptions.activate(subscriptions.open(session, "c1"), HEAD);
    for (const session of [phone, desk]) subscriptions.removed("c1", session, 6);
    expect([...(subscriptions.of("c1")?.sessions.keys() ?? [])]).toEqual([bob]);
  });

  it("I17: a removal above the head that was read ends what is being opened; one below it was seen by it", () => {
    for (const [removedAt, stands] of [
      [6, false],
      [5, true],
    ] as const) {
      const subscriptions = subscriptionsOf();
      const alice = { user: "alice" };
      const opening = subscriptions.open(alice, "c1");
      subscriptions.removed("c1", alice, removedAt);
      expect(subscriptions.activate(opening, HEAD).stands).toBe(stands);
      expect(subscriptions.size).toBe(stands ? 1 : 0);
    }
  });

  it("gives up what was begun when rights cannot be had, unless another stands for it", () => {
    const subscriptions = subscriptionsOf();
    const alice = { user: "alice" };
    const [one, two] = [subscriptions.open(alice, "c1"), subscriptions.open(alice, "c1")];
    subscriptions.abandon(one);
    expect(subscriptions.size).toBe(1);
    expect(subscriptions.activate(two, HEAD).stands).toBe(true);
    subscriptions.abandon(subscriptions.open(alice, "c1"));
    expect(subscriptions.size).toBe(1);
    subscriptions.end(alice, "c1");
    subscriptions.abandon(subscriptions.open(alice, "c1"));
    expect(subscriptions.size).toBe(0);
  });

  it("I25: keeps nothing of a session that has ended, nor lets it come in late", () => {
    const subscriptions = subscriptionsOf();
    const alice = { user: "alice" };
    subscriptions.activate(subscriptions.open(alice, "c1"), HEAD);
    const late = subscriptions.open(alice, "c2");
    subscriptions.leave(alice);
    subscriptions.leave(alice);
    expect(subscriptions.activate(late, HEAD).stands).toBe(false);
    expect([subscriptions.size, subscriptions.of("c1"), subscriptions.of("c2")]).toEqual([0, undefined, undefined]);
  });

  it("keeps nothing of a conversation that is no more", () => {
    const subscriptions = subscriptionsOf();
    const [alice, bob] = [{ user: "alice" }, { user: "bob" }];
    subscriptions.activate(subscriptions.open(alice, "c1"), HEAD);
    const opening = subscriptions.open(bob, "c1");
    subscriptions.activate(subscriptions.open(bob, "c2"), HEAD);
    subscriptions.gone("c1");
    expect(subscriptions.activate(opening, HEAD).stands).toBe(false);
    expect([subscriptions.size, subscriptions.of("c1")]).toEqual([1, undefined]);
  });

  it("forgets what was told when the log begins another life", () => {
    const subscriptions = subscriptionsOf();
    const alice = { user: "alice" };
    subscriptions.activate(subscriptions.open(alice, "c1"), HEAD);
    subscriptions.of("c1")?.told.set("bob", { delivered: 5, read: 5 });
    subscriptions.activate(subscriptions.open(alice, "c1"), { epoch: "e1", head: 6 });
    expect(subscriptions.of("c1")?.told.size).toBe(1);
    subscriptions.activate(subscriptions.open(alice, "c1"), { epoch: "e2", head: 2 });
    expect(subscriptions.of("c1")?.told.size).toBe(0);
  });
});
