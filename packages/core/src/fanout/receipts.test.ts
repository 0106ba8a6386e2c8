import { LIMITS, type ReceiptFrame } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { encode } from "../codec/encode.ts";
import type { Said, Topic } from "../ports/bus.ts";
import type { EncodedFrames } from "../ports/transport.ts";
import { silentLogger } from "../system/silent-logger.ts";
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
  const published: (readonly [readonly Topic[], Said])[] = [];
  const risen: string[] = [];
  const lives = { now: HEAD.epoch as string | null, seen: [] as string[] };
  const stored = { watermarks: [] as (readonly [string, number, number])[], more: false, reads: 0 };
  const store = {
    receipts: async () => {
      stored.reads++;
      return { delivered: 0, read: 0, users: stored.watermarks, cursor: "", more: stored.more };
    },
  };
  const receipts = new Receipts<Recorder>({
    clock,
    store,
    logger: silentLogger,
    limits: { rememberedMax: 10 },
    subscriptions,
    tellNodes: (topics, said) => published.push([topics, said]),
    risen: (c) => risen.push(c),
    life: () => lives.now,
    seen: (_c, epoch) => lives.seen.push(epoch),
    sessionsOf: (user) => sessions.filter((session) => session.user === user),
    encode: (frame) => {
      encoded.push(encode(frame));
      return encoded.at(-1) as EncodedFrames;
    },
  });
  const subscribe = (session: Recorder) => subscriptions.activate(subscriptions.open(session, "c1"), HEAD);
  const tell = (user: string, delivered: number, read: number, members = FEW, epoch = HEAD.epoch) =>
    receipts.tell("c1", user, { epoch, delivered, read, rose: true, members });
  return { lives, clock, subscriptions, receipts, sessions, encoded, published, risen, stored, subscribe, tell };
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
    tell("carol", 30, 30, LIMITS.receiptMembersMax + 1);
    clock.finishTurn();
    expect(alice.told).toEqual([["c1", "alice", 24, 20]]);
    subscriptions.activate(opening, HEAD);
    expect(receipts.known("c1", HEAD.epoch, [["alice", 23, 20]])).toEqual([["alice", 24, 20]]);
    // Nobody is told of carol, who is not remembered.
    expect(receipts.known("c1", HEAD.epoch, [["carol", 1, 1]])).toEqual([["carol", 1, 1]]);
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
    expect(receipts.known("c1", HEAD.epoch, [["alice", 9, 4]])).toEqual([["alice", 9, 4]]);
    // A write that was slower than the read after it.
    tell("alice", 7, 5);
    clock.finishTurn();
    expect(bob.told).toEqual([["c1", "alice", 9, 5]]);
    expect(receipts.known("c1", HEAD.epoch, [["alice", 8, 3]])).toEqual([["alice", 9, 5]]);
  });

  it("I14: who is subscribing finds in subscribed what is told meanwhile", () => {
    const { clock, receipts, subscriptions, sessions, tell } = receiptsOf("alice", "bob");
    const bob = sessions[1] as Recorder;
    const opening = subscriptions.open(bob, "c1");
    tell("alice", 7, 7);
    clock.finishTurn();
    expect(bob.told).toEqual([]);
    expect(receipts.known("c1", HEAD.epoch, [["alice", 2, 2]])).toEqual([["alice", 7, 7]]);
    subscriptions.activate(opening, HEAD);
  });

  it("I25: remembers of a conversation that nobody subscribed to who is here alone, and no more of them than it may", () => {
    const { receipts, subscriptions, sessions, subscribe, tell } = receiptsOf("alice", "bob");
    const bob = sessions[1] as Recorder;
    tell("carol", 9, 9);
    subscribe(bob);
    expect(receipts.known("c1", HEAD.epoch, [["carol", 2, 2]])).toEqual([["carol", 2, 2]]);
    subscriptions.end(bob, "c1");
    expect(subscriptions.of("c1")).toBe(undefined);
    tell("alice", 9, 9);
    for (let other = 0; other < 10; other++)
      receipts.tell(`other${other}`, "bob", { epoch: HEAD.epoch, delivered: 1, read: 1, rose: true, members: FEW });
    expect(receipts.known("c1", HEAD.epoch, [["alice", 2, 2]])).toEqual([["alice", 2, 2]]);
  });

  it("I14: tells a user's own sessions nothing below what they were told, also where nobody subscribed, in whatever order nodes tell", () => {
    const { clock, receipts, sessions, tell } = receiptsOf("alice");
    receipts.heard({ c: "c1", epoch: HEAD.epoch, watermarks: [["alice", 9, 4]], members: FEW });
    clock.finishTurn();
    tell("alice", 5, 5);
    clock.finishTurn();
    receipts.heard({ c: "c1", epoch: HEAD.epoch, watermarks: [["alice", 6, 6]], members: FEW });
    clock.finishTurn();
    expect(sessions[0]?.told).toEqual([
      ["c1", "alice", 9, 4],
      ["c1", "alice", 9, 5],
      ["c1", "alice", 9, 6],
    ]);
    receipts.anew("c1");
    tell("alice", 2, 1);
    clock.finishTurn();
    expect(sessions[0]?.told.at(-1)).toEqual(["c1", "alice", 2, 1]);
  });
});

