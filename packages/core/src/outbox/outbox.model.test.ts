import type { GatewayFrame } from "@earshot/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encode, encodeAgain, encodeEvents } from "../codec/encode.ts";
import { DEFAULT_LIMITS } from "../options.ts";
import type { EncodedFrames } from "../ports/transport.ts";
import { Outbox, type OutboxVerdict, type OutboxWire } from "./outbox.ts";

const LIMITS = {
  ...DEFAULT_LIMITS,
  ...{ windowFramesMax: 4, outboxFramesMax: 8, socketBytesMax: 500, heldReceiptsMax: 2 },
  // so that a run comes through more than one
  overflowsApartMs: 5_000,
};
const SECOND = 1_000;
const CONVERSATIONS = ["c1", "c2"] as const;
const USERS = ["u1", "u2"] as const;

type Step =
  | { readonly do: "deliver"; readonly c: string; readonly count: number; readonly bytes: number }
  | { readonly do: "receipt"; readonly c: string; readonly user: string }
  | { readonly do: "typing"; readonly c: string }
  | { readonly do: "lose"; readonly c: string }
  /** The socket takes frames, and says so at once or later; they arrive; what arrived is acknowledged, but for the last `but`. */
  | { readonly do: "take"; readonly count: number; readonly told: boolean }
  | { readonly do: "arrive"; readonly count: number }
  | { readonly do: "ack"; readonly but: number }
  | { readonly do: "ack too much"; readonly by: number }
  | { readonly do: "pass"; readonly seconds: number }
  | { readonly do: "stall" | "evict" | "cut" };

interface Carried {
  readonly frame: GatewayFrame;
  readonly bytes: number;
  readonly counted: boolean;
}

/** A socket, or a stream: what it has not taken, and what is on its way and may be lost with it. */
class Way implements OutboxWire {
  flight: Carried[] = [];
  /** Everything that was written in the step that runs. */
  news: Carried[] = [];
  readonly repeats: boolean;
  /** What a stream begins with, as long as it is not taken, and what comes behind that. */
  #front: Carried[] = [];
  #rest: Carried[] = [];
  #begins = false;

  constructor(repeats: boolean) {
    this.repeats = repeats;
  }

