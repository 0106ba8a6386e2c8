import type { AgainFrame, GatewayFrame, LaggingFrame } from "@earshot/protocol";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { encode, encodeAgain, encodeEvents } from "../codec/encode.ts";
import { DEFAULT_LIMITS } from "../options.ts";
import type { EncodedFrames } from "../ports/transport.ts";
import type { OutgoingSignal } from "./held-signals.ts";
import { Outbox, type OutboxSurroundings, type OutboxWire } from "./outbox.ts";

/** A socket that keeps what it is given, and counts as full as a test wants. */
class Wire implements OutboxWire {
  readonly writes: EncodedFrames[] = [];
  /** Those of them that have a number. */
  readonly counted = new Set<EncodedFrames>();
  bufferedBytes = 0;
  repeats = false;

  send(frames: EncodedFrames, counted = false): void {
    this.writes.push(frames);
    if (counted) this.counted.add(frames);
  }

  get frames(): GatewayFrame[] {
    return this.writes.flatMap(({ texts }) => texts.map((text) => JSON.parse(text) as GatewayFrame));
  }

  get seqs(): number[] {
    return this.frames.flatMap((frame) => (frame.t === "event" ? [frame.seq] : []));
  }
}

const LIMITS = {
  ...DEFAULT_LIMITS,
  windowFramesMax: 4,
  outboxFramesMax: 8,
  outboxBytesMax: 10_000,
  socketBytesMax: 2_000,
};

/** Events `from`…`to` of a conversation, each of about `bytes` bytes. */
function events(c: string, from: number, to: number, bytes = 100) {
  const rows = Array.from({ length: to - from + 1 }, (_, index) => ({
    seq: from + index,
    ord: from + index,
    type: "message" as const,
    id: `m${from + index}`,
    from: "alice",
    at: 0,
    body: { text: "x".repeat(bytes) },
  }));
  return encodeEvents(c, "e1", rows);
}

let now = 0;
let wire: Wire;

function outbox(given: Partial<OutboxSurroundings> = {}): Outbox {
  const budget = { change: () => {} };
  const house = { limits: LIMITS, onOverflow: "catch-up" as const, budget, now: () => now, encode, encodeAgain };
  return new Outbox({ ...house, ...given }, wire, { slow: () => {} });
}

/** Sweeps once a second, as the gateway does; the first verdict, and after how many ms. */
function sweepUntil(box: Outbox, ms: number): { readonly verdict: string | null; readonly after: number } {
  for (const start = now; now < start + ms; ) {
    now += 1_000;
    const verdict = box.sweep(false);
    if (verdict !== null) return { verdict, after: now - start };
  }
  return { verdict: null, after: ms };
}

beforeEach(() => {
  now = 1_000;
  wire = new Wire();
});

