import type { EventRow } from "@earshot/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EventPage, RangeQuery } from "../ports/pages.ts";
import { silentLogger } from "../system/silent-logger.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import type { Arrival } from "./arrival.ts";
import { OrderGate } from "./order-gate.ts";

const LIMITS = { heldEventsMax: 4, rememberedMax: 10 };
const READ_MS = 30;

type Step =
  | { readonly do: "write"; readonly count: number }
  /** What somebody wrote comes here: `back` from the head of that life; of a life that is over, too. */
  | { readonly do: "come"; readonly back: number; readonly count: number; readonly life: "this" | "before" }
  | { readonly do: "head" | "newest" | "rights"; readonly back: number; readonly life: "this" | "before" }
  | { readonly do: "rewind"; readonly by: number }
  /** `forget`: nobody is concerned. */
  | { readonly do: "doubt" | "forget" | "remove" }
  | { readonly do: "store"; readonly trouble: "none" | "fails" | "slow" }
  | { readonly do: "pass"; readonly ms: number };

/** One life of the log, as the store has it or had it. */
interface Life {
  readonly epoch: string;
  readonly rows: EventRow[];
}

const rowOf = (seq: number): EventRow => ({
  seq,
  ord: seq,
  type: "message",
  id: `m${seq}`,
  from: "alice",
  at: 0,
  body: {},
});

/** A store whose log may be put back, a bus that does what it likes, and what passed the gate between them. */
class World {
  readonly clock = new ManualClock();
  /** The last one is what the store has; null: there is no such conversation. */
  lives: Life[] = [{ epoch: "e1", rows: [rowOf(1)] }];
  gone = false;
  trouble: "none" | "fails" | "slow" = "none";
  readonly passed: { readonly epoch: string; readonly seq: number }[] = [];
  reads = 0;
  /** The highest head of this life that the gate was told and did not turn down. */
  due = 0;
  /** Nobody was concerned since the last passed: there may be a hole behind it. */
  forgot = false;
  /** What was wrong with something that passed: the gate takes an error of who takes it for one of the store's. */
  #wrong: unknown = null;
  readonly gate = new OrderGate({
    store: { range: (query) => this.#range(query) },
    clock: this.clock,
    logger: silentLogger,
    limits: LIMITS,
    pass: (arrival) => this.#pass(arrival),
    anew: async () => {},
    gone: () => expect(this.gone).toBe(true),
  });

  async run(step: Step): Promise<void> {
    switch (step.do) {
      case "write":
        for (let count = 0; count < step.count; count++) this.life.rows.push(rowOf(this.life.rows.length + 1));
        break;
      case "come": {
        const { epoch, rows } = this.#lifeOf(step.life);
        const from = Math.max(0, rows.length - 1 - step.back);
        this.gate.arrive({ c: "c1", epoch, rows: rows.slice(from, from + step.count), membersVersion: 1 });
        break;
      }
      case "head":
      case "newest":
      case "rights": {
        const { epoch, rows } = this.#lifeOf(step.life);
        const head = Math.max(1, rows.length - step.back);
        const told = { c: "c1", epoch, head, ord: head, mode: "push", membersVersion: 1 } as const;
        if (step.do === "newest") this.gate.newest(told);
        const known = step.do === "newest" || (step.do === "head" && this.gate.behind(told));
        if (known && epoch === this.life.epoch) this.due = Math.max(this.due, head);
        // rights are read from the store itself
        if (step.do === "rights") this.gate.begin("c1", this.life.epoch, this.life.rows.length);
        break;
      }
      case "rewind":
        this.due = 0;
        this.lives.push({
          epoch: `e${this.lives.length + 1}`,
          rows: this.life.rows.slice(0, Math.max(1, this.life.rows.length - step.by)),
        });
        break;
      case "doubt":
        void this.gate.doubt("c1");
        break;
      case "forget":
        // it forgets which lives are over, too
        if (this.lives.length > 1) break;
        this.gate.forget("c1");
        this.forgot = true;
        this.due = 0;
        break;
      case "remove":
        this.gone = true;
        break;
      case "store":
        this.trouble = step.trouble;
        break;
      case "pass":
        await this.clock.advance(step.ms);
    }
    for (let turns = 0; turns < 6; turns++) await undefined;
    if (this.#wrong !== null) throw this.#wrong;
  }

  /** All is well again: it passes as far as was told, and when somebody says where the log stands, to its end. */
  async finish(): Promise<void> {
    this.trouble = "none";
    await this.clock.advance(5_000);
    if (this.#wrong !== null) throw this.#wrong;
    if (this.due > 0 && !this.gone) {
      expect(this.passed.at(-1)?.epoch).toBe(this.life.epoch);
      expect(this.passed.at(-1)?.seq).toBeGreaterThanOrEqual(this.due);
    }
    const { epoch, rows } = this.life;
    const head = rows.length;
    this.gate.newest({ c: "c1", epoch, head, ord: head, mode: "push", membersVersion: 1 });
    await this.clock.advance(5_000);
    expect(this.clock.pending).toBe(0);
    if (!this.gone) expect(this.passed.at(-1)).toEqual({ epoch, seq: head });
    const { reads } = this;
    await this.clock.advance(60_000);
    expect(this.reads).toBe(reads);
    if (this.#wrong !== null) throw this.#wrong;
  }

  get life(): Life {
    return this.lives.at(-1) as Life;
  }

  #lifeOf(which: "this" | "before"): Life {
    return (which === "before" ? this.lives.at(-2) : undefined) ?? this.life;
  }

  /** In each life up by one from where it began, and no life after the one that came behind it. */
  #pass(arrival: Arrival): void {
    try {
      this.#heed(arrival);
    } catch (error) {
      this.#wrong ??= error;
      throw error;
    }
  }

  #heed({ epoch, rows }: Arrival): void {
    for (const { seq } of rows) {
      const last = this.passed.at(-1);
      if (last?.epoch === epoch && this.forgot) expect(seq).toBeGreaterThan(last.seq);
      else if (last?.epoch === epoch) expect(seq).toBe(last.seq + 1);
      else expect(Number(epoch.slice(1))).toBeGreaterThan(Number(last?.epoch.slice(1) ?? 0));
      expect(this.lives.find((life) => life.epoch === epoch)?.rows[seq - 1]?.seq).toBe(seq);
      this.passed.push({ epoch, seq });
      this.forgot = false;
    }
  }

  async #range({ after = 0, before, from, rows: max }: RangeQuery): Promise<EventPage | null> {
    this.reads++;
    const { trouble } = this;
    if (trouble === "slow") await new Promise<void>((resolve) => this.clock.after(READ_MS, resolve));
    if (trouble === "fails") throw new Error("no answer");
    if (this.gone) return null;
    const { epoch, rows } = this.life;
    const within = rows.filter(({ seq }) => seq > after && seq < (before ?? Number.POSITIVE_INFINITY));
    const page = from === "newest" ? within.slice(-max) : within.slice(0, Math.min(max, 3));
    const head = rows.length;
    return { epoch, head, ord: head, rows: page, older: false, newer: page.length < within.length, spans: [[1, null]] };
  }
}

