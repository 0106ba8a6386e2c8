import { ChatError, type EventRow, type SubscribedFrame } from "@earshot/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MessageStore } from "../ports/message-store.ts";
import { fanoutOver, Recorder, USERS } from "../testing/fanout-scene.ts";
import type { FanoutArrival } from "./legs.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("Fanout", () => {
  it("gives every session of every member what arrived, in one encoding that all share", async () => {
    const { fanout, sessions, of, say, arrival, remembered, encodings } = await fanoutOver();
    sessions.get("bob")?.push(new Recorder("bob"));
    fanout.deliver(arrival([await say(), await say()]));
    await turn();
    for (const session of [of("alice"), of("bob"), of("bob", 1)]) expect(session.told).toEqual([2, 3]);
    expect(of("bob").delivered[0]?.joined).toBe(of("alice").delivered[0]?.joined);
    expect(of("bob").delivered[0]?.joined).toBe(of("bob", 1).delivered[0]?.joined);
    expect(encodings()).toBe(1);
    expect(remembered).toEqual([2, 3]);
  });

  it("encodes and keeps nothing of what nobody here is told, and says so", async () => {
    const { fanout, sessions, of, say, change, arrival, remembered, unheard, encodings } = await fanoutOver();
    sessions.clear();
    fanout.deliver(arrival([await say(), await change(["carol", "member"]), await say()]));
    await turn();
    expect([encodings(), remembered, unheard]).toEqual([0, [], ["c1"]]);
    sessions.set("carol", [new Recorder("carol")]);
    fanout.deliver(arrival([await say()]));
    expect([encodings(), remembered, of("carol").told, unheard]).toEqual([1, [5], [5], ["c1"]]);
  });

  it("S18, I18: gives nobody else anything", async () => {
    const { fanout, of, say, arrival } = await fanoutOver();
    fanout.deliver(arrival([await say()]));
    await turn();
    expect([of("carol").told, of("dave").told]).toEqual([[], []]);
  });

  it("I13: leaves out what a session sent itself, and only there", async () => {
    const { fanout, sessions, of, say, arrival } = await fanoutOver();
    sessions.get("alice")?.push(new Recorder("alice"));
    const [first, second] = [of("alice"), of("alice", 1)];
    fanout.deliver(arrival([await say(), await say(), await say()], [first, second, first]));
    await turn();
    expect([first.told, second.told, of("bob").told]).toEqual([[3], [2, 4], [2, 3, 4]]);
    fanout.deliver(arrival([await say()], [first]));
    expect([first.told, second.told]).toEqual([[3], [2, 4, 5]]);
  });

  it("I17: gives a new member the event of the join and what follows, in one arrival", async () => {
    const { fanout, of, say, change, arrival } = await fanoutOver();
    fanout.deliver(arrival([await say(), await change(["carol", "member"]), await say()]));
    await turn();
    expect(of("carol").told).toEqual([3, 4]);
    expect(of("bob").told).toEqual([2, 3, 4]);
  });

  it("I17: gives a removed member the removal, then gone, and nothing after, in one arrival", async () => {
    const { fanout, of, say, change, arrival } = await fanoutOver();
    fanout.deliver(arrival([await say()]));
    await turn();
    fanout.deliver(arrival([await say(), await change(["bob", null]), await say()]));
    await turn();
    expect(of("bob").told).toEqual([2, 3, 4, "gone"]);
    expect(of("alice").told).toEqual([2, 3, 4, 5]);
  });

  it("keeps the order while a member list is being read", async () => {
    const { fanout, of, say, change, arrival } = await fanoutOver();
    for (const event of [
      await say(),
      await change(["carol", "member"]),
      await say(),
      await change(["bob", null]),
      await say(),
    ]) {
      fanout.deliver(arrival([event]));
    }
    await turn();
    await turn();
    expect(of("alice").told).toEqual([2, 3, 4, 5, 6]);
    expect(of("carol").told).toEqual([3, 4, 5, 6]);
  });

  it("I13: leaves out whom the answer to a repeat has told while a member list was being read", async () => {
    const { fanout, of, say, arrival, epoch, repeated } = await fanoutOver();
    fanout.deliver(arrival([await say(), await say()]));
    repeated.add(of("alice"), "c1", epoch, 3);
    await turn();
    expect([of("alice").told, of("bob").told]).toEqual([[2], [2, 3]]);
  });

  it("reads the list once, and then moves it on by the events themselves", async () => {
    let lists = 0;
    const counting = (store: MessageStore): Pick<MessageStore, "members" | "access"> => ({
      members: (...given) => {
        lists++;
        return store.members(...given);
      },
      access: store.access.bind(store),
    });
    const { fanout, of, say, change, arrival } = await fanoutOver(counting);
    fanout.deliver(arrival([await say()]));
    await turn();
    for (const event of [await change(["carol", "member"]), await say(), await change(["bob", null]), await say()]) {
      fanout.deliver(arrival([event]));
    }
    expect(of("carol").told).toEqual([3, 4, 5, 6]);
    expect(of("bob").told).toEqual([2, 3, 4, 5, "gone"]);
    expect(lists).toBe(1);
  });

  it("S15: does not use a list older than the event: another node changed members meanwhile", async () => {
    const { fanout, of, say, change, arrival } = await fanoutOver();
    fanout.deliver(arrival([await say()]));
    await turn();
    await change(["bob", null], ["carol", "member"]);
    fanout.deliver(arrival([await say()]));
    await turn();
    expect(of("bob").told).toEqual([2]);
    expect(of("carol").told).toEqual([4]);
  });

  it("I17: gives who joined since nothing of rows that were read from the log", async () => {
    const { fanout, of, say, change, arrival } = await fanoutOver();
    const hole = [await say(), await say()];
    await change(["carol", "member"]);
    fanout.deliver({ ...arrival(hole), membersVersion: 0 });
    await turn();
    expect(of("carol").told).toEqual([]);
    expect(of("bob").told).toEqual([2, 3]);
  });

  it("I16, I19: gives nobody the rest of a life of which the store has said that it is over, though that says how it travels", async () => {
    const { fanout, of, say, arrival, subscribe } = await fanoutOver(undefined, { mode: "pull" });
    await subscribe(of("bob"));
    const [first, second, third] = [arrival([await say()]), arrival([await say()]), arrival([await say()])];
    fanout.deliver({ ...first, epoch: "before" });
    fanout.deliver({ ...second, epoch: "before", mode: "pull" });
    fanout.deliver({ ...third, mode: "pull" });
    await turn();
    expect(of("bob").told).toEqual(["subscribed", 4]);
  });

  it("I17: gives nobody what is of another life of the log than the members that the store names", async () => {
    const { fanout, clock, sessions, arrival, say } = await fanoutOver();
    fanout.deliver({ ...arrival([await say()]), epoch: "another" });
    await clock.settle();
    expect([...sessions.values()].flatMap(([session]) => session?.told)).toEqual([]);
    expect(fanout.size).toBe(0);
  });

  it("I9: reads a list again that could not be read, and tells what waited for it in order", async () => {
    let failing = true;
    const failingLists = (store: MessageStore): Pick<MessageStore, "members" | "access"> => ({
      members: (...given) => (failing ? Promise.reject(new Error("down")) : store.members(...given)),
      access: store.access.bind(store),
    });
    const { clock, fanout, of, say, arrival } = await fanoutOver(failingLists);
    fanout.deliver(arrival([await say()]));
    fanout.deliver(arrival([await say()]));
    await clock.advance(5_000);
    expect(of("bob").told).toEqual([]);
    failing = false;
    await clock.advance(1_000);
    expect(of("bob").told).toEqual([2, 3]);
    expect(clock.pending).toBe(0);
  });

  it("S56: keeps a bounded number of events while a list cannot be read; the newest shows the hole, and who was removed is told", async () => {
    let failing = true;
    const failingLists = (store: MessageStore): Pick<MessageStore, "members" | "access"> => ({
      members: (...given) => (failing ? Promise.reject(new Error("down")) : store.members(...given)),
      access: store.access.bind(store),
    });
    const { clock, fanout, of, say, change, arrival } = await fanoutOver(failingLists, { heldEventsMax: 4 });
    fanout.deliver(arrival([await say()]));
    fanout.deliver(arrival([await change(["carol", "member"], ["dave", "member"])]));
    fanout.deliver(arrival([await change(["carol", null], ["bob", null])]));
    fanout.deliver(arrival([await change(["bob", "member"])]));
    for (let count = 0; count < 20; count++) fanout.deliver(arrival([await say()]));
    failing = false;
    await clock.advance(1_000);
    expect(of("alice").told[0]).toBe(2);
    expect(of("alice").told.at(-1)).toBe(25);
    expect(of("alice").told.length).toBeLessThanOrEqual(1 + 4);
    expect(of("carol").told).toEqual(["gone"]);
    expect(of("bob").told.at(-1)).toBe(25);
    expect(of("bob").told).not.toContain("gone");
    expect(of("dave").told.at(-1)).toBe(25);
    expect(clock.pending).toBe(0);
  });

  it("I25: gives a list up when the store is closed", async () => {
    const closedLists = (store: MessageStore): Pick<MessageStore, "members" | "access"> => ({
      members: () => Promise.reject(new ChatError("closed", "unable to list members; store is closed")),
      access: store.access.bind(store),
    });
    const { clock, fanout, of, say, arrival } = await fanoutOver(closedLists);
    fanout.deliver(arrival([await say()]));
    await clock.advance(5_000);
    expect([of("bob").told, clock.pending]).toEqual([[], 0]);
  });
});