  get bufferedBytes(): number {
    return bytesOf(this.#front) + bytesOf(this.#rest);
  }

  get full(): boolean {
    return this.bufferedBytes >= LIMITS.socketBytesMax;
  }

  send(frames: EncodedFrames, counted = false): void {
    const carried = frames.texts.map((text) => ({
      ...{ frame: JSON.parse(text) as GatewayFrame, bytes: text.length, counted },
    }));
    this.news.push(...carried);
    (this.#begins ? this.#front : this.#rest).push(...carried);
  }

  take(count: number): void {
    const front = this.#front.splice(0, count);
    this.flight.push(...front, ...this.#rest.splice(0, count - front.length));
  }

  /** What is on its way is lost, and what was to come first; `fill` writes anew what comes before what waits. */
  begin(fill: (counted: number) => void): void {
    this.flight = [];
    this.#front = [];
    this.#begins = true;
    fill(this.#rest.filter(({ counted }) => counted).length);
    this.#begins = false;
  }
}

/** The client: applies what is next, reads the log when told to, and never has anything to ask otherwise. */
class Reader {
  readonly #world: World;
  readonly has = new Map<string, number>();
  readonly receipts = new Map<string, number>();
  received = 0;
  /** Up to where the log itself was read. */
  readonly #read = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  take(frame: GatewayFrame): void {
    if (frame.t === "event") {
      this.received++;
      const last = this.has.get(frame.c);
      if (last !== undefined && frame.seq !== last + 1) {
        // what was read from the log meanwhile; and a stream that began anew brings again what has come
        expect(frame.seq).toBeLessThanOrEqual(this.#world.streams ? last : (this.#read.get(frame.c) ?? 0));
        return;
      }
      this.has.set(frame.c, frame.seq);
    } else if (frame.t === "lagging") for (const c of frame.c) this.#fetch(c);
    else if (frame.t === "events") {
      this.has.delete(frame.c);
      this.#world.unheard.delete(frame.c);
      for (const user of USERS) this.receipts.delete(`${frame.c} ${user}`);
    } else if (frame.t === "receipt") {
      const key = `${frame.c} ${frame.user}`;
      this.receipts.set(key, Math.max(this.receipts.get(key) ?? 0, frame.read));
    } else if (frame.t === "from") {
      this.received = frame.n;
      for (const [key, read] of this.#world.receipts) this.receipts.set(key, read);
    }
  }

  #fetch(c: string): void {
    const head = this.#world.heads.get(c) ?? 0;
    this.#read.set(c, head);
    this.has.set(c, Math.max(this.has.get(c) ?? 0, head));
    for (const user of USERS) {
      const read = this.#world.receipts.get(`${c} ${user}`);
      if (read !== undefined) this.receipts.set(`${c} ${user}`, read);
    }
  }
}

/** One outbox between a log and a reader, and beside it what is kept for that reader, as two plain lists. */
class World {
  readonly streams: boolean;
  readonly way: Way;
  readonly box: Outbox;
  readonly reader = new Reader(this);
  readonly heads = new Map<string, number>(CONVERSATIONS.map((c) => [c, 0]));
  readonly receipts = new Map<string, number>();
  readonly gone = new Set<string>();
  /** Of which the reader has not heard yet that they are gone: it subscribes anew only after that. */
  readonly unheard = new Set<string>();
  /** Bytes of events that wait, and of those on the wire with the moment of their writing. */
  waiting: number[] = [];
  wired: { readonly bytes: number; readonly at: number }[] = [];
  acked = 0;
  now = 1_000_000;
  verdict: OutboxVerdict | null = null;
  budget = 0;
  /** Since when nothing was acknowledged, though it could have been; when waiting events were given up, and before. */
  quietSince = 0;
  laggingSince = Number.NEGATIVE_INFINITY;
  overflowedAt = Number.NEGATIVE_INFINITY;
  /** Receipts as they were written, and as the reader subscribes to them anew. */
  readonly #written = new Map<string, number>();
  readonly #anew = new Map<string, number>();
  #notes = 0;

  readonly bytesMax: number;

  constructor(streams: boolean, bytesMax: number) {
    this.streams = streams;
    this.bytesMax = bytesMax;
    this.way = new Way(streams);
    const house = {
      limits: { ...LIMITS, outboxBytesMax: bytesMax },
      onOverflow: "catch-up" as const,
      budget: {
        change: (_: Outbox, from: number, to: number) => {
          this.budget += to - from;
        },
      },
      now: () => this.now,
      encode,
      encodeAgain,
    };
    const slow = () => {
      this.verdict = "slow";
    };
    this.box = new Outbox(house, this.way, { slow });
  }

  run(step: Step): void {
    this.way.news = [];
    switch (step.do) {
      case "deliver":
        this.#deliver(step);
        break;
      case "receipt":
        this.#receipt(step.c, step.user);
        break;
      case "typing":
        this.#typing(step.c);
        break;
      case "lose":
        this.#lose(step.c);
        break;
      case "take":
        this.way.take(step.count);
        if (step.told) this.box.flush();
        this.#settle();
        break;
      case "arrive":
        for (const { frame } of this.way.flight.splice(0, step.count)) this.reader.take(frame);
        break;
      case "ack":
        this.#ack(Math.max(0, this.reader.received - step.but));
        break;
      case "ack too much":
        expect(this.box.ack(this.box.written + step.by)).toBe(null);
        break;
      case "pass":
        for (let second = 0; second < step.seconds && this.verdict === null; second++) this.#sweep(false);
        break;
      case "stall":
        this.now += 60 * SECOND;
        this.#sweep(true);
        break;
      case "evict":
        this.#evict();
        break;
      case "cut":
        this.way.begin((counted) => this.box.startOver(counted));
    }
    if (this.verdict === null) this.#check(step);
  }

  /** Everything that is on its way arrives, and is acknowledged. */
  finish(): void {
    for (let round = 0; round < 100 && this.verdict === null; round++) {
      this.run({ do: "take", count: 1_000, told: true });
      this.run({ do: "arrive", count: 1_000 });
      this.run({ do: "ack", but: 0 });
    }
  }

  #deliver({ c, count, bytes }: { readonly c: string; readonly count: number; readonly bytes: number }): void {
    this.gone.delete(c);
    const head = this.heads.get(c) ?? 0;
    const rows = Array.from({ length: count }, (_, index) => ({
      ...{ seq: head + 1 + index, ord: head + 1 + index, type: "message" as const, id: `m${head + 1 + index}` },
      ...{ from: "alice", at: 0, body: { text: "x".repeat(bytes) } },
    }));
    this.heads.set(c, head + count);
    const events = encodeEvents(c, "e1", rows);
    const { catchingUp } = this.box;
    if (!catchingUp) this.waiting.push(...events.events.map(({ frame }) => frame.bytes));
    const kept = { frames: this.waiting.length + this.wired.length, bytes: this.#bytes };
    const verdict = this.box.deliver(events);
    const gaveUp = !catchingUp && this.#hasGivenUp;
    this.#settle();
    const over =
      kept.frames > LIMITS.outboxFramesMax ||
      kept.bytes + Math.max(0, this.way.bufferedBytes - this.#wireBytes) > this.bytesMax;
    if (gaveUp || verdict !== null) {
      expect(over).toBe(true);
      this.#overflown(verdict);
    } else if (this.waiting.length > 0) expect(over).toBe(false);
  }

  #receipt(c: string, user: string): void {
    if (this.gone.has(c) || this.unheard.has(c)) return;
    const key = `${c} ${user}`;
    const read = (this.receipts.get(key) ?? 0) + 1;
    this.receipts.set(key, read);
    const held = this.#untold.filter((each) => each !== key);
    const { catchingUp } = this.box;
    const frame = encode({ t: "receipt", c, user, delivered: read, read });
    const verdict = this.box.signal({ c, key, frame });
    const gaveUp = !catchingUp && this.#hasGivenUp;
    this.#settle();
    if (!gaveUp && verdict === null) return;
    expect(held.length).toBeGreaterThanOrEqual(LIMITS.heldReceiptsMax);
    this.#overflown(verdict);
  }

  /** To make room for others: what waits goes, unless that is less than half of it, or went just now. */
  #evict(): void {
    const { bytes, catchingUp } = this.box;
    const tooLittle = catchingUp || 2 * (this.#bytes - this.#wireBytes) < bytes;
    this.box.evict();
    this.#settle();
    if (tooLittle) expect(this.verdict).toBe("slow");
    else this.#overflown(this.verdict);
  }

  /** Now or never (I20). */
  #typing(c: string): void {
    const full = this.way.full;
    expect(this.box.signal({ c, key: null, frame: encode({ t: "typing", c, user: `u${++this.#notes}` }) })).toBe(null);
    const told = this.way.news.some(({ frame }) => frame.t === "typing" && frame.user === `u${this.#notes}`);
    if (full) expect(told).toBe(false);
    this.#settle();
  }

  #lose(c: string): void {
    if (this.gone.has(c)) return;
    this.gone.add(c);
    this.unheard.add(c);
    for (const user of USERS) this.receipts.delete(`${c} ${user}`);
    this.box.lose(c, encode({ t: "events", c, gone: true }));
    for (const user of USERS) {
      this.#written.delete(`${c} ${user}`);
      this.#anew.delete(`${c} ${user}`);
    }
  }

  #ack(n: number): void {
    const freed = Math.max(0, n - this.acked);
    expect(this.box.ack(n)).not.toBe(null);
    this.wired.splice(0, freed);
    this.acked += freed;
    if (freed > 0) this.quietSince = this.now;
    this.#settle();
  }

  #sweep(fresh: boolean): void {
    this.way.news = [];
    this.now += SECOND;
    const lagging = this.box.catchingUp;
    const verdict = this.box.sweep(fresh);
    const again = this.way.news.filter(({ frame }) => frame.t === "again");
    if (fresh) {
      this.quietSince = this.now;
      this.laggingSince = this.now;
      expect([verdict, again]).toEqual([null, []]);
      return;
    }
    const oldest = this.wired[0];
    const quiet = oldest === undefined ? 0 : this.now - Math.max(oldest.at, this.quietSince);
    if (lagging && this.now - this.laggingSince >= LIMITS.drainedWithinMs) expect(verdict).toBe("slow");
    else expect(verdict).toBe(quiet >= 40 * SECOND ? "silent" : null);
    const due = verdict === null && !this.streams && [10, 20, 30].some((seconds) => quiet === seconds * SECOND);
    expect(again.map(({ frame }) => "n" in frame && frame.n)).toEqual(due ? [this.acked + 1] : []);
    this.verdict = verdict;
  }

