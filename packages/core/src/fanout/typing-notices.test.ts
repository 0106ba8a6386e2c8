import { LIMITS, type TypingNoticeFrame } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { encode } from "../codec/encode.ts";
import type { Said, Topic } from "../ports/bus.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import type { Signal } from "./signal.ts";
import { type HeldEvents, Subscriptions } from "./subscriptions.ts";
import { TypingNotices } from "./typing-notices.ts";

const MANY = LIMITS.receiptMembersMax + 1;

class Recorder {
  readonly user: string;
  readonly signals: Signal[] = [];

  constructor(user: string) {
    this.user = user;
  }

  signal(signal: Signal): void {
    this.signals.push(signal);
  }

  /** Users, or counts, that it was told of. */
  get told(): readonly unknown[] {
    return this.signals.map(({ frame }) => {
      const { user, count } = JSON.parse(frame.texts[0] ?? "") as TypingNoticeFrame;
      return user ?? count;
    });
  }
}

function noticesOf(typistsCountedMax = 100) {
  const clock = new ManualClock();
  const subscriptions = new Subscriptions<Recorder, HeldEvents>({ subscriptionsMax: 9, subscribingEventsMax: 9 });
  const published: (readonly [readonly Topic[], Said])[] = [];
  const tellNodes = (topics: readonly Topic[], said: Said) => void published.push([topics, said]);
  const limits = { typistsCountedMax };
  const notices = new TypingNotices<Recorder>({ clock, limits, subscriptions, encode, tellNodes });
  const subscriber = (user: string, c = "c1") => {
    const session = new Recorder(user);
    subscriptions.activate(subscriptions.open(session, c), { epoch: "e1", head: 1 });
    return session;
  };
  return { clock, subscriptions, notices, published, subscriber };
}

describe("TypingNotices", () => {
  it("tells the other subscribers by name, once a turn, and never the typist's own sessions", () => {
    const { clock, notices, subscriptions, subscriber } = noticesOf();
    const [desk, bob, carol] = [subscriber("alice"), subscriber("bob"), subscriber("carol", "c2")];
    const opening = new Recorder("dave");
    subscriptions.open(opening, "c1");
    notices.tell("c1", "alice", LIMITS.receiptMembersMax);
    notices.tell("c1", "alice", LIMITS.receiptMembersMax);
    clock.finishTurn();
    expect(bob.told).toEqual(["alice"]);
    expect([desk.told, carol.told, opening.told]).toEqual([[], [], []]);
    expect(bob.signals[0]?.key).toBe(null);
  });

  it("S48: above the receipt limit tells how many others, once a second at most, encoded once for all", async () => {
    const { clock, notices, subscriber } = noticesOf();
    const [bob, carol, typist] = [subscriber("bob"), subscriber("carol"), subscriber("t1")];
    for (const user of ["t1", "t2", "t3", "t2"]) notices.tell("c1", user, MANY);
    await clock.advance(999);
    expect(bob.told).toEqual([]);
    await clock.advance(1);
    expect([bob.told, carol.told, typist.told]).toEqual([[3], [3], [2]]);
    expect(bob.signals[0]?.frame).toBe(carol.signals[0]?.frame);
    for (let ms = 0; ms < 3_000; ms += 100) {
      notices.tell("c1", `u${ms}`, MANY);
      await clock.advance(100);
    }
    expect(bob.told).toEqual([3, 13, 23, 33]);
  });

  it("I20: counts nobody for longer than a typing is shown, says nothing where there is no news, and ends", async () => {
    const { clock, notices, subscriber } = noticesOf();
    const bob = subscriber("bob");
    notices.tell("c1", "t1", MANY);
    await clock.advance(4_900);
    expect(bob.told).toEqual([1]);
    notices.tell("c1", "t2", MANY);
    await clock.advance(1_000);
    // t1 has typed 5.9 s ago.
    expect(bob.told).toEqual([1, 1]);
    await clock.advance(20_000);
    expect(bob.told).toEqual([1, 1]);
    expect([notices.size, clock.pending]).toEqual([0, 0]);
  });

  it("tells nobody that they type alone", async () => {
    const { clock, notices, subscriber } = noticesOf();
    const alice = subscriber("alice");
    notices.tell("c1", "alice", MANY);
    await clock.advance(2_000);
    expect(alice.told).toEqual([]);
  });

  it("counts no more users, and no more conversations, than its bound", async () => {
    const { clock, notices, subscriber } = noticesOf(2);
    const [one, two, three] = [subscriber("bob", "c1"), subscriber("bob", "c2"), subscriber("bob", "c3")];
    for (const user of ["t1", "t2", "t3", "t1"]) notices.tell("c1", user, MANY);
    notices.tell("c2", "t1", MANY);
    notices.tell("c3", "t1", MANY);
    expect(notices.size).toBe(2);
    await clock.advance(1_000);
    expect([one.told, two.told, three.told]).toEqual([[2], [1], []]);
  });

  it("I25: forgets what nobody listens to any longer, and everything when it is stopped", async () => {
    const { clock, notices, subscriptions, subscriber } = noticesOf();
    const bob = subscriber("bob");
    notices.tell("c1", "t1", MANY);
    subscriptions.leave(bob);
    await clock.advance(1_000);
    expect([notices.size, clock.pending]).toEqual([0, 0]);
    notices.tell("c1", "t1", MANY);
    notices.stop();
    expect([notices.size, clock.pending]).toEqual([0, 0]);
  });

  it("tells other nodes, whoever listens here, and sends on nothing that it heard from them", () => {
    const { clock, notices, published, subscriber } = noticesOf();
    notices.tell("c1", "alice", 3);
    expect(published).toEqual([[["c:c1"], { kind: "typing", c: "c1", user: "alice", members: 3 }]]);
    const bob = subscriber("bob");
    notices.heard({ c: "c1", user: "carol", members: 3 });
    notices.heard({ c: "c1", user: "bob", members: 3 });
    clock.finishTurn();
    expect([bob.told, published.length]).toEqual([["alice", "carol"], 1]);
  });

  it("S48: counts who types elsewhere with those who do here", async () => {
    const { clock, notices, subscriber } = noticesOf();
    const bob = subscriber("bob");
    notices.tell("c1", "alice", MANY);
    notices.heard({ c: "c1", user: "carol", members: MANY });
    notices.heard({ c: "c1", user: "alice", members: MANY });
    await clock.advance(1_000);
    expect(bob.told).toEqual([2]);
    notices.stop();
  });
});