/** Never reads a member list. */
const noLists = (): Pick<MessageStore, "members" | "access"> => ({
  members: () => Promise.reject(new Error("members were read")),
  access: () => Promise.reject(new Error("members were read")),
});

describe("Fanout in a pull conversation", () => {
  const pull = (options: { subscribingEventsMax?: number } = {}) => fanoutOver(noLists, { mode: "pull", ...options });

  it("gives events to subscribers alone, without looking at members", async () => {
    const { fanout, of, say, arrival, subscribe } = await pull();
    await subscribe(of("bob"));
    fanout.deliver(arrival([await say(), await say()]));
    await turn();
    fanout.deliver(arrival([await say()]));
    expect(of("bob").told).toEqual(["subscribed", 2, 3, 4]);
    for (const user of ["alice", "carol", "dave"]) expect(of(user).told).toEqual([]);
  });

  it("I13: leaves out what a session sent itself; other sessions of the sender have to subscribe too", async () => {
    const { fanout, sessions, of, say, arrival, subscribe } = await pull();
    sessions.get("alice")?.push(new Recorder("alice"), new Recorder("alice"));
    await subscribe(of("alice"));
    await subscribe(of("alice", 1));
    fanout.deliver(arrival([await say(), await say()], [of("alice"), null]));
    await turn();
    expect(of("alice").told).toEqual(["subscribed", 3]);
    expect(of("alice", 1).told).toEqual(["subscribed", 2, 3]);
    expect(of("alice", 2).told).toEqual([]);
  });

  it("gives a member event to whom it names too, once, in its place", async () => {
    const { fanout, of, say, change, arrival, subscribe } = await pull();
    await subscribe(of("bob"));
    fanout.deliver(arrival([await say(), await change(["carol", "member"], ["bob", "reader"]), await say()]));
    await turn();
    expect(of("bob").told).toEqual(["subscribed", 2, 3, 4]);
    expect(of("carol").told).toEqual([3]);
    expect(of("alice").told).toEqual([]);
  });

  it("gives the creation to the members it names", async () => {
    const { store, fanout, of, arrival, epoch } = await pull();
    const page = await store.range({ conversation: "c1", view: "log", from: "oldest", rows: 1, bytes: 1e6 });
    const row = page?.rows[0] as EventRow;
    const members = [
      ["alice", "owner"],
      ["carol", "member"],
    ];
    fanout.deliver({ ...arrival([]), epoch, rows: [{ ...row, body: { mode: "pull", members } }], membersVersion: 1 });
    expect(["alice", "bob", "carol"].map((user) => of(user).told)).toEqual([[1], [], [1]]);
  });

  it("I17: gives a removed user the removal, then gone, and nothing after, subscribed or not", async () => {
    const { fanout, sessions, of, say, change, arrival, subscribe, subscriptions, left } = await pull();
    sessions.get("bob")?.push(new Recorder("bob"));
    await subscribe(of("bob"));
    await subscribe(of("alice"));
    fanout.deliver(arrival([await say(), await change(["bob", null], ["carol", "member"]), await say()]));
    await turn();
    expect(of("bob").told).toEqual(["subscribed", 2, 3, "gone"]);
    expect(of("bob", 1).told).toEqual([3, "gone"]);
    expect(of("alice").told).toEqual(["subscribed", 2, 3, 4]);
    expect(subscriptions.size).toBe(1);
    expect(left).toEqual([["c1", ["bob"]]]);
  });

  it("I9: does not say that it is gone to who was a member again when they came, however late the removal is told", async () => {
    for (const mode of ["push", "pull"] as const) {
      const { fanout, sessions, of, say, change, arrival, subscribe, rights, left } = await fanoutOver(undefined, {
        mode,
      });
      sessions.get("bob")?.push(new Recorder("bob"));
      const late = [await say(), await change(["bob", null], ["carol", null])];
      const since = [await change(["bob", "member"]), await say()];
      await subscribe(of("bob"));
      rights.set(of("bob", 1), 4);
      fanout.deliver(arrival(late));
      fanout.deliver(arrival(since));
      await turn();
      expect([of("bob").told, of("bob", 1).told].flat()).not.toContain("gone");
      expect(left.flat(2)).not.toContain("bob");
      // that is no subscription for ever: a removal behind it ends it
      fanout.deliver(arrival([await change(["bob", null])]));
      await turn();
      expect([of("bob").told.slice(-2), of("bob", 1).told.slice(-2)]).toEqual([
        [6, "gone"],
        [6, "gone"],
      ]);
    }
  });

  it("I17: takes the last word on who is named twice", async () => {
    const { fanout, of, change, arrival } = await pull();
    fanout.deliver(arrival([await change(["bob", null], ["bob", "reader"])]));
    await turn();
    expect(of("bob").told).toEqual([2]);
  });

  it("I7: what comes while a subscription is opened comes behind its answer, from the head on", async () => {
    const { fanout, of, say, arrival, open, epoch } = await pull();
    const opening = open(of("bob"));
    const [two, three, four] = [await say(), await say(), await say()];
    fanout.deliver(arrival([two, three]));
    await turn();
    fanout.deliver(arrival([four]));
    expect(of("bob").told).toEqual([]);
    expect(opening.activate({ epoch, head: 2 }, () => ({ t: "subscribed" }) as SubscribedFrame)).toBe(true);
    expect(of("bob").told).toEqual(["subscribed", 3, 4]);
  });

  it("I13: leaves out what its answer has told of while it was held for a subscription", async () => {
    const { fanout, of, open, say, arrival, clock, epoch, repeated } = await fanoutOver(undefined, { mode: "pull" });
    const opening = open(of("bob"));
    fanout.deliver(arrival([await say(), await say()]));
    await clock.settle();
    repeated.add(of("bob"), "c1", epoch, 2);
    opening.activate({ epoch, head: 1 }, () => ({ t: "subscribed" }) as SubscribedFrame);
    expect(of("bob").told).toEqual(["subscribed", 3]);
  });

  it("of another life of the log nothing that came before comes", async () => {
    const { fanout, of, say, arrival, open } = await pull();
    const opening = open(of("bob"));
    fanout.deliver(arrival([await say()]));
    await turn();
    opening.activate({ epoch: "e-new", head: 1 }, () => ({ t: "subscribed" }) as SubscribedFrame);
    expect(of("bob").told).toEqual(["subscribed"]);
  });

  it("tells the client to fetch when more came than may be held", async () => {
    const { fanout, of, say, arrival, open, epoch } = await pull({ subscribingEventsMax: 2 });
    const opening = open(of("bob"));
    for (let count = 0; count < 5; count++) fanout.deliver(arrival([await say()]));
    await turn();
    opening.activate({ epoch, head: 1 }, () => ({ t: "subscribed" }) as SubscribedFrame);
    fanout.deliver(arrival([await say()]));
    expect(of("bob").told).toEqual(["subscribed", "lagging", 7]);
  });
});