  /** Whether the step that runs gave up what waited. */
  get #hasGivenUp(): boolean {
    return this.box.catchingUp || this.way.news.some(({ frame }) => frame.t === "lagging");
  }

  /** Takes note of what was written. */
  #settle(): void {
    for (const { frame, bytes, counted } of this.way.news.splice(0)) {
      expect(counted).toBe(frame.t === "event");
      if (frame.t === "event") {
        expect(this.waiting.shift()).toBe(bytes);
        this.wired.push({ bytes, at: this.now });
      } else if (frame.t === "receipt") {
        const key = `${frame.c} ${frame.user}`;
        expect(this.gone.has(frame.c)).toBe(false);
        expect(frame.read).toBeGreaterThan(this.#written.get(key) ?? 0);
        this.#written.set(key, frame.read);
      } else if (frame.t === "typing") expect(frame.user).toBe(`u${this.#notes}`);
      else if (frame.t === "lagging") {
        expect(this.wired).toEqual([]);
        for (const [key, read] of this.receipts) {
          if (frame.c.some((c) => key.startsWith(`${c} `))) this.#anew.set(key, read);
        }
      }
    }
  }

  /** What waited was given up, or for the second time within a minute the session. */
  #overflown(verdict: OutboxVerdict | null): void {
    const again = this.now - this.overflowedAt < LIMITS.overflowsApartMs;
    expect(verdict).toBe(again ? "slow" : null);
    this.verdict = verdict;
    this.overflowedAt = this.now;
    this.laggingSince = this.now;
    this.waiting = [];
  }

  /** Receipts whose latest the reader has not been told of. */
  get #untold(): readonly string[] {
    const told = (key: string, read: number) => this.#written.get(key) === read || this.#anew.get(key) === read;
    return [...this.receipts].flatMap(([key, read]) => (told(key, read) ? [] : [key]));
  }

  get #wireBytes(): number {
    return bytesOf(this.wired);
  }

  get #bytes(): number {
    return this.#wireBytes + this.waiting.reduce((sum, bytes) => sum + bytes, 0);
  }

  #check(step: Step): void {
    const { box, wired, waiting, way } = this;
    const largest = Math.max(0, ...wired.map(({ bytes }) => bytes), ...waiting);
    const held = this.#untold;
    // nothing waits where there is room for it, and the outbox was told
    const told = ["deliver", "ack"].includes(step.do) || (step.do === "take" && step.told);
    const room = !way.full && wired.length < LIMITS.windowFramesMax && this.#wireBytes < this.bytesMax;
    const wrong = {
      written: box.written - this.acked !== wired.length,
      bytes: box.bytes !== this.#bytes + Math.max(0, way.bufferedBytes - this.#wireBytes),
      window: wired.length > LIMITS.windowFramesMax,
      frames: waiting.length + wired.length > LIMITS.outboxFramesMax,
      cap: this.#bytes > this.bytesMax + largest,
      receipts: !box.catchingUp && held.length > LIMITS.heldReceiptsMax,
      idle: told && room && waiting.length > 0,
    };
    if (Object.values(wrong).includes(true)) expect(wrong).toEqual({});
  }
}

