import { LIMITS, type ReceiptFrame } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { encode } from "../codec/encode.ts";
import type { EncodedFrames } from "../ports/transport.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { Receipts } from "./receipts.ts";
import type { Signal } from "./signal.ts";
import { type HeldEvents, Subscriptions } from "./subscriptions.ts";

class Recorder {
  readonly user: string;
  readonly signals: Signal[] = [];

  constructor(user: string) {
    this.user = user;
  }

  signal(signal: Signal): void {
    this.signals.push(signal);
  }

  /** [c, user, delivered, read] of what it was told. */
  get told(): readonly unknown[] {
    return this.signals.map(({ frame }) => {
      const { c, user, delivered, read } = JSON.parse(frame.texts[0] ?? "") as ReceiptFrame;
      return [c, user, delivered, read];
    });
  }
}

const HEAD = { epoch: "e1", head: 90 };
const FEW = 3;

function receiptsOf(...users: string[]) {
  const clock = new ManualClock();
  const subscriptions = new Subscriptions<Recorder, HeldEvents>({ subscriptionsMax: 9, subscribingEventsMax: 9 });
  const sessions = users.map((user) => new Recorder(user));
  const encoded: EncodedFrames[] = [];
  const receipts = new Receipts<Recorder>({
    clock,
    subscriptions,
    sessionsOf: (user) => sessions.filter((session) => session.user === user),
    encode: (frame) => {
      encoded.push(encode(frame));
      return encoded.at(-1) as EncodedFrames;
    },
  });
  const subscribe = (session: Recorder) => subscriptions.activate(subscriptions.open(session, "c1"), HEAD);
  const tell = (user: string, delivered: number, read: number, members = FEW) =>
    receipts.tell("c1", user, { delivered, read, rose: true, members });
  return { clock, subscriptions, receipts, sessions, encoded, subscribe, tell };
}

describe("Receipts", () => {
  it("tells the other subscribers, and all of the user's own sessions once, in one encoding", () => {
    const { clock, sessions, encoded, subscribe, tell } = receiptsOf("alice", "alice", "bob", "carol");
    const [phone, desk, bob, carol] = sessions as [Recorder, Recorder, Recorder, Recorder];
    for (const session of [phone, bob]) subscribe(session);
    tell("alice", 7, 5);
    clock.finishTurn();
    for (const session of [phone, desk, bob]) expect(session.told).toEqual([["c1", "alice", 7, 5]]);
    expect(carol.told).toEqual([]);
    expect(encoded).toHaveLength(1);
    expect(desk.signals[0]?.frame).toBe(bob.signals[0]?.frame);
  });

  it("I14: above the receipt limit too, lets what subscribed says never fall below one's own receipt", () => {
    const { clock, receipts, sessions, subscriptions, tell } = receiptsOf("alice", "bob");
    const [alice] = sessions as [Recorder];
    const opening = subscriptions.open(alice, "c1");
    tell("alice", 24, 20, LIMITS.receiptMembersMax + 1);
    tell("bob", 30, 30, LIMITS.receiptMembersMax + 1);
    clock.finishTurn();
    expect(alice.told).toEqual([["c1", "alice", 24, 20]]);
    subscriptions.activate(opening, HEAD);
    expect(receipts.known("c1", [["alice", 23, 20]])).toEqual([["alice", 24, 20]]);
    // Nobody listens for bob, who is not remembered.
    expect(receipts.known("c1", [["bob", 1, 1]])).toEqual([["bob", 1, 1]]);
  });

  it("merges what rises within one turn", () => {
    const { clock, sessions, subscribe, tell } = receiptsOf("alice", "bob");
    const [alice, bob] = sessions as [Recorder, Recorder];
    subscribe(bob);
    tell("alice", 5, 3);
    tell("alice", 7, 3);
    tell("bob", 2, 2);
    tell("alice", 7, 6);
    clock.finishTurn();
    expect(bob.told).toEqual([
      ["c1", "alice", 7, 6],
      ["c1", "bob", 2, 2],
    ]);
    expect(alice.told).toEqual([["c1", "alice", 7, 6]]);
  });

  it("S48: above the receipt limit tells the user's own sessions alone", () => {
    const { clock, sessions, subscribe, tell } = receiptsOf("alice", "bob");
    const [alice, bob] = sessions as [Recorder, Recorder];
    subscribe(bob);
    tell("alice", 5, 5, LIMITS.receiptMembersMax);
    clock.finishTurn();
    tell("alice", 6, 6, LIMITS.receiptMembersMax + 1);
    clock.finishTurn();
    expect(bob.told).toEqual([["c1", "alice", 5, 5]]);
    expect(alice.told).toEqual([
      ["c1", "alice", 5, 5],
      ["c1", "alice", 6, 6],
    ]);
  });

  it("I14: tells nobody less than somebody was told before, also by subscribed", () => {
    const { clock, receipts, sessions, subscribe, tell } = receiptsOf("alice", "bob");
    const bob = sessions[1] as Recorder;
    subscribe(bob);
    expect(receipts.known("c1", [["alice", 9, 4]])).toEqual([["alice", 9, 4]]);
    // A write that was slower than the read after it.
    tell("alice", 7, 5);
    clock.finishTurn();
    expect(bob.told).toEqual([["c1", "alice", 9, 5]]);
    expect(receipts.known("c1", [["alice", 8, 3]])).toEqual([["alice", 9, 5]]);
  });

  it("I14: who is subscribing finds in subscribed what is told meanwhile", () => {
    const { clock, receipts, subscriptions, sessions, tell } = receiptsOf("alice", "bob");
    const bob = sessions[1] as Recorder;
    const opening = subscriptions.open(bob, "c1");
    tell("alice", 7, 7);
    clock.finishTurn();
    expect(bob.told).toEqual([]);
    expect(receipts.known("c1", [["alice", 2, 2]])).toEqual([["alice", 7, 7]]);
    subscriptions.activate(opening, HEAD);
  });

  it("I25: remembers nothing of a conversation that nobody subscribed to", () => {
    const { clock, receipts, subscriptions, sessions, subscribe, tell } = receiptsOf("alice", "bob");
    const bob = sessions[1] as Recorder;
    tell("alice", 9, 9);
    clock.finishTurn();
    subscribe(bob);
    expect(receipts.known("c1", [["alice", 2, 2]])).toEqual([["alice", 2, 2]]);
    subscriptions.end(bob, "c1");
    expect(subscriptions.of("c1")).toBe(undefined);
  });
});
