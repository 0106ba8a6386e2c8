import { describe, expect, it } from "vitest";
import { MemoryBusHub, memoryBus } from "../src/bus/memory-bus.ts";
import type { Bus } from "../src/ports/bus.ts";
import type { MessageStore } from "../src/ports/message-store.ts";
import { MemoryPresenceRegistry, memoryPresence } from "../src/presence/memory-presence-store.ts";
import { memoryStore } from "../src/store/memory-message-store.ts";
import { busSuite } from "../src/testing/conformance/bus.ts";
import { messageStoreSuite } from "../src/testing/conformance/message-store.ts";
import { presenceStoreSuite } from "../src/testing/conformance/presence-store.ts";
import type { Runner } from "../src/testing/conformance/runner.ts";
import { ManualClock } from "../src/testing/manual-clock.ts";
import { brokenBuses } from "./broken/broken-bus.ts";
import { brokenPresences } from "./broken/broken-presence.ts";
import { brokenStores } from "./broken/broken-store.ts";
import { failingCases } from "./broken/failing-cases.ts";

/** The suite of a bus whose ends are as `breaks` makes them. */
const suiteOfBus =
  (breaks: (bus: Bus, others: readonly Bus[]) => Bus) =>
  (runner: Runner): void =>
    busSuite(runner, {
      capabilities: { interruptible: true },
      create: async () => {
        const hub = new MemoryBusHub();
        const right = [memoryBus(hub), memoryBus(hub), memoryBus(hub)] as const;
        return {
          nodes: [breaks(right[0], right), breaks(right[1], right), breaks(right[2], right)],
          settle: () => new Promise((resolve) => setImmediate(resolve)),
          interrupt: async () => hub.interrupt(),
          destroy: async () => {
            for (const node of right) await node.close();
          },
        };
      },
    });

const suiteOfPresence =
  (breaks: (store: ReturnType<typeof memoryPresence>) => ReturnType<typeof memoryPresence>) =>
  (runner: Runner): void =>
    presenceStoreSuite(runner, {
      ttlMs: 30_000,
      create: async () => {
        const clock = new ManualClock();
        const registry = new MemoryPresenceRegistry(clock);
        const right = [memoryPresence(registry), memoryPresence(registry)] as const;
        return {
          nodes: [breaks(right[0]), breaks(right[1])],
          pass: (ms) => clock.advance(ms),
          destroy: async () => {
            for (const node of right) await node.close();
          },
        };
      },
    });

const suiteOfStore =
  (breaks: (store: MessageStore) => MessageStore) =>
  (runner: Runner): void =>
    messageStoreSuite(runner, {
      capabilities: { survivesReopen: false, durability: "memory" },
      create: async () => {
        const clock = new ManualClock();
        const right = memoryStore({ clock });
        return {
          store: breaks(right),
          reopen: () => breaks(memoryStore({ clock })),
          pass: (ms) => clock.advance(ms),
          destroy: () => right.close(),
        };
      },
    });

describe("the suite of MessageStore", () => {
  it("finds nothing in a right one", async () => {
    expect(await failingCases(suiteOfStore((store) => store))).toEqual([]);
  });

  it.each(brokenStores)("notices a store that $fault, by the cases that name it", async ({ breaks, noticed }) => {
    expect(await failingCases(suiteOfStore(breaks))).toEqual(noticed);
  });
});

describe("the suite of Bus", () => {
  it("finds nothing in a right one", async () => {
    expect(await failingCases(suiteOfBus((bus) => bus))).toEqual([]);
  });

  it.each(brokenBuses)("notices a bus that $fault, by the cases that name it", async ({ breaks, noticed }) => {
    expect(await failingCases(suiteOfBus(breaks))).toEqual(noticed);
  });
});

describe("the suite of PresenceStore", () => {
  it("finds nothing in a right one", async () => {
    expect(await failingCases(suiteOfPresence((store) => store))).toEqual([]);
  });

  it.each(brokenPresences)("notices a store that $fault, by the cases that name it", async ({ breaks, noticed }) => {
    expect(await failingCases(suiteOfPresence(breaks))).toEqual(noticed);
  });
});