function bytesOf(carried: readonly { readonly bytes: number }[]): number {
  return carried.reduce((sum, { bytes }) => sum + bytes, 0);
}

const c = fc.constantFrom(...CONVERSATIONS);
const count = fc.integer({ min: 1, max: 6 });
const many = fc.integer({ min: 1, max: 4 });
const shared: { readonly weight: number; readonly arbitrary: fc.Arbitrary<Step> }[] = [
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("deliver"), c, count: many, bytes: fc.integer({ min: 150, max: 400 }) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("deliver"), c, count: many, bytes: fc.nat(20) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("receipt"), c, user: fc.constantFrom(...USERS) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("typing"), c }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("take"), count, told: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("arrive"), count }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("ack"), but: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("ack too much"), by: count }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("pass"), seconds: fc.constantFrom(2, 5, 11, 35) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("stall", "evict") }) },
];

/** Either bound is the one that is reached first. */
const bytesMax = fc.constantFrom(900, 4_000);

/** Runs steps until the session is ended, then lets all arrive: a reader that was not cut off has everything. */
function run(streams: boolean, bytesMax: number, steps: readonly Step[]): void {
  const world = new World(streams, bytesMax);
  for (const step of steps) {
    world.run(step);
    if (world.verdict !== null) break;
  }
  world.finish();
  if (world.verdict === null) {
    for (const c of CONVERSATIONS) {
      expect(world.reader.has.get(c) ?? 0).toBe(world.gone.has(c) ? 0 : world.heads.get(c));
    }
    expect([...world.reader.receipts].sort()).toEqual([...world.receipts].sort());
    expect([world.box.bytes, world.box.catchingUp]).toEqual([0, false]);
  }
  world.box.close();
  expect(world.budget).toBe(0);
}

describe("Outbox, as two plain lists and a reader", () => {
  it("I7, I8, I14, I15, I16, I20: over a socket, whatever happens", { timeout: 60_000 }, () => {
    const step = fc.oneof(...shared, {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant("lose" as const), c }),
    });
    fc.assert(
      fc.property(bytesMax, fc.array(step, { maxLength: 80, size: "max" }), (max, steps) => run(false, max, steps)),
      { numRuns: 100 },
    );
  });

  it("I7, I14, I15, I16: over streams that are cut with what is on its way", { timeout: 60_000 }, () => {
    const step = fc.oneof(...shared, { weight: 2, arbitrary: fc.constant({ do: "cut" as const }) });
    fc.assert(
      fc.property(bytesMax, fc.array(step, { maxLength: 80, size: "max" }), (max, steps) => run(true, max, steps)),
      { numRuns: 100 },
    );
  });
});
