import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EncodedFrames } from "../ports/transport.ts";
import { Window } from "./window.ts";

const frameOf = (bytes: number): EncodedFrames => ({ texts: ["x".repeat(bytes)], bytes, prepared: null });

/** The window as an array: what it should be, without its links. */
class Model {
  kept: {
    readonly c: string;
    readonly seq: number;
    readonly frame: EncodedFrames;
    writtenAt: number | null;
    readonly behind: { readonly c: string; readonly frame: EncodedFrames }[];
  }[] = [];
  written = 0;
  acked = 0;
  seq = 0;

  get onWire() {
    return this.kept.filter((entry) => entry.writtenAt !== null);
  }
}

const bytesOf = (entries: readonly { readonly frame: EncodedFrames }[]): number =>
  entries.reduce((sum, { frame }) => sum + frame.bytes, 0);

function expectSame(window: Window, model: Model): void {
  expect({
    written: window.written,
    acked: window.acked,
    frames: window.frames,
    bytes: window.bytes,
    wireBytes: window.wireBytes,
    onWire: window.onWire,
    waiting: window.waiting,
    oldest: window.oldest?.frame ?? null,
    oldestAt: window.oldest?.writtenAt ?? null,
  }).toEqual({
    written: model.written,
    acked: model.acked,
    frames: model.kept.length,
    bytes: bytesOf(model.kept),
    wireBytes: bytesOf(model.onWire),
    onWire: model.onWire.length,
    waiting: model.kept.length - model.onWire.length,
    oldest: model.onWire[0]?.frame ?? null,
    oldestAt: model.onWire[0]?.writtenAt ?? null,
  });
  const onWire = model.onWire.map(({ frame }) => frame);
  for (const last of [0, 1, 3]) {
    expect([...window.onWireBut(last)]).toEqual(onWire.slice(0, Math.max(0, onWire.length - last)));
  }
}

class Push implements fc.Command<Model, Window> {
  readonly c: string;
  readonly bytes: number;
  constructor(c: string, bytes: number) {
    this.c = c;
    this.bytes = bytes;
  }
  check = () => true;
  run(model: Model, window: Window): void {
    const frame = frameOf(this.bytes);
    const seq = ++model.seq;
    window.push(this.c, seq, frame);
    model.kept.push({ c: this.c, seq, frame, writtenAt: null, behind: [] });
    expectSame(window, model);
  }
  toString = () => `push(${this.c}, ${this.bytes})`;
}

class PushWritten implements fc.Command<Model, Window> {
  readonly c: string;
  readonly bytes: number;
  readonly now: number;
  constructor(c: string, bytes: number, now: number) {
    this.c = c;
    this.bytes = bytes;
    this.now = now;
  }
  check = (model: Readonly<Model>) => model.kept.every(({ writtenAt }) => writtenAt !== null);
  run(model: Model, window: Window): void {
    const frame = frameOf(this.bytes);
    const seq = ++model.seq;
    window.pushWritten(this.c, seq, frame, this.now);
    model.kept.push({ c: this.c, seq, frame, writtenAt: this.now, behind: [] });
    model.written++;
    expectSame(window, model);
  }
  toString = () => `pushWritten(${this.c}, ${this.bytes}, ${this.now})`;
}

class Write implements fc.Command<Model, Window> {
  readonly now: number;
  constructor(now: number) {
    this.now = now;
  }
  check = () => true;
  run(model: Model, window: Window): void {
    const next = model.kept.find((entry) => entry.writtenAt === null);
    const behind = next?.behind.map(({ frame }) => frame) ?? [];
    expect(window.write(this.now)).toEqual(next === undefined ? null : { frame: next.frame, behind });
    if (next !== undefined) {
      next.writtenAt = this.now;
      model.written++;
    }
    expectSame(window, model);
  }
  toString = () => `write(${this.now})`;
}

class Ack implements fc.Command<Model, Window> {
  /** How far from what was acknowledged last: also backward, also beyond what was written. */
  readonly by: number;
  constructor(by: number) {
    this.by = by;
  }
  check = (model: Readonly<Model>) => model.acked + this.by >= 0;
  run(model: Model, window: Window): void {
    const n = model.acked + this.by;
    const seqs = window.ackThrough(n);
    expect(seqs === null).toBe(n > model.written);
    const freed = n <= model.written && n > model.acked ? model.kept.splice(0, n - model.acked) : [];
    model.acked += freed.length;
    // The highest of each conversation: seqs of the model rise.
    expect(seqs ?? new Map()).toEqual(new Map(freed.map(({ c, seq }) => [c, seq])));
    expectSame(window, model);
  }
  toString = () => `ack(${this.by})`;
}

