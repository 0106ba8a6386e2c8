import type { EventRow } from "@earshot/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MessageStore } from "../ports/message-store.ts";
import { memoryStore } from "../store/memory-message-store.ts";
import { silentLogger } from "../system/silent-logger.ts";
import { conversation, message } from "../testing/conformance/message-store/entries.ts";
import { Lossy } from "../testing/lossy.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { SeededRandom } from "../testing/seeded-random.ts";
import { type Arrival, OrderGate } from "./order-gate.ts";

const LIMITS = { heldEventsMax: 100, rememberedMax: 100 };

/** A gate before a store that holds `head` events of c1. */
async function gateOver(head: number, limits = LIMITS) {
  const clock = new ManualClock();
  const store = memoryStore();
  await store.open();
  const made = conversation("c1");
  await store.create(made);
  if (head > 1) await store.append(Array.from({ length: head - 1 }, (_, index) => message("c1", "alice", `${index}`)));
  const page = await store.range({ view: "log", conversation: "c1", after: 0, from: "oldest", rows: head, bytes: 1e9 });
  const rows = page?.rows ?? [];
  const lossy = new Lossy({ clock, random: new SeededRandom(1) });
  let reads = 0;
  const range: MessageStore["range"] = (query) => {
    reads++;
    return store.range(query);
  };
  const passed: Arrival[] = [];
  const gate = new OrderGate({
    store: lossy.wrap({ range }, { range: { failBefore: 1 } }),
    clock,
    logger: silentLogger,
    limits,
    pass: (arrival) => passed.push(arrival),
  });
  lossy.on = false;
  /** Events `from`…`to`, as they come from another node, or from here with `origins`. */
  const arrival = (from: number, to: number, origins?: readonly (object | null)[]): Arrival => ({
    c: "c1",
    epoch: made.epoch,
    rows: rows.slice(from - 1, to),
    membersVersion: 1,
    ...(origins === undefined ? {} : { origins }),
  });
  const seqs = () => passed.flatMap((one) => one.rows.map((row) => row.seq));
  return { clock, store, lossy, gate, arrival, passed, seqs, reads: () => reads, epoch: made.epoch };
}

