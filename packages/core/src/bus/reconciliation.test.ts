import { describe, expect, it } from "vitest";
import type { Head, HeadsEnvelope, Said } from "../ports/bus.ts";
import type { MessageStore } from "../ports/message-store.ts";
import { memoryStore } from "../store/memory-message-store.ts";
import { silentLogger } from "../system/silent-logger.ts";
import { conversation, message } from "../testing/conformance/message-store/entries.ts";
import { Lossy } from "../testing/lossy.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { SeededRandom } from "../testing/seeded-random.ts";
import { Reconciliation } from "./reconciliation.ts";

const LIMITS = { changesEveryMs: 5_000, changesPerPageMax: 3, digestWithinMs: 10_000, digestLeaseMs: 15_000 };

/** Nodes on one memory store, and a bus for their digests that a test may cut. */
async function cluster(size: number) {
  const clock = new ManualClock();
  const first = memoryStore({ clock });
  await first.open();
  const world = { store: first as MessageStore, cut: false, reads: 0 };
  const lossy = new Lossy({ clock, random: new SeededRandom(1) });
  lossy.on = false;
  const nodes = Array.from({ length: size }, (_, index) => {
    const taken: (readonly Head[])[] = [];
    const digests: HeadsEnvelope[] = [];
    const looks: number[] = [];
    let interrupt = (): void => {};
    const store = lossy.wrap(
      {
        changes: (after: string, limit: number) => {
          world.reads++;
          return world.store.changes(after, limit);
        },
        feedEnd: () => world.store.feedEnd(),
        lease: (...given: Parameters<MessageStore["lease"]>) => world.store.lease(...given),
      },
      { changes: { failBefore: 1 } },
    );
    const node = new Reconciliation({
      node: `n${index + 1}`,
      bus: {
        onInterruption: (listener) => {
          interrupt = listener;
          return () => {};
        },
      },
      store,
      clock,
      random: new SeededRandom(index + 1),
      logger: silentLogger,
      limits: LIMITS,
      tellNodes: (topics, said: Said) => {
        expect(topics).toEqual(["nodes"]);
        if (said.kind !== "heads") return;
        digests.push(said);
        if (world.cut) return;
        for (const other of nodes) if (other.node !== node) other.node.heard(said);
      },
      take: (heads) => taken.push(heads),
      lookAtAll: async () => void looks.push(clock.monotonic()),
    });
    const heads = () => taken.flat().map((head) => ("gone" in head ? `${head.c} gone` : `${head.c} ${head.head}`));
    return { node, taken, digests, looks, heads, interrupt: () => interrupt() };
  });
  for (const { node } of nodes) await node.start();
  const create = async (c: string) => void (await world.store.create(conversation(c)));
  const send = async (c: string) => void (await world.store.append([message(c, "alice", "hi")]));
  const forget = () => {
    world.reads = 0;
    for (const each of nodes) for (const list of [each.taken, each.digests, each.looks]) list.length = 0;
  };
  const stop = async () => {
    for (const { node } of nodes) await node.stop();
  };
  return { clock, world, lossy, nodes, create, send, forget, stop };
}
const readers = (nodes: readonly { readonly node: Reconciliation }[]) => nodes.map(({ node }) => node.reads);