class Follow implements fc.Command<Model, Window> {
  readonly c: string;
  readonly bytes: number;
  constructor(c: string, bytes: number) {
    this.c = c;
    this.bytes = bytes;
  }
  check = () => true;
  run(model: Model, window: Window): void {
    const frame = frameOf(this.bytes);
    const last = model.kept.at(-1);
    const waits = last !== undefined && last.writtenAt === null;
    expect(window.follow(this.c, frame)).toBe(waits);
    if (waits) last.behind.push({ c: this.c, frame });
    expectSame(window, model);
  }
  toString = () => `follow(${this.c}, ${this.bytes})`;
}

class Drop implements fc.Command<Model, Window> {
  /** How far back from the newest: on the wire, waiting, or gone already. */
  readonly back: number;
  constructor(back: number) {
    this.back = back;
  }
  check = () => true;
  run(model: Model, window: Window): void {
    const seq = model.seq - this.back;
    const index = model.kept.findIndex((entry) => entry.seq === seq);
    const entry = model.kept[index];
    const waits = entry !== undefined && entry.writtenAt === null;
    const before = model.kept[index - 1];
    const last = before !== undefined && before.writtenAt === null ? before : null;
    const behind = waits ? entry.behind : [];
    expect(window.drop(entry?.c ?? "c1", seq)).toEqual(last === null ? behind.map(({ frame }) => frame) : []);
    last?.behind.push(...behind);
    if (waits) model.kept.splice(index, 1);
    expect(window.drop(entry?.c ?? "c1", seq)).toEqual([]);
    expectSame(window, model);
  }
  toString = () => `drop(${this.back})`;
}

class DropWaiting implements fc.Command<Model, Window> {
  check = () => true;
  run(model: Model, window: Window): void {
    const waiting = model.kept.filter((entry) => entry.writtenAt === null);
    const { conversations, behind } = window.dropWaiting();
    // What was gone, and did not come back behind that, is nobody's to fetch.
    const steps = waiting.flatMap(({ c, behind: gone }) => [
      { c, kept: true },
      ...gone.map((one) => ({ c: one.c, kept: false })),
    ]);
    const left = new Map(steps.map(({ c, kept }) => [c, kept]));
    expect([...conversations].sort()).toEqual([...left].flatMap(([c, kept]) => (kept ? [c] : [])).sort());
    expect(behind).toEqual(waiting.flatMap((entry) => entry.behind.map(({ frame }) => frame)));
    model.kept = model.onWire;
    expectSame(window, model);
  }
  toString = () => "dropWaiting()";
}

describe("Window", () => {
  it("I16: is the array that its linked list stands for, after any steps", { timeout: 60_000 }, () => {
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.tuple(fc.constantFrom("c1", "c2", "c3"), fc.nat(50)).map(([c, bytes]) => new Push(c, bytes)),
      },
      {
        weight: 4,
        arbitrary: fc
          .tuple(fc.constantFrom("c1", "c2", "c3"), fc.nat(50), fc.nat(1_000))
          .map(([c, bytes, now]) => new PushWritten(c, bytes, now)),
      },
      { weight: 4, arbitrary: fc.nat(1_000).map((now) => new Write(now)) },
      { weight: 2, arbitrary: fc.integer({ min: -3, max: 6 }).map((by) => new Ack(by)) },
      {
        weight: 2,
        arbitrary: fc.tuple(fc.constantFrom("c1", "c2", "c3"), fc.nat(50)).map(([c, bytes]) => new Follow(c, bytes)),
      },
      { weight: 2, arbitrary: fc.nat(12).map((back) => new Drop(back)) },
      { weight: 1, arbitrary: fc.constant(new DropWaiting()) },
    );
    fc.assert(
      fc.property(fc.commands([step], { maxCommands: 60 }), (commands) => {
        fc.modelRun(() => ({ model: new Model(), real: new Window() }), commands);
      }),
      { numRuns: 500 },
    );
  });

  it("keeps references, never copies", () => {
    const window = new Window();
    const frame = frameOf(3);
    window.push("c1", 1, frame);
    expect(window.write(0)?.frame).toBe(frame);
    expect(window.oldest?.frame).toBe(frame);
  });
});
