import type { Role, SubscribedFrame } from "@earshot/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fanoutOver, Recorder, USERS } from "../testing/fanout-scene.ts";
import type { FanoutArrival } from "./legs.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

const SUBSCRIBED = () => ({ t: "subscribed" }) as SubscribedFrame;

describe("Fanout of a conversation that switches", () => {
  it("I7: from push to pull gives the switch to members and subscribers, and what follows to subscribers alone", async () => {
    const { fanout, of, say, to, arrival, subscribe } = await fanoutOver();
    await subscribe(of("bob"));
    fanout.deliver(arrival([await say(), await to("pull"), await say()]));
    await turn();
    fanout.deliver(arrival([await say()]));
    expect(of("bob").told).toEqual(["subscribed", 2, 3, 4, 5]);
    expect(of("alice").told).toEqual([2, 3]);
    expect([of("carol").told, of("dave").told]).toEqual([[], []]);
  });

  it("I7: from pull to push gives the switch to members and subscribers, and what follows to members", async () => {
    const { fanout, of, say, change, to, arrival, subscribe } = await fanoutOver(undefined, { mode: "pull" });
    await subscribe(of("bob"));
    fanout.deliver(arrival([await say(), await change(["carol", "member"]), await to("push"), await say()]));
    await turn();
    fanout.deliver(arrival([await say()]));
    expect(of("bob").told).toEqual(["subscribed", 2, 3, 4, 5, 6]);
    expect(of("alice").told).toEqual([4, 5, 6]);
    expect(of("carol").told).toEqual([3, 4, 5, 6]);
    expect(of("dave").told).toEqual([]);
  });

  it("goes on behind the switch as it says, also where the next events do not say how they travel", async () => {
    for (const mode of ["push", "pull"] as const) {
      const { fanout, of, say, to, arrival, subscribe } = await fanoutOver(undefined, { mode });
      await subscribe(of("bob"));
      fanout.deliver(arrival([await say(), await to(mode === "push" ? "pull" : "push")]));
      await turn();
      fanout.deliver(arrival([await say()]));
      await turn();
      expect(of("alice").told).toEqual(mode === "push" ? [2, 3] : [3, 4]);
      expect(of("bob").told).toEqual(["subscribed", 2, 3, 4]);
    }
  });

  it("takes the mode that is told with the events, however far the store is ahead", async () => {
    const { fanout, of, say, to, arrival } = await fanoutOver();
    const first = arrival([await say()]);
    await to("pull");
    fanout.deliver({ ...first, mode: "push" });
    await turn();
    expect(of("bob").told).toEqual([2]);
  });

  it("I9: of events whose mode is not told takes the store's, and the switch itself still goes both ways", async () => {
    const { fanout, of, say, to, arrival, subscribe } = await fanoutOver();
    const first = arrival([await say()]);
    const second = arrival([await to("pull")]);
    await subscribe(of("alice"));
    for (const each of [first, second]) {
      fanout.deliver({ ...each, membersVersion: 0 });
      await turn();
    }
    // Who missed what came before it finds the hole below the switch.
    expect(of("bob").told.at(-1)).toBe(3);
  });

  it("reads the mode anew where the switch may have been missed", async () => {
    const { fanout, of, say, to, arrival } = await fanoutOver();
    fanout.deliver(arrival([await say()]));
    await turn();
    await to("pull");
    fanout.deliver(arrival([await say()]));
    await turn();
    expect([of("alice").told, of("bob").told]).toEqual([[2], [2]]);
  });

  it("S56: does so too when the switch is among events that were let go", async () => {
    const { fanout, of, say, to, arrival, subscribe } = await fanoutOver(undefined, { heldEventsMax: 2 });
    await subscribe(of("bob"));
    const arrivals = [arrival([await say()]), arrival([await to("pull")])];
    for (let count = 0; count < 4; count++) arrivals.push(arrival([await say()]));
    fanout.deliver({ ...(arrivals[0] as FanoutArrival), mode: "push" });
    for (const each of arrivals.slice(1)) fanout.deliver(each);
    await turn();
    expect([of("alice").told, of("bob").told]).toEqual([[2], ["subscribed", 2, 7]]);
  });

  it("I17: gives who is just subscribing, and is no member as of the switch, no more than the answer allows", async () => {
    const { fanout, of, say, to, arrival, open, epoch } = await fanoutOver();
    const [refused, allowed] = [open(of("dave")), open(of("carol"))];
    fanout.deliver(arrival([await say(), await to("pull"), await say()]));
    await turn();
    refused.abandon();
    allowed.activate({ epoch, head: 3 }, SUBSCRIBED);
    expect(of("dave").told).toEqual([]);
    expect(of("carol").told).toEqual(["subscribed", 4]);
  });
});