describe("OrderGate, between a store that may be put back and a bus that does as it likes", () => {
  it("I5, I6, I7, I19, I26: in each life every seq passes once, upwards by one, up to its end; no life comes back", {
    timeout: 60_000,
  }, async () => {
    const life = fc.constantFrom("this" as const, "this" as const, "this" as const, "before" as const);
    const back = fc.constantFrom(0, 0, 0, 1, 2, 5);
    const step: fc.Arbitrary<Step> = fc.oneof(
      { weight: 5, arbitrary: fc.record({ do: fc.constant("write"), count: fc.integer({ min: 1, max: 4 }) }) },
      {
        weight: 8,
        arbitrary: fc.record({ do: fc.constant("come"), back, count: fc.integer({ min: 1, max: 3 }), life }),
      },
      { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("head", "newest", "rights"), back, life }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("rewind"), by: fc.nat(4) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("doubt" as const, "forget" as const) }) },
      {
        weight: 2,
        arbitrary: fc.record({ do: fc.constant("store"), trouble: fc.constantFrom("none", "none", "fails", "slow") }),
      },
      { weight: 4, arbitrary: fc.record({ do: fc.constant("pass"), ms: fc.constantFrom(0, 40, 1_100) }) },
    );
    const end = fc.constantFrom<readonly Step[]>([], [], [], [{ do: "remove" }]);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 50, size: "max" }), end, async (steps, last) => {
        const world = new World();
        for (const each of [...steps, ...last]) await world.run(each);
        await world.finish();
      }),
      { numRuns: 100 },
    );
  });
});