const upTo = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe("OrderGate", () => {
  it("lets pass in order what comes in order, at once, with whose send it was", async () => {
    const { gate, arrival, passed } = await gateOver(4);
    const session = {};
    const first = arrival(1, 2, [null, session]);
    gate.arrive(first);
    gate.arrive(arrival(3, 4));
    expect(passed).toEqual([first, arrival(3, 4)]);
    expect(passed[0]).toBe(first);
  });

  it("I8: lets no event pass twice, and of what overlaps only the news", async () => {
    const { gate, arrival, passed, seqs } = await gateOver(6);
    const sessions = [{}, {}, {}];
    gate.arrive(arrival(1, 3));
    gate.arrive(arrival(1, 3));
    gate.arrive(arrival(2, 2));
    gate.arrive(arrival(3, 5, sessions));
    expect(seqs()).toEqual([1, 2, 3, 4, 5]);
    expect(passed[1]?.origins).toEqual(sessions.slice(1));
  });

  it("I26: reads a hole from the store, then lets pass what waited", async () => {
    const { gate, arrival, passed, seqs, clock, reads } = await gateOver(9);
    gate.arrive(arrival(1, 2));
    gate.arrive(arrival(7, 8));
    gate.arrive(arrival(5, 5));
    expect(seqs()).toEqual([1, 2]);
    await clock.settle();
    expect(seqs()).toEqual(upTo(1, 8));
    expect(reads()).toBeLessThanOrEqual(2);
    // I17: whom the rows of the log were for is not known here.
    const versions = passed.flatMap(({ rows, membersVersion }) => rows.map((row) => [row.seq, membersVersion]));
    expect(versions).toEqual([
      [1, 1],
      [2, 1],
      [3, 0],
      [4, 0],
      [5, 1],
      [6, 0],
      [7, 1],
      [8, 1],
    ]);
  });

  it("I13: keeps whose sends they were of those that came while the hole was read", async () => {
    const { gate, arrival, passed, clock } = await gateOver(8);
    const [one, other] = [{}, {}];
    gate.arrive(arrival(1, 1));
    gate.arrive(arrival(7, 7, [one]));
    gate.arrive(arrival(3, 4, [other, null]));
    await clock.settle();
    const origins = passed.flatMap(({ rows, origins: of }) => rows.map(({ seq }, index) => [seq, of?.[index] ?? null]));
    expect(origins.map(([seq]) => seq)).toEqual(upTo(1, 7));
    expect(origins[2]?.[1]).toBe(other);
    expect(origins[6]?.[1]).toBe(one);
  });

  it("I13: does not let what was read anew take the place of what it holds", async () => {
    const { gate, arrival, passed, seqs } = await gateOver(8);
    const session = {};
    gate.arrive(arrival(1, 1));
    gate.arrive(arrival(4, 5, [session, session]));
    // Without a version: it is a part of what was told.
    gate.arrive(arrival(2, 6));
    expect(seqs()).toEqual(upTo(1, 6));
    expect(
      passed.map(({ rows, origins, membersVersion }) => [rows.length, origins?.[0] ?? null, membersVersion]),
    ).toEqual([
      [1, null, 1],
      [2, null, 0],
      [2, session, 1],
      [1, null, 1],
    ]);
  });

  it("does not wait for the store when the missing ones come after all", async () => {
    const { gate, arrival, seqs } = await gateOver(5);
    gate.arrive(arrival(1, 1));
    gate.arrive(arrival(3, 5));
    gate.arrive(arrival(2, 2));
    expect(seqs()).toEqual(upTo(1, 5));
  });

  it("reads on through a hole larger than a page of the store", async () => {
    const { gate, arrival, seqs, clock } = await gateOver(700);
    gate.arrive(arrival(1, 1));
    gate.arrive(arrival(700, 700));
    await clock.settle();
    expect(seqs()).toEqual(upTo(1, 700));
  });

  it("asks again while the store cannot answer, and goes on for other conversations meanwhile", async () => {
    const { gate, arrival, seqs, clock, lossy } = await gateOver(5);
    lossy.on = true;
    gate.arrive(arrival(1, 1));
    gate.arrive(arrival(4, 5));
    gate.arrive({ ...arrival(1, 1), c: "c2" });
    await clock.advance(5_000);
    expect(seqs()).toEqual([1, 1]);
    lossy.on = false;
    await clock.advance(1_000);
    expect(seqs()).toEqual([1, 1, 2, 3, 4, 5]);
    expect(clock.pending).toBe(0);
  });

  it("asks again for what a store does not show yet that is behind the hint", async () => {
    const { gate, arrival, seqs, clock, store, epoch } = await gateOver(2);
    gate.arrive(arrival(1, 2));
    const hinted: EventRow = { seq: 4, ord: 3, type: "message", id: "m4", from: "alice", at: 0, body: {} };
    gate.arrive({ c: "c1", epoch, rows: [hinted], membersVersion: 1 });
    await clock.settle();
    expect(seqs()).toEqual([1, 2]);
    await store.append([message("c1", "alice", "late"), message("c1", "alice", "later")]);
    await clock.advance(1_000);
    expect(seqs()).toEqual([1, 2, 3, 4]);
  });

  it("starts with the first event it hears of", async () => {
    const { gate, arrival, seqs, clock, reads } = await gateOver(9);
    gate.arrive(arrival(6, 6));
    gate.arrive(arrival(5, 5));
    gate.arrive(arrival(7, 7));
    await clock.settle();
    expect(seqs()).toEqual([6, 7]);
    expect(reads()).toBe(0);
  });

  it("I19: starts anew with another epoch, and drops what waited for the old one", async () => {
    const { gate, arrival, seqs, clock, lossy } = await gateOver(5);
    lossy.on = true;
    gate.arrive(arrival(1, 1));
    gate.arrive(arrival(4, 5));
    gate.arrive({ ...arrival(1, 2), epoch: "another" });
    lossy.on = false;
    await clock.advance(5_000);
    expect(seqs()).toEqual([1, 1, 2]);
    expect(clock.pending).toBe(0);
  });

  it("drops what waits when the conversation is no more", async () => {
    const { gate, arrival, clock, passed } = await gateOver(5);
    gate.arrive({ ...arrival(1, 1), c: "none" });
    gate.arrive({ ...arrival(4, 5), c: "none" });
    await clock.advance(5_000);
    expect(passed).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  it("I25: asks a store that was closed no more", async () => {
    const { gate, arrival, clock, store } = await gateOver(5);
    gate.arrive(arrival(1, 1));
    await store.close();
    gate.arrive(arrival(4, 5));
    await clock.advance(60_000);
    expect(clock.pending).toBe(0);
  });

  it("bounds what waits; what it let go of is read from the store", async () => {
    const { gate, arrival, seqs, clock, lossy } = await gateOver(30, { heldEventsMax: 3, rememberedMax: 10 });
    lossy.on = true;
    gate.arrive(arrival(1, 1));
    for (let seq = 3; seq <= 20; seq++) gate.arrive(arrival(seq, seq));
    lossy.on = false;
    await clock.advance(1_000);
    expect(seqs()).toEqual(upTo(1, 5));
    gate.arrive(arrival(21, 21));
    await clock.settle();
    expect(seqs()).toEqual(upTo(1, 21));
  });

  it("I5, I6, I7, I26: whatever comes, late, twice or never, passes in order and once, from the first on", async () => {
    const HEAD = 24;
    const pieces = fc.array(fc.tuple(fc.integer({ min: 1, max: HEAD }), fc.integer({ min: 0, max: 4 }), fc.nat(9)), {
      minLength: 1,
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(pieces, async (given) => {
        const { gate, arrival, seqs, clock, lossy } = await gateOver(HEAD);
        for (const [from, length, chance] of given) {
          gate.arrive(arrival(from, Math.min(from + length, HEAD)));
          if (chance === 0) await clock.settle();
          lossy.on = chance > 6;
        }
        lossy.on = false;
        await clock.advance(3_000);
        const first = given[0]?.[0] ?? 1;
        const last = Math.max(...given.map(([from, length]) => Math.min(from + length, HEAD)));
        expect(seqs()).toEqual(upTo(first, Math.max(first, last)));
        expect(clock.pending).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});