describe("Fanout to who is just subscribing", () => {
  it("I7: gives an event that names them behind those that are held for the subscription", async () => {
    const { fanout, of, say, change, arrival, open, epoch } = await fanoutOver(undefined, { mode: "pull" });
    const opening = open(of("bob"));
    fanout.deliver(arrival([await say(), await change(["bob", "reader"]), await say()]));
    await turn();
    expect(of("bob").told).toEqual([]);
    opening.activate({ epoch, head: 1 }, SUBSCRIBED);
    expect(of("bob").told).toEqual(["subscribed", 2, 3, 4]);
  });

  it("I16: gives what names them and lies below the answer's head before it, and nothing else of that", async () => {
    const { fanout, of, say, change, to, arrival, open, epoch } = await fanoutOver(undefined, { mode: "pull" });
    const opening = open(of("bob"));
    fanout.deliver(arrival([await say(), await change(["bob", "reader"]), await to("push"), await say(), await say()]));
    await turn();
    opening.activate({ epoch, head: 5 }, SUBSCRIBED);
    expect(of("bob").told).toEqual([3, 4, 5, "subscribed", 6]);
  });

  it("gives it to them all the same when the subscription does not come about, or is given up", async () => {
    for (const end of ["abandon", "unsubscribe"] as const) {
      const { fanout, of, say, change, arrival, open, subscriptions } = await fanoutOver(undefined, { mode: "pull" });
      const opening = open(of("bob"));
      fanout.deliver(arrival([await say(), await change(["bob", "reader"]), await say()]));
      await turn();
      if (end === "abandon") opening.abandon();
      else for (const events of subscriptions.end(of("bob"), "c1")) of("bob").deliver(events);
      expect(of("bob").told).toEqual([3]);
      expect(subscriptions.size).toBe(0);
    }
  });

  it("I7: holds what follows a switch to push behind what was held before it, and loses none of it", async () => {
    const { fanout, of, say, to, arrival, open, epoch } = await fanoutOver(undefined, { mode: "pull" });
    const [stands, falls] = [open(of("bob")), open(of("alice"))];
    fanout.deliver(arrival([await say(), await to("push"), await say()]));
    await turn();
    expect([of("bob").told, of("alice").told]).toEqual([[], []]);
    stands.activate({ epoch, head: 1 }, SUBSCRIBED);
    falls.abandon();
    expect(of("bob").told).toEqual(["subscribed", 2, 3, 4]);
    expect(of("alice").told).toEqual([3, 4]);
  });

  it("I17: gives a removal, with what is due before it, and gone, whatever becomes of the subscription", async () => {
    for (const head of [1, 5]) {
      const { fanout, of, say, change, arrival, open, epoch } = await fanoutOver(undefined, { mode: "pull" });
      const opening = open(of("bob"));
      fanout.deliver(arrival([await say(), await change(["bob", "reader"]), await say(), await change(["bob", null])]));
      await turn();
      expect(of("bob").told).toEqual([3, 5, "gone"]);
      opening.activate({ epoch, head }, SUBSCRIBED);
      expect(of("bob").told.slice(3)).toEqual(head === 5 ? ["subscribed"] : []);
    }
  });

  it("S45: gives it at once when more came than may be held", async () => {
    const { fanout, of, say, change, arrival, open, epoch } = await fanoutOver(undefined, {
      mode: "pull",
      subscribingEventsMax: 2,
    });
    const opening = open(of("bob"));
    fanout.deliver(arrival([await say(), await change(["bob", "reader"]), await say(), await say()]));
    await turn();
    fanout.deliver(arrival([await change(["bob", "member"])]));
    expect(of("bob").told).toEqual([3, 6]);
    opening.activate({ epoch, head: 6 }, SUBSCRIBED);
    expect(of("bob").told).toEqual([3, 6, "subscribed", "lagging"]);
  });

  it("I16: gives nothing up to the head that the answer names, however late it comes", async () => {
    const { fanout, of, say, arrival, subscribe } = await fanoutOver(undefined, { mode: "pull" });
    const late = arrival([await say(), await say()]);
    await subscribe(of("bob"));
    const next = arrival([await say()]);
    for (const each of [late, next]) {
      fanout.deliver(each);
      await turn();
    }
    expect(of("bob").told).toEqual(["subscribed", 4]);
  });
});

// ---- any history

type Op = "say" | "switch" | { readonly user: string; readonly joins: boolean } | { readonly subscribes: string };