describe("Reconciliation", () => {
  it("I26: lets one node read for all, every five seconds or so, and tells all what it finds, pages of it", async () => {
    const { clock, world, nodes, create, send, forget, stop } = await cluster(3);
    await clock.advance(12_000);
    expect(readers(nodes).filter(Boolean)).toHaveLength(1);
    forget();
    for (const c of ["c1", "c2", "c3", "c4"]) await create(c);
    await send("c2");
    await clock.advance(6_000);
    for (const { heads } of nodes) expect(heads().sort()).toEqual(["c1 1", "c2 2", "c3 1", "c4 1"]);
    expect(world.reads).toBe(2);
    forget();
    await clock.advance(60_000);
    expect(world.reads).toBeGreaterThanOrEqual(11);
    expect(world.reads).toBeLessThanOrEqual(14);
    // Also with no heads, so that its silence is noticed.
    expect(nodes.map(({ digests }) => digests.length).sort((a, b) => a - b)).toEqual([0, 0, world.reads]);
    await stop();
    expect(clock.pending).toBe(0);
  });

  it("tells what it found with the mode and the members' version of the store, and what was removed", async () => {
    const { clock, world, nodes, create, stop } = await cluster(1);
    await clock.advance(6_000);
    await create("c1");
    await create("c2");
    await world.store.remove("c2", null, ["owner"]);
    await clock.advance(6_000);
    const heads = nodes[0]?.taken.flat() ?? [];
    expect(heads).toContainEqual({ c: "c2", gone: true });
    expect(heads).toContainEqual(expect.objectContaining({ c: "c1", head: 1, mode: "push", membersVersion: 1 }));
    await stop();
  });

  it("gives what was just written a moment to come by itself", async () => {
    const { clock, nodes, create, stop } = await cluster(2);
    await clock.advance(12_000);
    await create("c1");
    let waited = 0;
    while (nodes.every(({ digests }) => !digests.some(({ heads }) => heads.length > 0))) await clock.advance(10);
    for (; nodes.some(({ taken }) => taken.length === 0); waited += 10) await clock.advance(10);
    expect(waited).toBeGreaterThanOrEqual(150);
    expect(waited).toBeLessThanOrEqual(250);
    await stop();
  });

  it("I26: reads for itself, at once and then every five seconds, when it has heard no digest for ten", async () => {
    const { clock, world, nodes, create, forget, stop } = await cluster(3);
    await clock.advance(12_000);
    world.cut = true;
    await clock.advance(11_000);
    forget();
    await create("c1");
    await clock.advance(6_000);
    for (const { heads } of nodes) expect(heads()).toEqual(["c1 1"]);
    world.cut = false;
    await clock.advance(6_000);
    forget();
    await clock.advance(30_000);
    expect(world.reads).toBeLessThanOrEqual(7);
    await stop();
  });

  it("I26: reads at once when the bus says that something may be missing", async () => {
    const { clock, nodes, create, forget, world, stop } = await cluster(2);
    await clock.advance(12_000);
    forget();
    await create("c1");
    for (const { interrupt } of nodes) interrupt();
    await clock.settle();
    await clock.advance(250);
    expect(nodes.map(({ heads }) => heads())).toEqual([["c1 1"], ["c1 1"]]);
    expect(world.reads).toBe(2);
    await stop();
  });

  it("I26: notices with the next digest that one was lost, and reads what stood in it", async () => {
    const { clock, world, nodes, create, forget, stop } = await cluster(2);
    await clock.advance(12_000);
    const listener = nodes.find(({ node }) => !node.reads);
    world.cut = true;
    await create("c1");
    await clock.advance(6_000);
    world.cut = false;
    expect(listener?.heads()).toEqual([]);
    await clock.advance(6_000);
    expect(listener?.heads()).toEqual(["c1 1"]);
    // And goes on from there by what it hears.
    forget();
    await create("c2");
    await clock.advance(12_000);
    expect(listener?.heads()).toEqual(["c2 1"]);
    expect(world.reads).toBeLessThanOrEqual(3);
    await stop();
  });

  it("goes on at another node when the one that reads has died, from where it was", async () => {
    const { clock, nodes, create, stop } = await cluster(2);
    await clock.advance(12_000);
    const dead = nodes.find(({ node }) => node.reads);
    const other = nodes.find(({ node }) => !node.reads);
    await dead?.node.stop();
    await create("c1");
    await clock.advance(11_000);
    expect(other?.heads()).toEqual(["c1 1"]);
    await clock.advance(20_000);
    expect(other?.node.reads).toBe(true);
    await stop();
  });

  it("I22: gives the reading up as soon as its node leaves, and does not take it again", async () => {
    const { clock, nodes, create, forget, stop } = await cluster(2);
    await clock.advance(12_000);
    const leaving = nodes.find(({ node }) => node.reads);
    await leaving?.node.leave();
    forget();
    await create("c1");
    await clock.advance(40_000);
    expect([leaving?.node.reads, leaving?.digests]).toEqual([false, []]);
    for (const { heads } of nodes) expect(heads()).toContain("c1 1");
    expect(nodes.filter(({ node }) => node.reads)).toHaveLength(1);
    await stop();
  });

  it("goes on where it was when the store could not answer", async () => {
    const { clock, lossy, nodes, create, stop } = await cluster(2);
    await clock.advance(12_000);
    lossy.on = true;
    await create("c1");
    await clock.advance(30_000);
    expect(nodes.flatMap(({ heads }) => heads())).toEqual([]);
    lossy.on = false;
    await clock.advance(6_000);
    for (const { heads } of nodes) expect(heads()).toEqual(["c1 1"]);
    await stop();
  });

  it("I19: looks at everything, on every node, when the store was put back", async () => {
    const { clock, world, nodes, create, forget, stop } = await cluster(3);
    await create("c1");
    await clock.advance(12_000);
    forget();
    world.store = memoryStore({ clock });
    await world.store.open();
    await create("c0");
    await clock.advance(12_000);
    for (const { looks } of nodes) expect(looks.length).toBeGreaterThanOrEqual(1);
    await clock.advance(30_000);
    forget();
    await create("c1");
    await clock.advance(12_000);
    for (const { heads, looks } of nodes) expect([heads(), looks]).toEqual([["c1 1"], []]);
    await stop();
  });

  it("has nothing to do in a cluster of one", async () => {
    const clock = new ManualClock();
    const store = memoryStore();
    const alone = new Reconciliation({
      ...{ node: "n1", bus: null, store, clock, random: new SeededRandom(1), logger: silentLogger, limits: LIMITS },
      ...{ tellNodes: () => {}, take: () => {}, lookAtAll: async () => {} },
    });
    await alone.start();
    expect([clock.pending, alone.reads]).toEqual([0, false]);
    await alone.stop();
  });
});