describe("Outbox: window", () => {
  it("writes what arrives together as one piece, the very one that all sessions share", () => {
    const box = outbox();
    const three = events("c1", 1, 3);
    box.deliver(three);
    expect(wire.writes).toEqual([three.joined]);
    expect(wire.writes[0]).toBe(three.joined);
    expect(box.written).toBe(3);
  });

  it("I15: never has more than the window unacknowledged on the wire", () => {
    const box = outbox();
    box.deliver(events("c1", 1, 3));
    box.deliver(events("c1", 4, 6));
    expect(wire.seqs).toEqual([1, 2, 3, 4]);
    expect(box.written).toBe(4);
    expect(box.ack(1)).not.toBe(null);
    expect(wire.seqs).toEqual([1, 2, 3, 4, 5]);
    expect(box.ack(5)).not.toBe(null);
    expect(wire.seqs).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("waits while the socket is full, and goes on in order when it has drained", () => {
    const box = outbox();
    wire.bufferedBytes = LIMITS.socketBytesMax;
    box.deliver(events("c1", 1, 2));
    expect(wire.seqs).toEqual([]);
    expect(box.written).toBe(0);
    wire.bufferedBytes = 0;
    box.deliver(events("c1", 3, 3));
    expect(wire.seqs).toEqual([1, 2, 3]);
  });

  it("flushes on drain alone", () => {
    const box = outbox();
    wire.bufferedBytes = LIMITS.socketBytesMax;
    box.deliver(events("c1", 1, 2));
    wire.bufferedBytes = 0;
    box.flush();
    expect(wire.seqs).toEqual([1, 2]);
  });
});

describe("Outbox: uncounted frames", () => {
  const gone = (c: string) => encode({ t: "events", c, gone: true });

  it("go out at once where nothing waits", () => {
    const box = outbox();
    box.deliver(events("c1", 1, 2));
    box.lose("c1", gone("c1"));
    expect(wire.frames.map((frame) => frame.t)).toEqual(["event", "event", "events"]);
    expect(box.written).toBe(2);
  });

  it("I17: go out behind the events that wait, uncounted: gone never overtakes the removal", () => {
    const box = outbox();
    box.deliver(events("c1", 1, 5));
    box.lose("c1", gone("c1"));
    box.lose("c2", gone("c2"));
    box.deliver(events("c3", 1, 1));
    expect(wire.frames.map((frame) => frame.t)).toEqual(["event", "event", "event", "event"]);
    box.ack(4);
    expect(wire.frames.slice(4).map((frame) => [frame.t, "c" in frame ? frame.c : null])).toEqual([
      ["event", "c1"],
      ["events", "c1"],
      ["events", "c2"],
      ["event", "c3"],
    ]);
    expect(box.written).toBe(6);
    expect(box.ack(6)).not.toBe(null);
  });

  it("are told also when what they waited for is given up", () => {
    const box = outbox();
    box.deliver(events("c1", 1, 5));
    box.lose("c1", gone("c1"));
    box.deliver(events("c2", 1, 9));
    expect(box.catchingUp).toBe(true);
    expect(wire.frames.at(-1)).toEqual({ t: "events", c: "c1", gone: true });
    box.ack(4);
    expect(wire.frames.at(-1)).toMatchObject({ t: "lagging" });
  });

  it("are written again by nobody", () => {
    const box = outbox();
    box.deliver(events("c1", 1, 5));
    box.lose("c1", gone("c1"));
    box.ack(4);
    expect(sweepUntil(box, 10_000).verdict).toBe(null);
    expect(wire.frames.filter((frame) => frame.t === "events")).toHaveLength(1);
    expect(wire.frames.at(-1)).toMatchObject({ t: "again", n: 5 });
  });
});

describe("Outbox: signals", () => {
  const receipt = (c: string, user: string, read = 1): OutgoingSignal => ({
    c,
    key: `${c} ${user}`,
    frame: encode({ t: "receipt", c, user, delivered: read, read }),
  });
  const typing = (c: string): OutgoingSignal => ({ c, key: null, frame: encode({ t: "typing", c, user: "bob" }) });

  it("go straight out, uncounted, before events that wait for the window", () => {
    const box = outbox();
    box.deliver(events("c1", 1, 6));
    expect(box.signal(typing("c1"))).toBe(null);
    expect(box.signal(receipt("c1", "bob"))).toBe(null);
    expect(wire.frames.map((frame) => frame.t)).toEqual(["event", "event", "event", "event", "typing", "receipt"]);
    expect(box.written).toBe(4);
  });

  it("I20: typing is dropped where the socket is full, and comes never", () => {
    const box = outbox();
    wire.bufferedBytes = LIMITS.socketBytesMax;
    box.signal(typing("c1"));
    wire.bufferedBytes = 0;
    box.flush();
    expect(wire.frames).toEqual([]);
  });

  it("I14: receipts wait where it is full, the latest of each member alone, and in order with later ones", () => {
    const box = outbox();
    wire.bufferedBytes = LIMITS.socketBytesMax;
    for (const signal of [receipt("c1", "bob", 1), receipt("c1", "carol", 2), receipt("c1", "bob", 3)])
      box.signal(signal);
    expect(wire.frames).toEqual([]);
    wire.bufferedBytes = 0;
    box.signal(receipt("c1", "bob", 4));
    expect(wire.frames.map((frame) => (frame.t === "receipt" ? [frame.user, frame.read] : null))).toEqual([
      ["bob", 3],
      ["carol", 2],
      ["bob", 4],
    ]);
    box.flush();
    expect(wire.frames).toHaveLength(3);
  });

  it("I17: receipts that wait are forgotten with the conversation", () => {
    const box = outbox();
    wire.bufferedBytes = LIMITS.socketBytesMax;
    box.signal(receipt("c1", "bob"));
    box.signal(receipt("c2", "bob"));
    box.lose("c1", encode({ t: "events", c: "c1", gone: true }));
    wire.bufferedBytes = 0;
    box.flush();
    expect(wire.frames.map((frame) => ("c" in frame ? [frame.t, frame.c] : null))).toEqual([
      ["events", "c1"],
      ["receipt", "c2"],
    ]);
  });

  it("I15: receipts over the bound are given up like events: the client is told to read, and subscribes anew", () => {
    const box = outbox({ limits: { ...LIMITS, heldReceiptsMax: 2 } });
    box.deliver(events("c9", 1, 1));
    wire.bufferedBytes = LIMITS.socketBytesMax;
    box.signal(receipt("c1", "bob"));
    box.signal(receipt("c2", "bob"));
    box.signal(receipt("c1", "bob", 2));
    expect(box.catchingUp).toBe(false);
    expect(box.signal(receipt("c1", "carol"))).toBe(null);
    expect(box.catchingUp).toBe(true);
    // Until it is told, what it will subscribe anew to is not kept for it; the rest goes on.
    box.signal(receipt("c1", "dave"));
    box.signal(receipt("c3", "bob"));
    wire.bufferedBytes = 0;
    box.ack(1);
    expect(wire.frames.slice(1)).toEqual([
      { t: "receipt", c: "c3", user: "bob", delivered: 1, read: 1 },
      { t: "lagging", c: ["c1", "c2"] },
    ]);
  });

  it("I14: the receipt that finds no room is told anew with them", () => {
    const box = outbox({ limits: { ...LIMITS, heldReceiptsMax: 1 } });
    wire.bufferedBytes = LIMITS.socketBytesMax;
    box.signal(receipt("c1", "bob"));
    box.signal(receipt("c2", "bob"));
    expect(wire.frames).toEqual([{ t: "lagging", c: ["c1", "c2"] }]);
  });

  it("I15: twice within a minute it is a slow consumer", () => {
    const box = outbox({ limits: { ...LIMITS, heldReceiptsMax: 1 } });
    wire.bufferedBytes = LIMITS.socketBytesMax;
    box.signal(receipt("c1", "bob"));
    expect(box.signal(receipt("c2", "bob"))).toBe(null);
    box.signal(receipt("c3", "bob"));
    expect(box.signal(receipt("c4", "bob"))).toBe("slow");
  });
});

describe("Outbox: ack", () => {
  it("I14: tells the highest seq of each conversation that it freed, each once", () => {
    const box = outbox();
    box.deliver(events("c1", 5, 6));
    box.deliver(events("c2", 9, 9));
    expect(box.ack(0)).toEqual(new Map());
    expect(box.ack(1)).toEqual(new Map([["c1", 5]]));
    expect(box.ack(3)).toEqual(
      new Map([
        ["c1", 6],
        ["c2", 9],
      ]),
    );
    expect(box.ack(3)).toEqual(new Map());
    expect(box.ack(2)).toEqual(new Map());
  });

  it("frees cumulatively; an older one changes nothing", () => {
    const box = outbox();
    box.deliver(events("c1", 1, 4));
    const full = box.bytes;
    expect(box.ack(2)).not.toBe(null);
    expect(box.bytes).toBe(full / 2);
    expect(box.ack(1)).not.toBe(null);
    expect(box.bytes).toBe(full / 2);
    expect(box.ack(4)).not.toBe(null);
    expect(box.bytes).toBe(0);
  });

  it("I16: refuses one beyond what was written, waiting events not counted", () => {
    const box = outbox();
    box.deliver(events("c1", 1, 6));
    expect(box.ack(5)).toBe(null);
    expect(box.ack(4)).not.toBe(null);
  });
});

describe("Outbox: uncounted frames", () => {
  const gone = encode({ t: "events", c: "c1", gone: true });

  it("I17: go out behind the events that wait, so that none is overtaken, and are not counted", () => {
    const box = outbox();
    box.deliver(events("c1", 1, 6));
    box.lose("c1", gone);
    expect(wire.frames.map((frame) => frame.t)).toEqual(["event", "event", "event", "event"]);
    box.deliver(events("c2", 1, 1));
    box.ack(4);
    expect(wire.frames.slice(4).map((frame) => ("c" in frame ? [frame.t, frame.c] : []))).toEqual([
      ["event", "c1"],
      ["event", "c1"],
      ["events", "c1"],
      ["event", "c2"],
    ]);
    expect(box.written).toBe(7);
  });

  it("go out at once when nothing waits, and are told although what they waited for is given up", () => {
    const box = outbox();
    box.lose("c1", gone);
    expect(wire.frames).toHaveLength(1);
    box.deliver(events("c1", 1, 6));
    box.lose("c1", gone);
    box.deliver(events("c2", 1, 3));
    expect(box.catchingUp).toBe(true);
    expect(wire.frames.at(-1)).toEqual({ t: "events", c: "c1", gone: true });
  });
});

describe("Outbox: overflow", () => {
  it("I15: gives up what waits, tells what to fetch once the rest is acknowledged, and goes on", () => {
    const box = outbox();
    box.deliver(events("c1", 1, 6));
    expect(box.deliver(events("c2", 1, 3))).toBe(null);
    expect(box.catchingUp).toBe(true);
    expect(wire.seqs).toEqual([1, 2, 3, 4]);
    // Named too: it came while nothing was kept.
    expect(box.deliver(events("c3", 1, 1))).toBe(null);
    box.ack(3);
    expect(wire.frames.filter((frame) => frame.t === "lagging")).toEqual([]);
    box.ack(4);
    expect(wire.frames.at(-1)).toEqual({ t: "lagging", c: ["c1", "c2", "c3"] } satisfies LaggingFrame);
    expect(box.catchingUp).toBe(false);
    box.deliver(events("c1", 7, 7));
    expect(wire.seqs).toEqual([1, 2, 3, 4, 7]);
    expect(box.written).toBe(5);
  });

  it("does not name what is gone meanwhile, and says nothing where nothing is left", () => {
    const box = outbox();
    const gone = encode({ t: "events", c: "c1", gone: true });
    box.deliver(events("c1", 1, 6));
    box.deliver(events("c2", 1, 3));
    box.lose("c1", gone);
    box.ack(4);
    expect(wire.frames.slice(4)).toEqual([
      { t: "events", c: "c1", gone: true },
      { t: "lagging", c: ["c2"] },
    ]);
    now += LIMITS.overflowsApartMs;
    wire = new Wire();
    const other = outbox();
    other.deliver(events("c1", 1, 9));
    other.lose("c1", gone);
    other.ack(4);
    expect(wire.frames.filter((frame) => frame.t === "lagging")).toEqual([]);
    expect(other.catchingUp).toBe(false);
  });

  it("I15: tells at once when nothing is on the wire", () => {
    const box = outbox();
    wire.bufferedBytes = LIMITS.socketBytesMax;
    box.deliver(events("c1", 1, 9));
    expect(wire.frames).toEqual([{ t: "lagging", c: ["c1"] }]);
    expect(box.catchingUp).toBe(false);
  });

  it("counts bytes too, answers among them", () => {
    const box = outbox();
    wire.bufferedBytes = LIMITS.outboxBytesMax;
    box.deliver(events("c1", 1, 1, 10));
    expect(wire.frames).toEqual([{ t: "lagging", c: ["c1"] }]);
  });

  it("ends the session at the second within a minute", () => {
    const box = outbox();
    box.deliver(events("c1", 1, 9));
    box.ack(4);
    now += LIMITS.overflowsApartMs - 1;
    expect(box.deliver(events("c1", 10, 18))).toBe("slow");
  });

  it("forgives one that comes a minute later", () => {
    const box = outbox();
    box.deliver(events("c1", 1, 9));
    box.ack(4);
    now += LIMITS.overflowsApartMs;
    expect(box.deliver(events("c1", 10, 18))).toBe(null);
    expect(box.catchingUp).toBe(true);
  });

  it("ends the session when it is not drained within 30 s", () => {
    const box = outbox();
    box.deliver(events("c1", 1, 9));
    box.ack(1);
    now += LIMITS.drainedWithinMs - 1_000;
    expect(box.sweep(false)).toBe(null);
    now += 1_000;
    expect(box.sweep(false)).toBe("slow");
  });

  it("ends the session at once where the host wants that", () => {
    expect(outbox({ onOverflow: "close" }).deliver(events("c1", 1, 9))).toBe("slow");
  });

  it("I15: keeps as many frames as its cap, and not one more", () => {
    const box = outbox();
    box.deliver(events("c1", 1, 8, 10));
    expect(box.catchingUp).toBe(false);
    box.deliver(events("c1", 9, 9, 10));
    expect(box.catchingUp).toBe(true);
  });

  it("I15: keeps no more bytes than its cap and one frame, and no more on the wire than the window", () => {
    const largestFrame = events("c1", 999, 999, 4_000).joined.bytes;
    const step = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.tuple(fc.constant("deliver" as const), fc.integer({ min: 1, max: 6 }), fc.nat(4_000)),
      },
      { weight: 2, arbitrary: fc.tuple(fc.constant("ack" as const), fc.nat(4), fc.constant(0)) },
      {
        weight: 1,
        arbitrary: fc.tuple(fc.constant("socket" as const), fc.constantFrom(0, LIMITS.socketBytesMax), fc.constant(0)),
      },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        wire = new Wire();
        const box = outbox();
        let seq = 0;
        let acked = 0;
        for (const [what, number, bytes] of steps) {
          // No overflow counts as the second.
          now += LIMITS.overflowsApartMs;
          if (what === "deliver") {
            const batch = events("c1", seq + 1, seq + number, bytes);
            seq += number;
            expect(box.deliver(batch)).toBe(null);
            // A socket that is full holds answers, which the session bounds.
            if (wire.bufferedBytes === 0) expect(box.bytes).toBeLessThanOrEqual(LIMITS.outboxBytesMax + largestFrame);
          } else if (what === "ack") {
            acked = Math.min(acked + number, box.written);
            box.ack(acked);
          } else {
            wire.bufferedBytes = number;
            box.flush();
          }
          expect(box.written - acked).toBeLessThanOrEqual(LIMITS.windowFramesMax);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("Outbox: no ack", () => {
  it("sends the oldest again at 10, 20 and 30 s, uncounted, and is silent at 40 s", () => {
    const box = outbox();
    box.deliver(events("c1", 1, 2));
    const written: number[] = [];
    const start = now;
    let verdict: string | null = null;
    while (verdict === null) {
      const before = wire.writes.length;
      now += 1_000;
      verdict = box.sweep(false);
      if (wire.writes.length > before) written.push(now - start);
    }
    expect(written).toEqual([10_000, 20_000, 30_000]);
    expect({ verdict, after: now - start }).toEqual({ verdict: "silent", after: 40_000 });
    const again = wire.frames.filter((frame): frame is AgainFrame => frame.t === "again");
    expect(again.map(({ n, frame }) => [n, frame.seq])).toEqual([
      [1, 1],
      [1, 1],
      [1, 1],
    ]);
    expect(again[0]?.frame).toEqual(wire.frames[0]);
    expect(box.written).toBe(2);
  });

  it("counts the time anew from the last ack that freed something", () => {
    const box = outbox();
    box.deliver(events("c1", 1, 2));
    now += 9_000;
    box.ack(1);
    expect(sweepUntil(box, 9_000).verdict).toBe(null);
    expect(wire.frames.filter((frame) => frame.t === "again")).toEqual([]);
    // An old ack proves nothing about the oldest.
    box.ack(1);
    expect(sweepUntil(box, 1_000).verdict).toBe(null);
    expect(wire.frames.at(-1)).toMatchObject({ t: "again", n: 2, frame: { seq: 2 } });
    expect(sweepUntil(box, 60_000)).toEqual({ verdict: "silent", after: 30_000 });
  });

  it("gives the peer a fresh interval after this process stood still (trap 27)", () => {
    const box = outbox();
    box.deliver(events("c1", 1, 2));
    now += 45_000;
    expect(box.sweep(true)).toBe(null);
    expect(sweepUntil(box, 39_000).verdict).toBe(null);
    expect(wire.frames.filter((frame) => frame.t === "again")).toHaveLength(3);
    expect(sweepUntil(box, 1_000).verdict).toBe("silent");
  });

  it("gives a slow one a fresh interval after this process stood still (trap 27)", () => {
    const box = outbox();
    box.deliver(events("c1", 1, 9));
    now += 45_000;
    expect(box.sweep(true)).toBe(null);
    expect(sweepUntil(box, 29_000).verdict).toBe(null);
    expect(sweepUntil(box, 1_000).verdict).toBe("slow");
  });

  it("reminds anew of what is oldest after an ack, at 10, 20 and 30 s", () => {
    const box = outbox();
    box.deliver(events("c1", 1, 2));
    sweepUntil(box, 20_000);
    box.ack(1);
    const before = wire.frames.length;
    expect(sweepUntil(box, 30_000).verdict).toBe(null);
    expect(wire.frames.slice(before)).toMatchObject([
      { t: "again", n: 2 },
      { t: "again", n: 2 },
      { t: "again", n: 2 },
    ]);
  });

  it("says nothing of events that only wait", () => {
    const box = outbox();
    wire.bufferedBytes = LIMITS.socketBytesMax;
    box.deliver(events("c1", 1, 2));
    expect(sweepUntil(box, 60_000)).toEqual({ verdict: null, after: 60_000 });
    expect(wire.frames).toEqual([]);
  });
});

describe("Outbox: a way down that begins anew", () => {
  /** What was written since `before` writes. */
  const since = (before: number) => wire.frames.slice(before);

  it("I16: says from which number, and writes again what is not acknowledged", () => {
    const box = outbox();
    box.deliver(events("c1", 1, 4));
    box.ack(1);
    const before = wire.frames.length;
    box.startOver(0);
    expect(since(before)).toMatchObject([{ t: "from", n: 1 }, { seq: 2 }, { seq: 3 }, { seq: 4 }]);
    expect(box.written).toBe(4);
    expect(box.ack(4)).toEqual(new Map([["c1", 4]]));
  });

  it("leaves out what is on its way, and what waits", () => {
    const box = outbox();
    box.deliver(events("c1", 1, 6));
    const before = wire.frames.length;
    box.startOver(3);
    expect(since(before)).toMatchObject([{ t: "from", n: 0 }, { seq: 1 }]);
    box.startOver(9);
    expect(since(before + 2)).toEqual([{ t: "from", n: 0 }]);
  });

  it("tells the wire which frames have a number", () => {
    const box = outbox();
    box.deliver(events("c1", 1, 3));
    box.deliver(events("c1", 4, 6));
    box.lose("c1", encode({ t: "events", c: "c1", gone: true }));
    box.ack(4);
    box.startOver(0);
    sweepUntil(box, 10_000);
    const kinds = wire.writes.map((write) => [JSON.parse(write.texts[0] ?? "").t, wire.counted.has(write)]);
    expect(new Set(kinds.map((kind) => kind.join(" ")))).toEqual(
      new Set(["event true", "events false", "from false", "again false"]),
    );
  });

  it("repeats a lagging until something behind it is acknowledged", () => {
    const box = outbox();
    for (let seq = 1; seq <= 9; seq++) box.deliver(events("c1", seq, seq));
    box.ack(4);
    expect(wire.frames.at(-1)).toEqual({ t: "lagging", c: ["c1"] });
    let before = wire.frames.length;
    box.startOver(0);
    expect(since(before)).toEqual([
      { t: "from", n: 4 },
      { t: "lagging", c: ["c1"] },
    ]);
    box.deliver(events("c1", 10, 10));
    before = wire.frames.length;
    box.startOver(0);
    expect(since(before)).toMatchObject([{ t: "from", n: 4 }, { t: "lagging" }, { seq: 10 }]);
    box.ack(5);
    before = wire.frames.length;
    box.startOver(0);
    expect(since(before)).toEqual([{ t: "from", n: 5 }]);
  });

  it("I16: names all that was given up and not acknowledged, though it was told in more than one lagging", () => {
    const box = outbox();
    const overflow = (c: string, from: number): void => {
      now += LIMITS.overflowsApartMs;
      wire.bufferedBytes = LIMITS.socketBytesMax;
      box.deliver(events(c, from, from + 9, 10));
      wire.bufferedBytes = 0;
    };
    overflow("c1", 1);
    overflow("c2", 1);
    const before = wire.frames.length;
    box.startOver(0);
    expect(since(before)).toEqual([
      { t: "from", n: 0 },
      { t: "lagging", c: ["c1", "c2"] },
    ]);
    box.deliver(events("c1", 11, 11));
    box.ack(1);
    const after = wire.frames.length;
    box.startOver(0);
    expect(since(after)).toEqual([{ t: "from", n: 1 }]);
  });

  it("reminds of nothing where the way itself repeats, and gives it up all the same", () => {
    const box = outbox();
    wire.repeats = true;
    box.deliver(events("c1", 1, 1));
    expect(sweepUntil(box, 60_000)).toEqual({ verdict: "silent", after: 40_000 });
    expect(wire.frames).toHaveLength(1);
  });

  it("I13: drops what waits of a send that is about to be answered, and lets what stood behind it go", () => {
    const box = outbox();
    box.deliver(events("c1", 1, 6));
    expect(wire.seqs).toEqual([1, 2, 3, 4]);
    const gone = encode({ t: "events", c: "c2", gone: true });
    box.told("c1", 2);
    box.told("c2", 5);
    box.told("c1", 5);
    box.lose("c2", gone);
    box.told("c1", 6);
    expect(wire.writes.at(-1)).toBe(gone);
    box.ack(4);
    box.deliver(events("c1", 7, 7));
    expect(wire.seqs).toEqual([1, 2, 3, 4, 7]);
    expect(box.written).toBe(5);
  });
});
