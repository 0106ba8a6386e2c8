import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type HeldWatermark, HeldWatermarks } from "./held-watermarks.ts";

const MAX = 5;
const PER_USER_MAX = 3;

/** What one member's watermarks are to become, and by when. */
interface Owed {
  delivered: number;
  read: number | undefined;
  readAsked: number;
  announce: boolean;
  dueAt: number;
}

/** Two maps: what is held, and what is with the store. */
class Model {
  held = new Map<string, Owed>();
  taken: { readonly key: string; readonly owed: Owed; readonly real: HeldWatermark }[] = [];
  now = 0;
  asked = 0;

  get size(): number {
    return this.held.size + this.taken.length;
  }

  ofUser(user: string): readonly string[] {
    return [...this.held.keys()].filter((key) => key.startsWith(`${user} `));
  }
}

const fieldsOf = ({ delivered, read, readAsked, announce, dueAt }: HeldWatermark): Owed => ({
  ...{ delivered, read, readAsked, announce, dueAt },
});
const keyOf = ({ user, c }: HeldWatermark): string => `${user} ${c}`;

function expectSame(model: Model, real: HeldWatermarks): void {
  expect(new Map([...real.of()].map((held) => [keyOf(held), fieldsOf(held)]))).toEqual(model.held);
  for (const user of ["u1", "u2"]) expect([...real.of(user)].map(keyOf).sort()).toEqual([...model.ofUser(user)].sort());
  expect(real.size).toBe(model.size);
  const first = Math.min(...[...model.held.values()].map(({ dueAt }) => dueAt));
  expect(real.dueAt).toBe(Number.isFinite(first) ? first : null);
  expect(real.isDue(model.now)).toBe(first <= model.now);
}

type Command = fc.Command<Model, HeldWatermarks>;

/** Somebody has, or has read, up to a seq. */
class Hold implements Command {
  readonly user: string;
  readonly c: string;
  readonly seq: number;
  readonly what: "delivered" | "read" | "sent";
  readonly ms: number;
  constructor(user: string, c: string, seq: number, what: "delivered" | "read" | "sent", ms: number) {
    this.user = user;
    this.c = c;
    this.seq = seq;
    this.what = what;
    this.ms = ms;
  }
  check = () => true;
  run(model: Model, real: HeldWatermarks): void {
    const key = `${this.user} ${this.c}`;
    const held = real.hold(this.user, this.c);
    const room = model.held.has(key) || (model.size < MAX && model.ofUser(this.user).length < PER_USER_MAX);
    expect(held !== null).toBe(room);
    if (held === null) return;
    const none = { delivered: 0, read: undefined, readAsked: 0, announce: false, dueAt: Number.POSITIVE_INFINITY };
    const owed: Owed = model.held.get(key) ?? none;
    const claim: Partial<Owed> =
      this.what === "read"
        ? { read: Math.max(owed.read ?? 0, this.seq), readAsked: ++model.asked }
        : { delivered: Math.max(owed.delivered, this.seq), announce: owed.announce || this.what === "sent" };
    Object.assign(held, claim);
    real.due(held, this.ms, model.now);
    model.held.set(key, { ...owed, ...claim, dueAt: Math.min(owed.dueAt, model.now + this.ms) });
    expectSame(model, real);
  }
  toString = () => `hold(${this.user}, ${this.c}, ${this.what} ${this.seq}, within ${this.ms})`;
}

class Take implements Command {
  readonly ms: number;
  readonly max: number;
  constructor(ms: number, max: number) {
    this.ms = ms;
    this.max = max;
  }
  check = () => true;
  run(model: Model, real: HeldWatermarks): void {
    model.now += this.ms;
    const due = [...model.held].filter(([, { dueAt }]) => dueAt <= model.now);
    const taken = real.take(model.now, this.max);
    expect(taken.length).toBe(Math.min(due.length, this.max));
    const keys = taken.map(keyOf);
    expect(new Set(keys).size).toBe(keys.length);
    for (const [index, held] of taken.entries()) {
      const key = keys[index] ?? "";
      const owed = model.held.get(key) as Owed;
      expect(owed?.dueAt).toBeLessThanOrEqual(model.now);
      expect(fieldsOf(held)).toEqual(owed);
      model.held.delete(key);
      model.taken.push({ key, owed, real: held });
    }
    expectSame(model, real);
  }
  toString = () => `take(after ${this.ms}, at most ${this.max})`;
}

/** The store has answered for one that was taken. */
class Answer implements Command {
  readonly at: number;
  readonly well: boolean;
  constructor(at: number, well: boolean) {
    this.at = at;
    this.well = well;
  }
  check = ({ taken }: Readonly<Model>) => taken.length > 0;
  run(model: Model, real: HeldWatermarks): void {
    const [{ key, owed, real: held }] = model.taken.splice(this.at % model.taken.length, 1) as [Model["taken"][number]];
    if (this.well) real.settled();
    else {
      held.announce = true;
      real.restore(held, 1_000, model.now);
      const newer = model.held.get(key);
      const reads = [owed.read, newer?.read].filter((read) => read !== undefined);
      model.held.set(key, {
        delivered: Math.max(owed.delivered, newer?.delivered ?? 0),
        read: reads.length > 0 ? Math.max(...reads) : undefined,
        readAsked: Math.max(owed.readAsked, newer?.readAsked ?? 0),
        announce: true,
        dueAt: Math.min(newer?.dueAt ?? Number.POSITIVE_INFINITY, model.now + 1_000),
      });
    }
    expectSame(model, real);
  }
  toString = () => `answer(${this.at}, ${this.well ? "well" : "failed"})`;
}

class Forget implements Command {
  readonly at: number;
  constructor(at: number) {
    this.at = at;
  }
  check = ({ held }: Readonly<Model>) => held.size > 0;
  run(model: Model, real: HeldWatermarks): void {
    const key = [...model.held.keys()][this.at % model.held.size] ?? "";
    const held = [...real.of()].find((each) => keyOf(each) === key) as HeldWatermark;
    real.forget(held);
    real.forget(held);
    model.held.delete(key);
    expectSame(model, real);
  }
  toString = () => `forget(${this.at})`;
}

describe("HeldWatermarks, as two plain maps", () => {
  it("I14: holds the highest that was claimed, due when the first claim said, whatever is taken, written or fails", {
    timeout: 60_000,
  }, () => {
    const hold = fc
      .tuple(
        fc.constantFrom("u1", "u2"),
        fc.constantFrom("c1", "c2", "c3", "c4"),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom("delivered" as const, "read" as const, "sent" as const),
        fc.constantFrom(200, 2_000, 30_000),
      )
      .map((given) => new Hold(...given));
    const step = fc.oneof(
      { weight: 5, arbitrary: hold },
      { weight: 2, arbitrary: fc.tuple(fc.constantFrom(0, 200, 900, 2_000), fc.nat(4)).map((of) => new Take(...of)) },
      { weight: 2, arbitrary: fc.tuple(fc.nat(4), fc.boolean()).map((of) => new Answer(...of)) },
      { weight: 1, arbitrary: fc.nat(4).map((at) => new Forget(at)) },
    );
    fc.assert(
      fc.property(fc.commands([step], { maxCommands: 40, size: "max" }), (commands) => {
        fc.modelRun(() => ({ model: new Model(), real: new HeldWatermarks(MAX, PER_USER_MAX) }), commands);
      }),
      { numRuns: 100 },
    );
  });
});