describe("Receipts for other nodes", () => {
  it("leave in one envelope a turn and conversation, to who subscribed to it and to the users' own, whether anybody here did or not", () => {
    const { clock, published, tell } = receiptsOf();
    tell("alice", 5, 3);
    tell("bob", 4, 4);
    tell("alice", 7, 6);
    clock.finishTurn();
    expect(published).toEqual([
      [
        ["c:c1", "u:alice", "u:bob"],
        {
          kind: "receipt",
          c: "c1",
          epoch: HEAD.epoch,
          watermarks: [
            ["alice", 7, 6],
            ["bob", 4, 4],
          ],
          members: FEW,
        },
      ],
    ]);
  });

  it("S48: go to the users' own alone above the receipt limit, and the count is told that they rose", () => {
    const { clock, published, risen, tell } = receiptsOf();
    const members = LIMITS.receiptMembersMax + 1;
    tell("alice", 5, 3, members - 1);
    expect(risen).toEqual([]);
    clock.finishTurn();
    tell("alice", 7, 6, members);
    tell("bob", 4, 4, members);
    clock.finishTurn();
    expect(published.slice(1)).toEqual([
      [["u:alice"], { kind: "receipt", c: "c1", epoch: "e1", watermarks: [["alice", 7, 6]], members }],
      [["u:bob"], { kind: "receipt", c: "c1", epoch: "e1", watermarks: [["bob", 4, 4]], members }],
    ]);
    expect(risen).toEqual(["c1", "c1"]);
  });

  it("are told here as one's own are, and never sent on", () => {
    const { clock, receipts, sessions, published, risen, subscribe } = receiptsOf("alice", "bob");
    const [alice, bob] = sessions as [Recorder, Recorder];
    subscribe(bob);
    receipts.heard({
      c: "c1",
      epoch: HEAD.epoch,
      watermarks: [
        ["alice", 7, 6],
        ["carol", 3, 3],
      ],
      members: FEW,
    });
    receipts.heard({
      c: "c1",
      epoch: HEAD.epoch,
      watermarks: [["alice", 8, 6]],
      members: LIMITS.receiptMembersMax + 1,
    });
    clock.finishTurn();
    expect(alice.told).toEqual([["c1", "alice", 8, 6]]);
    expect(bob.told).toEqual([["c1", "carol", 3, 3]]);
    expect([published, risen]).toEqual([[], []]);
  });

  it("I14: of another life of the log are told to nobody, and subscribers are told anew as one begins", async () => {
    const { lives, clock, receipts, sessions, stored, subscriptions, published, subscribe, tell } = receiptsOf("bob");
    const bob = sessions[0] as Recorder;
    subscribe(bob);
    tell("alice", 80, 80);
    clock.finishTurn();
    // What is told of the new life before it is known here is not lost: it is read.
    receipts.heard({ c: "c1", epoch: "e2", watermarks: [["alice", 3, 3]], members: FEW });
    expect(lives.seen).toEqual(["e2"]);
    lives.now = "e2";
    stored.watermarks = [["alice", 3, 2]];
    subscriptions.anew("c1", "e2", new Map([["bob", 1]]));
    receipts.anew("c1");
    receipts.heard({ c: "c1", epoch: "e1", watermarks: [["alice", 81, 81]], members: FEW });
    tell("alice", 82, 82, FEW, "e1");
    await clock.settle();
    clock.finishTurn();
    expect(bob.told).toEqual([
      ["c1", "alice", 80, 80],
      ["c1", "alice", 3, 2],
    ]);
    expect(receipts.known("c1", "e1", [["alice", 81, 81]])).toEqual([["alice", 81, 81]]);
    expect(receipts.known("c1", "e2", [["alice", 1, 1]])).toEqual([["alice", 3, 2]]);
    expect(published).toHaveLength(1);
  });

  it("I14: are read again when words may have been lost, and those told that have risen", async () => {
    const { clock, receipts, sessions, stored, published, subscribe, tell } = receiptsOf("bob");
    const bob = sessions[0] as Recorder;
    stored.watermarks = [
      ["alice", 7, 6],
      ["bob", 5, 5],
      ["carol", 9, 9],
    ];
    await receipts.reread();
    expect(stored.reads).toBe(0);
    subscribe(bob);
    receipts.known("c1", HEAD.epoch, [
      ["alice", 7, 5],
      ["bob", 5, 5],
    ]);
    tell("carol", 9, 9);
    clock.finishTurn();
    await receipts.reread();
    clock.finishTurn();
    expect(bob.told).toEqual([
      ["c1", "carol", 9, 9],
      ["c1", "alice", 7, 6],
    ]);
    expect(published).toHaveLength(1);
    stored.watermarks = [["alice", 9, 9]];
    stored.more = true;
    await receipts.reread();
    clock.finishTurn();
    expect(bob.told).toHaveLength(2);
  });
});
