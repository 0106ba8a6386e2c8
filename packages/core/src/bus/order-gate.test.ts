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
import type { Arrival } from "./arrival.ts";
import type { ToldHead } from "./gate.ts";
import { OrderGate } from "./order-gate.ts";

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
  let current: Pick<MessageStore, "range"> = store;
  const range: MessageStore["range"] = (query) => {
    reads++;
    return current.range(query);
  };
  const passed: Arrival[] = [];
  const anew: string[] = [];
  /** How often rights in a new life cannot be read, and then how long it takes. */
  const rights = { failures: 0, read: Promise.resolve() };
  const gone: string[] = [];
  const gate = new OrderGate({
    store: lossy.wrap({ range }, { range: { failBefore: 1 } }),
    clock,
    logger: silentLogger,
    limits,
    pass: (arrival) => passed.push(arrival),
    anew: async (c) => {
      anew.push(c);
      if (rights.failures-- > 0) throw new Error("no store");
      await rights.read;
    },
    gone: (c) => gone.push(c),
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
  /** The store is put back: another life of c1, with so many events. Gives an arrival of that life. */
  const putBack = async (to: number, epoch = "another") => {
    const other = memoryStore();
    await other.open();
    const life = conversation("c1");
    await other.create({ ...life, epoch });
    for (let seq = 2; seq <= to; seq++) await other.append([message("c1", "alice", `other ${seq}`)]);
    current = other;
    const read = { view: "log", conversation: "c1", after: 0, from: "oldest", rows: to, bytes: 1e9 } as const;
    const theirs = (await other.range(read))?.rows ?? [];
    return (from: number, until: number): Arrival => ({
      c: "c1",
      epoch,
      rows: theirs.slice(from - 1, until),
      membersVersion: 1,
    });
  };
  const told = (at: number, epoch = made.epoch): ToldHead => ({
    c: "c1",
    epoch,
    head: at,
    ord: at,
    mode: "push",
    membersVersion: 1,
  });
  const epochs = () => passed.map((one) => one.epoch);
  const seqs = () => passed.flatMap((one) => one.rows.map((row) => row.seq));
  return {
    clock,
    store,
    lossy,
    gate,
    arrival,
    passed,
    seqs,
    epochs,
    anew,
    rights,
    gone,
    putBack,
    told,
    reads: () => reads,
    epoch: made.epoch,
  };
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

  it("I13: says what has passed with whose send it was, and what waits, or came from the store first", async () => {
    const { gate, arrival, clock } = await gateOver(7);
    const epoch = arrival(1, 1).epoch;
    const own = (...seqs: readonly number[]) => seqs.map((seq) => gate.passedAsOwn("c1", epoch, seq));
    expect(own(1)).toEqual([false]);
    gate.arrive(arrival(1, 1, [{}]));
    gate.arrive(arrival(4, 4, [{}]));
    expect(own(1, 2, 4)).toEqual([true, false, false]);
    await clock.settle();
    expect(own(1, 3, 4, 5)).toEqual([false, false, true, false]);
    gate.behind({ c: "c1", epoch, head: 6, ord: 6, mode: "push", membersVersion: 1 });
    await clock.settle();
    gate.arrive(arrival(6, 6, [{}]));
    gate.arrive(arrival(7, 7, [{}]));
    expect(own(6, 7, 8)).toEqual([false, true, false]);
    expect(gate.passedAsOwn("c1", "another", 7)).toBe(false);
    void gate.doubt("c1");
    expect(own(7)).toEqual([false]);
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

  it("I19: goes on in another life of the log when the store says so, and drops what waited in the old one", async () => {
    const { gate, arrival, passed, seqs, anew, clock, lossy, putBack, epoch } = await gateOver(9);
    lossy.on = true;
    gate.arrive(arrival(1, 1));
    gate.arrive(arrival(4, 5));
    const theirs = await putBack(4);
    gate.arrive(theirs(3, 4));
    gate.arrive(theirs(1, 2));
    expect(seqs()).toEqual([1]);
    lossy.on = false;
    await clock.advance(5_000);
    const lives = passed.map((one) => [one.epoch, one.rows[0]?.seq]);
    expect(lives).toEqual([
      [epoch, 1],
      ["another", 3],
    ]);
    expect(anew).toEqual(["c1"]);
    gate.arrive(arrival(2, 3));
    gate.arrive(theirs(2, 4));
    await clock.advance(5_000);
    expect(passed).toHaveLength(2);
    expect(clock.pending).toBe(0);
  });

  it("I19: never goes back to a life that is over, and asks only once whether it is", async () => {
    const { gate, arrival, epochs, clock, reads, putBack } = await gateOver(9);
    gate.arrive(arrival(1, 1));
    const theirs = await putBack(3);
    gate.arrive(theirs(3, 3));
    await clock.settle();
    const before = reads();
    for (const seq of [2, 3, 4]) gate.arrive(arrival(seq, seq));
    gate.begin("c1", arrival(1, 1).epoch, 9);
    await clock.settle();
    expect([epochs().at(-1), reads() - before]).toEqual(["another", 0]);
  });

  it("I19: takes no life that the store does not know, nor what comes of it later", async () => {
    const { gate, arrival, seqs, clock, reads } = await gateOver(9);
    gate.arrive(arrival(1, 1));
    gate.arrive({ ...arrival(2, 2), epoch: "invented" });
    // What comes while it is asked waits.
    gate.arrive(arrival(2, 2));
    expect(seqs()).toEqual([1]);
    await clock.settle();
    const before = reads();
    gate.arrive({ ...arrival(3, 3), epoch: "invented" });
    gate.arrive(arrival(3, 3));
    await clock.settle();
    expect([seqs(), reads() - before]).toEqual([[1, 2, 3], 0]);
  });

  it("I19: tells of the new life when somebody's rights were read in it, or all are looked at, by its newest event", async () => {
    for (const by of ["begin", "behind", "doubt"] as const) {
      const { gate, arrival, passed, clock, putBack, told } = await gateOver(9);
      gate.arrive(arrival(1, 9));
      await putBack(5);
      if (by === "begin") gate.begin("c1", "another", 5);
      if (by === "behind") gate.behind(told(5, "another"));
      if (by === "doubt") await gate.doubt("c1");
      await clock.settle();
      expect(passed.slice(1).map((one) => [one.epoch, one.rows.map(({ seq }) => seq)])).toEqual([["another", [5]]]);
    }
  });

  it("I17: lets nothing of a new life pass before rights in it were read", async () => {
    const { gate, arrival, passed, clock, anew, rights, putBack } = await gateOver(9);
    gate.arrive(arrival(1, 9));
    const theirs = await putBack(5);
    let read = (): void => {};
    rights.failures = 1;
    rights.read = new Promise((resolve) => {
      read = resolve;
    });
    gate.arrive(theirs(5, 5));
    await clock.settle();
    expect([anew.length, gate.life("c1"), passed.length]).toEqual([1, null, 1]);
    await clock.advance(1_000);
    expect([anew.length, passed.length]).toEqual([2, 1]);
    read();
    await clock.settle();
    expect([passed.at(-1)?.epoch, passed.length, gate.life("c1")]).toEqual(["another", 2, "another"]);
  });

  it("I19: believes a life that is told of while it is asked about the one before it", async () => {
    const { gate, arrival, passed, clock, rights, putBack } = await gateOver(9);
    gate.arrive(arrival(1, 9));
    const second = await putBack(5, "second");
    let read = (): void => {};
    rights.read = new Promise((resolve) => {
      read = resolve;
    });
    gate.arrive(second(5, 5));
    await clock.settle();
    const third = await putBack(3, "third");
    gate.arrive(third(3, 3));
    read();
    await clock.settle();
    expect(passed.slice(1).map((one) => [one.epoch, one.rows.map(({ seq }) => seq)])).toEqual([
      ["second", [5]],
      ["third", [3]],
    ]);
  });

  it("I26: reads what was missed where all is looked at, once what this node has written has come by itself", async () => {
    const { gate, arrival, seqs, clock } = await gateOver(9);
    gate.arrive(arrival(1, 4));
    await gate.doubt("c1");
    expect(seqs()).toEqual([1, 2, 3, 4]);
    gate.arrive(arrival(5, 6, [{}, {}]));
    await clock.advance(1_000);
    expect(seqs()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    await gate.doubt("c1");
    expect(clock.pending).toBe(0);
  });

  it("I19: looks again where a page was read in another life", async () => {
    const { gate, arrival, passed, clock, putBack, epoch } = await gateOver(9);
    gate.seen("c1", "another");
    gate.arrive(arrival(1, 9));
    gate.seen("c1", epoch);
    await putBack(5);
    expect(passed).toHaveLength(1);
    gate.seen("c1", "another");
    expect(gate.life("c1")).toBe(null);
    await clock.settle();
    expect(gate.life("c1")).toBe("another");
    gate.seen("c1", epoch);
    expect([gate.life("c1"), passed.at(-1)?.epoch]).toEqual(["another", "another"]);
  });

  it("goes on from where the log ends where it was put back with its old epoch", async () => {
    const { gate, arrival, passed, clock, putBack, epoch, anew } = await gateOver(9);
    gate.arrive(arrival(1, 9));
    const theirs = await putBack(5, epoch);
    await gate.doubt("c1");
    gate.arrive(theirs(4, 5));
    await clock.settle();
    expect([passed.slice(1).map(({ rows }) => rows.map(({ seq }) => seq)), anew]).toEqual([[[5]], ["c1"]]);
  });

  it("I26: reads up to where others say that it stands, with what they say of its members", async () => {
    const { gate, arrival, passed, clock, told, reads } = await gateOver(9);
    gate.arrive(arrival(1, 2));
    expect(gate.behind(told(2))).toBe(true);
    expect(reads()).toBe(0);
    gate.behind(told(6));
    gate.behind(told(4));
    await clock.settle();
    expect(passed.map(({ rows, membersVersion, mode }) => [rows.at(-1)?.seq, membersVersion, mode])).toEqual([
      [2, 1, undefined],
      [6, 1, "push"],
    ]);
    expect(reads()).toBe(1);
    // Nobody can say so of what is not there.
    gate.behind(told(30));
    await clock.advance(10_000);
    expect([passed.at(-1)?.rows.at(-1)?.seq, clock.pending]).toEqual([9, 0]);
  });

  it("I26: does not take a conversation up that is not known, but for its newest event", async () => {
    const { gate, seqs, clock, told } = await gateOver(9);
    expect(gate.behind(told(9))).toBe(false);
    await clock.settle();
    expect(seqs()).toEqual([]);
    gate.newest(told(9));
    await clock.settle();
    expect(seqs()).toEqual([9]);
  });

  it("I26: begins where rights were read, so that a hole above is noticed", async () => {
    const { gate, arrival, seqs, clock, epoch } = await gateOver(9);
    gate.begin("c1", epoch, 5);
    gate.arrive(arrival(8, 8));
    await clock.settle();
    expect(seqs()).toEqual([6, 7, 8]);
    gate.begin("c1", epoch, 9);
    gate.arrive(arrival(9, 9));
    expect(seqs()).toEqual([6, 7, 8, 9]);
  });

  it("I9: keeps nothing from those who were here before the one whose rights were read", async () => {
    const late = await gateOver(9);
    late.gate.begin("c1", late.epoch, 5);
    // It was on its way meanwhile.
    late.gate.arrive(late.arrival(5, 5));
    late.gate.arrive(late.arrival(6, 6));
    expect(late.seqs()).toEqual([5, 6]);
    const lost = await gateOver(9);
    lost.gate.begin("c1", lost.epoch, 5);
    lost.gate.behind(lost.told(5));
    await lost.clock.settle();
    lost.gate.behind(lost.told(5));
    await lost.clock.settle();
    expect(lost.seqs()).toEqual([5]);
  });

  it("I16: lets nothing pass a second time that comes late, together with news, after nobody was concerned for a while", async () => {
    const { gate, arrival, seqs, clock, epoch, told } = await gateOver(9);
    gate.arrive(arrival(1, 4));
    gate.forget("c1");
    gate.arrive(arrival(2, 3));
    gate.arrive(arrival(3, 6));
    expect(seqs()).toEqual([1, 2, 3, 4, 5, 6]);
    gate.forget("c1");
    // Somebody comes, who reads up to there; and others were told of all that passed.
    gate.begin("c1", epoch, 7);
    gate.arrive(arrival(5, 8));
    expect(seqs()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    gate.forget("c1");
    gate.newest(told(8));
    await clock.settle();
    expect(seqs().at(-1)).toBe(8);
    gate.forget("c1");
    // Nobody is concerned by what came meanwhile.
    gate.arrive(arrival(9, 9));
    expect(seqs().slice(-2)).toEqual([8, 9]);
  });

  it.each([true, false])(
    "goes on in a log that was put back with its old epoch after nobody was concerned (%s)",
    async (looks) => {
      const { gate, arrival, seqs, clock, putBack, epoch } = await gateOver(9);
      gate.arrive(arrival(1, 9));
      gate.forget("c1");
      const theirs = await putBack(6, epoch);
      if (looks) gate.doubtLeft();
      else gate.begin("c1", epoch, 5);
      gate.arrive(theirs(6, 6));
      await clock.settle();
      expect(seqs().slice(9)).toEqual([6]);
    },
  );

  it("I16: lets nothing pass a second time of a log that concerned nobody while the store was put back", async () => {
    const { gate, arrival, seqs, clock } = await gateOver(9);
    gate.arrive(arrival(1, 7));
    gate.forget("c1");
    gate.doubtLeft();
    // One whose answers were lost tells of all that it has found.
    gate.arrive(arrival(1, 9));
    await clock.settle();
    expect(seqs()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("I16: does not doubt a log whose head was just read, though the store was put back while it concerned nobody", async () => {
    const { gate, arrival, seqs, epoch } = await gateOver(9);
    gate.arrive(arrival(1, 7));
    gate.forget("c1");
    gate.doubtLeft();
    gate.begin("c1", epoch, 8);
    expect(gate.life("c1")).toBe(epoch);
    gate.arrive(arrival(5, 9));
    expect(seqs()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("I16: lets nothing pass a second time that is in doubt when nobody is concerned once more", async () => {
    const { gate, arrival, seqs, clock } = await gateOver(9);
    gate.arrive(arrival(1, 7));
    gate.forget("c1");
    const looked = gate.doubt("c1");
    gate.forget("c1");
    gate.arrive(arrival(6, 8));
    await looked;
    gate.forget("c1");
    await gate.doubt("c1");
    await clock.settle();
    expect(seqs()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("I5: lets what comes below a log's known head pass without a hole, though what is above was being read", async () => {
    const { gate, arrival, seqs, clock, epoch } = await gateOver(3);
    gate.begin("c1", epoch, 3);
    gate.behind({ c: "c1", epoch, head: 3, ord: 3, mode: "push", membersVersion: 1 });
    gate.arrive(arrival(1, 1));
    await clock.settle();
    expect(seqs()).toEqual([1, 2, 3]);
  });

  it("I17: lets nothing of a removed conversation pass that the store does not confirm", async () => {
    const { gate, arrival, seqs, gone, clock, store } = await gateOver(4);
    gate.arrive(arrival(1, 2));
    await store.remove("c1", null, ["owner"]);
    gate.remove("c1");
    gate.arrive(arrival(3, 4));
    await clock.settle();
    expect([seqs(), gone]).toEqual([[1, 2], ["c1"]]);
  });

  it("drops what waits when the conversation is no more", async () => {
    const { gate, arrival, clock, passed, gone } = await gateOver(5);
    gate.arrive({ ...arrival(1, 1), c: "none" });
    gate.arrive({ ...arrival(4, 5), c: "none" });
    await clock.advance(5_000);
    expect([passed.length, gone]).toEqual([1, ["none"]]);
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