describe("Fanout, for any history of joins, removals, switches and subscriptions", () => {
  const op: fc.Arbitrary<Op> = fc.oneof(
    { weight: 3, arbitrary: fc.constant("say" as const) },
    { weight: 1, arbitrary: fc.constant("switch" as const) },
    { weight: 2, arbitrary: fc.record({ user: fc.constantFrom("bob", "carol"), joins: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ subscribes: fc.constantFrom("alice", "bob", "carol") }) },
  );
  const scenario = fc.record({
    ops: fc.array(op, { minLength: 1, maxLength: 25 }),
    cuts: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 }),
    slice: fc.integer({ min: 1, max: 3 }),
    /** Every so many arrivals were read from the log, or do not say how they travel. */
    repaired: fc.integer({ min: 2, max: 6 }),
    silent: fc.integer({ min: 1, max: 4 }),
    /** Turns between two arrivals. */
    turns: fc.nat(2),
  });

  it("I7, I17, I18, I9: an event reaches who is a member at it, in order and once, and all of them that are to have it", async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async ({ ops, cuts, slice, repaired, silent, turns }) => {
        const scene = await fanoutOver(undefined, { fanoutSliceSessionsMax: slice });
        const { fanout, sessions, of, say, change, to, arrival, subscribe, clock, store } = scene;
        sessions.get("alice")?.push(new Recorder("alice"));
        const spans = new Map<string, { from: number; to: number }[]>(
          USERS.map((user) => [user, ["alice", "bob"].includes(user) ? [{ from: 1, to: Infinity }] : []]),
        );
        const present = (user: string) => spans.get(user)?.at(-1)?.to === Infinity;
        let mode: "push" | "pull" = "push";
        /** Seqs that each user's first session is to have, by the mode and its subscription at them. */
        const due = new Map<string, number[]>(USERS.map((user) => [user, []]));
        /** Who asked for the conversation, and has not left it since: who comes back asks again. */
        const asking = new Set<string>();
        const heed = (seq: number, named: readonly string[], both: boolean) => {
          for (const user of USERS) {
            const is = spans.get(user)?.some(({ from, to: end }) => seq >= from && seq <= end) ?? false;
            if (is && (mode === "push" || both || asking.has(user) || named.includes(user))) due.get(user)?.push(seq);
          }
        };
        const apply = async (given: Exclude<Op, { readonly subscribes: string }>) => {
          if (given === "switch") {
            mode = mode === "push" ? "pull" : "push";
            const result = await to(mode);
            heed(result.row.seq, [], true);
            return { ...result, mode };
          }
          if (given === "say" || present(given.user) === given.joins) {
            const result = await say();
            heed(result.row.seq, [], false);
            return { ...result, mode };
          }
          const role: Role | null = given.joins ? "member" : null;
          const result = await change([given.user, role]);
          const last = spans.get(given.user)?.at(-1);
          if (given.joins) spans.get(given.user)?.push({ from: result.row.seq, to: Infinity });
          else if (last !== undefined) last.to = result.row.seq;
          heed(result.row.seq, [given.user], false);
          if (!given.joins) asking.delete(given.user);
          return { ...result, mode };
        };
        const settle = async () => {
          for (let settling = 0; settling < 6; settling++) {
            await clock.settle();
            await turn();
          }
        };
        const left = [...ops];
        for (let index = 0; left.length > 0; index++) {
          const results: Awaited<ReturnType<typeof apply>>[] = [];
          const subscribers: string[] = [];
          for (const given of left.splice(0, cuts[index % cuts.length])) {
            if (typeof given === "object" && "subscribes" in given) subscribers.push(given.subscribes);
            else results.push(await apply(given));
          }
          if (results.length > 0) {
            const whole: FanoutArrival = { ...arrival(results), mode: results.at(-1)?.mode ?? mode };
            const { mode: _, ...wordless } = whole;
            if (index % repaired === 1) fanout.deliver({ ...wordless, membersVersion: 0 });
            else fanout.deliver(index % silent === 0 ? wordless : whole);
          }
          for (let count = 0; count < turns; count++) clock.finishTurn();
          // In step, so that what each is to have is certain.
          await settle();
          for (const user of subscribers) {
            if (!present(user)) continue;
            await subscribe(of(user));
            asking.add(user);
          }
        }
        await settle();
        expect(fanout.size).toBe(0);
        expect((await store.settings("c1"))?.mode).toBe(mode);
        for (const user of USERS) {
          const seqs = of(user).told.filter((told) => typeof told === "number");
          expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
          const may = (seq: number) => spans.get(user)?.some(({ from, to: end }) => seq >= from && seq <= end) ?? false;
          expect(seqs.filter((seq) => !may(seq))).toEqual([]);
          const wanted = due.get(user) ?? [];
          // Of rows read from the log, those go by the list as it is by then.
          const since = spans.get(user)?.at(-1)?.from ?? 0;
          if (present(user)) expect(seqs).toEqual(expect.arrayContaining(wanted.filter((seq) => seq >= since)));
        }
      }),
      { numRuns: 300 },
    );
  });
});
