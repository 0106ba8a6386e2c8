import { describe, expect, it } from "vitest";
import { MemoryBusHub, memoryBus } from "../bus/memory-bus.ts";
import type { Envelope } from "../ports/bus.ts";
import { memoryStore } from "../store/memory-message-store.ts";
import { conversation, message } from "./conformance/message-store/entries.ts";
import { type Faults, Lossy } from "./lossy.ts";
import { ManualClock } from "./manual-clock.ts";
import { SeededRandom } from "./seeded-random.ts";

async function lossyStore(faults: Faults, seed = 1) {
  const clock = new ManualClock();
  const lossy = new Lossy({ clock, random: new SeededRandom(seed) });
  const plain = memoryStore();
  await plain.open();
  await plain.create(conversation("c1"));
  const store = lossy.wrap(plain, { append: faults });
  const head = async () =>
    (await plain.range({ conversation: "c1", view: "log", after: 0, from: "oldest", rows: 100, bytes: 1e6 }))?.head;
  return { clock, lossy, store, head };
}

const HI = message("c1", "alice", "hi");

describe("Lossy: calls", () => {
  it("lets through what has no faults, and what is not named", async () => {
    const { store, head } = await lossyStore({});
    expect(await store.append([HI])).toMatchObject([{ kind: "event" }]);
    expect(await store.access([{ user: "alice", conversation: "c1" }])).toMatchObject([{ head: 2 }]);
    expect(store.durability).toBe("memory");
    expect(await head()).toBe(2);
  });

  it("fails before anything is done", async () => {
    const { store, head, lossy } = await lossyStore({ failBefore: 1 });
    await expect(store.append([HI])).rejects.toMatchObject({ code: "unavailable" });
    expect(await head()).toBe(1);
    expect(lossy.happened.failBefore).toBe(1);
  });

  it("fails after it was done", async () => {
    const { store, head, lossy } = await lossyStore({ failAfter: 1 });
    await expect(store.append([HI])).rejects.toMatchObject({ code: "unavailable" });
    expect(await head()).toBe(2);
    expect(lossy.happened.failAfter).toBe(1);
  });

  it("does it twice, and gives the second answer", async () => {
    const { store, head } = await lossyStore({ duplicate: 1 });
    expect(await store.append([HI])).toMatchObject([{ kind: "duplicate", seq: 2 }]);
    expect(await head()).toBe(2);
  });

  it("does nothing, and says that it did", async () => {
    const { store, head } = await lossyStore({ drop: 1 });
    expect(await store.append([HI])).toBe(undefined);
    expect(await head()).toBe(1);
  });

  it("waits before it is done, so that a later one overtakes", async () => {
    const { store, clock, lossy, head } = await lossyStore({ delay: 1, delayMsMax: 50 });
    const order: string[] = [];
    const first = store.append([HI]).then(() => order.push("first"));
    lossy.on = false;
    const second = store.append([message("c1", "alice", "ho")]).then(() => order.push("second"));
    await clock.settle();
    expect(await head()).toBe(2);
    await clock.advance(50);
    await Promise.all([first, second]);
    expect(order).toEqual(["second", "first"]);
  });

  it("does nothing of the kind while it is off, and goes on after with the luck of the same seed", async () => {
    const codes = async (offFor: number) => {
      const { store, lossy } = await lossyStore({ failBefore: 0.5 }, 3);
      const told: boolean[] = [];
      for (let call = 0; call < 20; call++) {
        lossy.on = call >= offFor;
        told.push(
          await store.append([message("c1", "alice", `${call}`)]).then(
            () => true,
            () => false,
          ),
        );
      }
      return told;
    };
    const [always, later] = [await codes(0), await codes(10)];
    expect(later.slice(0, 10)).toEqual(Array(10).fill(true));
    expect(always.slice(0, 10)).not.toEqual(Array(10).fill(true));
    expect(later.slice(10)).toEqual(always.slice(10));
    expect(new Set(always.slice(10))).toEqual(new Set([true, false]));
  });

  it("happens about as often as asked for", async () => {
    const { store, lossy } = await lossyStore({ failBefore: 0.25 });
    for (let call = 0; call < 400; call++) await store.append([message("c1", "alice", `${call}`)]).catch(() => {});
    expect(lossy.happened.failBefore).toBeGreaterThan(60);
    expect(lossy.happened.failBefore).toBeLessThan(140);
  });
});

describe("Lossy: listeners", () => {
  const envelope = (seq: number): Envelope => ({
    v: 1,
    node: "n1",
    n: seq,
    kind: "events",
    c: "c1",
    epoch: "e1",
    mode: "push",
    membersVersion: 1,
    rows: [{ seq, ord: seq, type: "message", id: `m${seq}`, from: "alice", at: 0, body: {} }],
  });

  /** What a node hears over a bus that is lossy towards it. */
  async function heard(faults: Faults, count: number) {
    const clock = new ManualClock();
    const lossy = new Lossy({ clock, random: new SeededRandom(5) });
    const hub = new MemoryBusHub();
    const [from, to] = [memoryBus(hub), memoryBus(hub)];
    await from.open();
    await to.open();
    const seqs: number[] = [];
    await lossy.wrap(to, { subscribe: faults }).subscribe("u:bob", ({ n }) => seqs.push(n)).ready;
    for (let seq = 1; seq <= count; seq++) await from.publish([{ topics: ["u:bob"], envelope: envelope(seq) }]);
    await clock.advance(1_000);
    return { seqs, lossy };
  }

  const sorted = (seqs: readonly number[]) => [...seqs].sort((a, b) => a - b);
  const all = Array.from({ length: 50 }, (_, index) => index + 1);

  it("hear everything in order without faults", async () => {
    expect((await heard({}, 50)).seqs).toEqual(all);
  });

  it("miss what is dropped", async () => {
    const { seqs, lossy } = await heard({ drop: 0.3 }, 50);
    expect(seqs.length + lossy.happened.drop).toBe(50);
    expect(lossy.happened.drop).toBeGreaterThan(5);
  });

  it("hear twice what is doubled", async () => {
    const { seqs, lossy } = await heard({ duplicate: 0.3 }, 50);
    expect(seqs.length).toBe(50 + lossy.happened.duplicate);
    expect(new Set(seqs).size).toBe(50);
  });

  it("hear late what is delayed, so that the order is lost and nothing else", async () => {
    const { seqs } = await heard({ delay: 0.5 }, 50);
    expect(seqs).not.toEqual(all);
    expect(sorted(seqs)).toEqual(all);
  });
});
