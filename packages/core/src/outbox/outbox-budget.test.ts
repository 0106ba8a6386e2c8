import type { GatewayFrame } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { encode, encodeAgain, encodeEvents } from "../codec/encode.ts";
import { DEFAULT_LIMITS } from "../options.ts";
import type { EncodedFrames } from "../ports/transport.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { Outbox } from "./outbox.ts";
import { OutboxBudget } from "./outbox-budget.ts";

const KIB = 1_024;

/** Outboxes under one budget, on sockets that nobody reads. */
function outboxesOf(bytesMax: number, { onOverflow = "catch-up" as "catch-up" | "close", windowFramesMax = 2 } = {}) {
  const clock = new ManualClock();
  const budget = new OutboxBudget(clock, bytesMax);
  const limits = { ...DEFAULT_LIMITS, windowFramesMax };
  const house = { limits, onOverflow, budget, now: () => clock.monotonic(), encode, encodeAgain };
  const slow: string[] = [];
  const make = (name: string) => {
    const frames: EncodedFrames[] = [];
    const wire = { bufferedBytes: 0, send: (given: EncodedFrames) => void frames.push(given) };
    const end = () => {
      slow.push(name);
      box.close();
    };
    const box: Outbox = new Outbox(house, wire, { slow: end });
    const told = () => frames.flatMap(({ texts }) => texts.map((text) => JSON.parse(text) as GatewayFrame));
    return { box, wire, told };
  };
  return { clock, budget, slow, make };
}

let seq = 0;
function event(bytes: number) {
  seq++;
  const row = { seq, ord: seq, type: "message" as const, id: `m${seq}`, from: "alice", at: 0 };
  return encodeEvents("c1", "e1", [{ ...row, body: { text: "x".repeat(bytes) } }]);
}

describe("OutboxBudget", () => {
  it("S49: over the budget the one that keeps most turns to catch-up, at the end of the turn, and the others keep theirs", async () => {
    const { clock, budget, slow, make } = outboxesOf(100 * KIB);
    const [large, small] = [make("large"), make("small")];
    for (let sent = 0; sent < 8; sent++) large.box.deliver(event(10 * KIB));
    small.box.deliver(event(10 * KIB));
    await clock.settle();
    expect([large.box.catchingUp, small.box.catchingUp]).toEqual([false, false]);
    small.box.deliver(event(15 * KIB));
    expect(large.box.catchingUp).toBe(false);
    await clock.settle();
    expect([large.box.catchingUp, small.box.catchingUp, slow]).toEqual([true, false, []]);
    expect(budget.bytes).toBeLessThanOrEqual(100 * KIB);
    expect(budget.bytes).toBe(large.box.bytes + small.box.bytes);
    // Once what was written is acknowledged, the client is told what to fetch.
    large.box.ack(2);
    expect(large.told().at(-1)).toEqual({ t: "lagging", c: ["c1"] });
  });

  it("S49: one whose bytes are on the wire, or were given up a moment ago, is closed", async () => {
    const { clock, budget, slow, make } = outboxesOf(50 * KIB, { windowFramesMax: 256 });
    const wired = make("wired");
    for (let sent = 0; sent < 6; sent++) wired.box.deliver(event(10 * KIB));
    await clock.settle();
    expect(slow).toEqual(["wired"]);
    expect(budget.bytes).toBe(0);
  });

  it("S49: counts answers that nobody reads", async () => {
    const { clock, slow, make } = outboxesOf(50 * KIB);
    const unread = make("unread");
    unread.wire.bufferedBytes = 60 * KIB;
    unread.box.answered();
    await clock.settle();
    expect(slow).toEqual(["unread"]);
  });

  it("S49: closes at once where the host wants that", async () => {
    const { clock, slow, make } = outboxesOf(50 * KIB, { onOverflow: "close" });
    const box = make("one").box;
    for (let sent = 0; sent < 6; sent++) box.deliver(event(10 * KIB));
    await clock.settle();
    expect(slow).toEqual(["one"]);
  });

  it("S49: a thousand that never read keep no more than the budget, and the one who reads loses nothing", async () => {
    const { clock, budget, slow, make } = outboxesOf(2_000 * KIB);
    const reader = make("reader");
    const silent = Array.from({ length: 1_000 }, (_, index) => make(`silent${index}`));
    let most = 0;
    for (let sent = 1; sent <= 40; sent++) {
      const one = event(KIB);
      for (const { box } of [reader, ...silent]) box.deliver(one);
      reader.box.ack(sent);
      await clock.settle();
      most = Math.max(most, budget.bytes);
    }
    expect(most).toBeLessThanOrEqual(2_000 * KIB);
    expect(reader.box.catchingUp || slow.includes("reader")).toBe(false);
    expect(reader.told()).toHaveLength(40);
    for (const { box } of [reader, ...silent]) box.close();
    expect(budget.bytes).toBe(0);
  });
});