describe("Fanout of a conversation that was removed for all", () => {
  it.each(["push", "pull"] as const)(
    "I17: tells its members gone in %s, forgets it, and gives nobody what comes late",
    async (mode) => {
      const { fanout, of, say, arrival, subscribe, subscriptions, forgotten, left } = await fanoutOver(undefined, {
        mode,
      });
      await subscribe(of("bob"));
      fanout.deliver(arrival([await say()]));
      await turn();
      const late = arrival([await say()]);
      const before = of("alice").told.length;
      fanout.gone("c1", ["alice", "bob"]);
      fanout.deliver(late);
      await turn();
      expect(of("alice").told.slice(before)).toEqual(["gone"]);
      expect(of("bob").told).toEqual(["subscribed", 2, "gone"]);
      expect(of("carol").told).toEqual([]);
      expect([subscriptions.size, forgotten, left]).toEqual([0, ["c1"], [["c1", null]]]);
    },
  );

  it("tells those too who are known here, and whom the store does not name", async () => {
    const { fanout, of, say, arrival, subscribe } = await fanoutOver();
    await subscribe(of("bob"));
    fanout.deliver(arrival([await say()]));
    await turn();
    fanout.gone("c1", []);
    expect(["alice", "bob", "carol"].map((user) => of(user).told.at(-1))).toEqual(["gone", "gone", undefined]);
  });

  it("gives nobody what waited for the store meanwhile", async () => {
    const { fanout, of, say, arrival } = await fanoutOver();
    fanout.deliver(arrival([await say()]));
    fanout.deliver(arrival([await say()]));
    fanout.gone("c1", ["alice", "bob"]);
    await turn();
    expect(of("bob").told).toEqual(["gone"]);
  });
});

