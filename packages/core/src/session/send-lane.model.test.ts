import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SendLane } from "./send-lane.ts";

const RETRY_MS = 500;

/** One of a client's sends, in the order written. */
interface Written {
  readonly id: string;
  state: "new" | "in flight" | "refused" | "stored" | "given up";
}

type Step =
  | { readonly do: "send" }
  | { readonly do: "again" }
  | { readonly do: "give up" }
  /** The gateway answers one that is with the store, or over a rate; any of them, not the first. */
  | { readonly do: "store" | "refuse"; readonly at: number };

/**
 * A client that keeps to the protocol (5), one session's lane, and a gateway that answers what it was let
 * through in the order in which the store's batches do. The client hears of each answer at once or much later.
 */
class World {
  readonly lane = new SendLane();
  readonly written: Written[] = [];
  /** Let through, in the order of their turns, and not answered. */
  through: { readonly send: Written; readonly turn: number }[] = [];
  held: Written[] = [];
  readonly log: string[] = [];

  run(step: Step): void {
    if (step.do === "send") {
      const send: Written = { id: `m${this.written.length + 1}`, state: "new" };
      this.written.push(send);
      // nothing newer goes out before what was refused
      if (!this.#waitsForRetry) this.#admit(send);
    } else if (step.do === "again") this.#again();
    else if (step.do === "give up") this.#giveUp();
    else this.#answer(step.at, step.do === "store");
    this.#check();
  }

  finish(): void {
    for (let round = 0; this.#open.length > 0; round++) {
      expect(round).toBeLessThan(2 * this.written.length + 2);
      while (this.through.length > 0) this.#answer(0, true);
      this.#again();
    }
    this.#check();
    expect([this.lane.clear, this.held]).toEqual([true, []]);
    expect(this.log).toEqual(this.written.filter(({ state }) => state === "stored").map(({ id }) => id));
  }

  get #open(): readonly Written[] {
    return this.written.filter(({ state }) => state !== "stored" && state !== "given up");
  }

  get #waitsForRetry(): boolean {
    return this.written.some(({ state }) => state === "refused" || state === "new");
  }

  /** All that is not answered goes again, from the refused one on, in the old order: when nothing is on its way. */
  #again(): void {
    if (this.written.some(({ state }) => state === "in flight")) return;
    for (const send of this.#open) this.#admit(send);
  }

  #giveUp(): void {
    const refused = this.written.find(({ state }) => state === "refused");
    if (refused === undefined || this.written.some(({ state }) => state === "in flight")) return;
    refused.state = "given up";
    if (this.lane.settled(refused.id)) this.#release();
  }

  #admit(send: Written): void {
    send.state = "in flight";
    const admission = this.lane.admit(send.id);
    if (admission.kind === "append") {
      expect(admission.turn).toBeGreaterThan(this.through.at(-1)?.turn ?? 0);
      this.through.push({ send, turn: admission.turn });
    } else if (admission.kind === "hold") this.held.push(send);
    else {
      expect(admission.retryAfterMs).toBe(RETRY_MS);
      send.state = "refused";
    }
  }

  /** One conversation is appended in order: what is stored takes with it what was let through before it, or that was refused. */
  #answer(at: number, stores: boolean): void {
    const index = stores ? 0 : at % Math.max(1, this.through.length);
    const [next] = this.through.splice(index, 1);
    if (next === undefined) return;
    if (stores) {
      next.send.state = "stored";
      this.log.push(next.send.id);
      if (this.lane.settled(next.send.id)) this.#release();
      return;
    }
    // the store failed, or a rate was over: so are those let through behind it refused, before any of them is stored
    const behind = this.through.splice(index);
    for (const { send, turn } of [...behind.reverse(), next]) {
      send.state = "refused";
      this.lane.refused(send.id, turn, RETRY_MS);
    }
    this.#release();
  }

  #release(): void {
    for (const send of this.held.splice(0)) this.#admit(send);
  }

  #check(): void {
    const places = this.log.map((id) => this.written.findIndex((send) => send.id === id));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(new Set(this.log).size).toBe(this.log.length);
    // what waits behind a refused one is not with the store
    const refused = this.written.findIndex(({ state }) => state === "refused");
    const first = this.through[0];
    if (refused >= 0 && first !== undefined) {
      expect(this.written.indexOf(first.send)).toBeLessThanOrEqual(refused);
    }
  }
}

describe("SendLane, between a client that keeps to the protocol and a store that answers as it likes", () => {
  it("I4, I11: stores in the order written, each once, and never stays shut", { timeout: 60_000 }, () => {
    const step: fc.Arbitrary<Step> = fc.oneof(
      { weight: 5, arbitrary: fc.constant<Step>({ do: "send" }) },
      { weight: 3, arbitrary: fc.constantFrom<Step>({ do: "again" }) },
      { weight: 1, arbitrary: fc.constantFrom<Step>({ do: "give up" }) },
      { weight: 4, arbitrary: fc.record({ do: fc.constantFrom("store", "refuse"), at: fc.nat(5) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
        const world = new World();
        for (const each of steps) world.run(each);
        world.finish();
      }),
      { numRuns: 150 },
    );
  });

  it("I11: is shut for exactly the earliest that was refused, until that is answered", { timeout: 60_000 }, () => {
    const step = fc.record({ do: fc.constantFrom("admit", "refuse", "settle"), at: fc.nat(5) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: "max" }), (steps) => {
        const lane = new SendLane();
        /** Let through and not answered: their turns. And whom the lane is shut for: by the turn it was first refused in. */
        const through = new Map<string, number>();
        let shut = null as { readonly id: string; readonly turn: number; readonly tried: boolean } | null;
        let turns = 0;
        /** Refused and neither answered nor given up: they keep their turn. */
        const kept = new Map<string, number>();
        for (const { do: what, at } of steps) {
          // mostly what matters: whom it is shut for, and who is on their way
          const some = what === "admit" ? [shut?.id ?? "m1", "m1", "m2", "m3"] : [...through.keys(), shut?.id ?? "m1"];
          const id = some[at % some.length] ?? "m1";
          if (what === "admit") {
            const before = kept.get(id);
            const passes = shut === null || shut.id === id || (before !== undefined && before < shut.turn);
            const kind = shut?.tried ? "hold" : passes ? "append" : "blocked";
            const admission = lane.admit(id);
            expect(admission.kind).toBe(kind);
            if (admission.kind !== "append") continue;
            expect(admission.turn).toBe(before ?? ++turns);
            through.set(id, admission.turn);
            if (shut?.id === id) shut = { ...shut, tried: true };
          } else if (what === "settle") {
            expect(lane.settled(id)).toBe(shut?.id === id);
            if (shut?.id === id) shut = null;
            kept.delete(id);
            through.delete(id);
          } else {
            const turn = through.get(id);
            if (turn === undefined) continue;
            through.delete(id);
            kept.set(id, turn);
            lane.refused(id, turn, RETRY_MS);
            if (shut === null || shut.id === id || turn < shut.turn) shut = { id, turn, tried: false };
          }
          expect(lane.clear).toBe(shut === null);
        }
      }),
      { numRuns: 150 },
    );
  });
});