// ---- the same for any history, however far the store is ahead

type Op = { readonly user: string; readonly joins: boolean } | "say";

describe("Fanout, for any history of joins and removals", () => {
  const op: fc.Arbitrary<Op> = fc.oneof(
    { weight: 3, arbitrary: fc.constant("say" as const) },
    { weight: 2, arbitrary: fc.record({ user: fc.constantFrom("bob", "carol", "dave"), joins: fc.boolean() }) },
  );
  const scenario = fc.record({
    ops: fc.array(op, { minLength: 1, maxLength: 20 }),
    /** Lengths of the arrivals, over and over. */
    cuts: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 }),
    /** How many arrivals the store is ahead of what is delivered. */
    ahead: fc.nat(6),
    /** Whether the list is remembered from the start. */
    warm: fc.boolean(),
    /** Every so many arrivals were read from the log. */
    repaired: fc.integer({ min: 2, max: 6 }),
  });

  it("I17, I18: an event reaches who is a member at it, in order and once; and all of them where the list is in step", async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async ({ ops, cuts, ahead, warm, repaired }) => {
        const { fanout, of, say, change, arrival } = await fanoutOver();
        /** Per user, the seqs they may have: from a join to the removal, both with it. */
        const spans = new Map<string, { from: number; to: number }[]>(
          USERS.map((user) => [
            user,
            ["alice", "bob"].includes(user) ? [{ from: 1, to: Number.POSITIVE_INFINITY }] : [],
          ]),
        );
        const present = (user: string) => spans.get(user)?.at(-1)?.to === Number.POSITIVE_INFINITY;
        const apply = async (given: Op) => {
          if (given === "say" || present(given.user) === given.joins) return say();
          const result = await change([given.user, given.joins ? "member" : null]);
          const last = spans.get(given.user)?.at(-1);
          if (given.joins) spans.get(given.user)?.push({ from: result.row.seq, to: Number.POSITIVE_INFINITY });
          else if (last !== undefined) last.to = result.row.seq;
          return result;
        };

        if (warm) {
          fanout.deliver(arrival([await say()]));
          await turn();
        }
        const queue: FanoutArrival[] = [];
        const left = [...ops];
        for (let index = 0; left.length > 0; index++) {
          const results = [];
          for (const given of left.splice(0, cuts[index % cuts.length])) results.push(await apply(given));
          queue.push(
            ahead > 0 && index % repaired === 1 ? { ...arrival(results), membersVersion: 0 } : arrival(results),
          );
          if (queue.length > ahead) fanout.deliver(queue.shift() as FanoutArrival);
          await turn();
        }
        for (const late of queue) fanout.deliver(late);
        for (let settling = 0; settling < 4; settling++) await turn();

        const head = ops.length + (warm ? 2 : 1);
        for (const user of USERS) {
          const seqs = of(user).told.filter((told) => typeof told === "number");
          const may = (seq: number) => spans.get(user)?.some(({ from, to }) => seq >= from && seq <= to) ?? false;
          expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
          expect(seqs.filter((seq) => !may(seq))).toEqual([]);
          // Who has left by the time that the list was read may miss what came before; who stays misses nothing.
          const inStep = warm && ahead === 0;
          const due = Array.from({ length: head - 1 }, (_, index) => index + 2).filter((seq) =>
            inStep ? may(seq) : (spans.get(user)?.at(-1)?.from ?? head) <= seq && present(user),
          );
          expect(seqs).toEqual(expect.arrayContaining(due));
          if (ahead === 0 && !present(user) && (spans.get(user)?.length ?? 0) > 0)
            expect(of(user).told.at(-1)).toBe("gone");
        }
      }),
      { numRuns: 300 },
    );
  });
});
