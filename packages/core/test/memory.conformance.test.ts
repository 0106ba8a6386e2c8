import { describe, expect, it } from "vitest";
import { MemoryBusHub, memoryBus } from "../src/bus/memory-bus.ts";
import { MemoryPresenceRegistry, memoryPresence } from "../src/presence/memory-presence-store.ts";
import { memoryStore } from "../src/store/memory-message-store.ts";
import { busSuite } from "../src/testing/conformance/bus.ts";
import { messageStoreSuite } from "../src/testing/conformance/message-store.ts";
import { presenceStoreSuite } from "../src/testing/conformance/presence-store.ts";
import { rateLimiterSuite } from "../src/testing/conformance/rate-limiter.ts";
import { ManualClock } from "../src/testing/manual-clock.ts";
import { MemoryDrafts, withDrafts } from "../src/testing/memory-drafts.ts";
import { MemoryRates, memoryRateLimiter } from "../src/testing/memory-rates.ts";
import { sharedStore } from "../src/testing/shared-store.ts";

const runner = { describe, it, expect };

describe("memory store", () => {
  messageStoreSuite(runner, {
    capabilities: { survivesReopen: false, durability: "memory" },
    create: async () => {
      const clock = new ManualClock();
      const right = memoryStore({ clock });
      const beside = sharedStore(right);
      return {
        store: beside(),
        beside,
        reopen: () => memoryStore({ clock }),
        pass: (ms) => clock.advance(ms),
        destroy: () => right.close(),
      };
    },
  });
});

describe("memory store with the drafts of tests", () => {
  const create = async () => {
    const clock = new ManualClock();
    const drafts = new MemoryDrafts(clock);
    const store = withDrafts(memoryStore({ clock }), drafts);
    return {
      store,
      reopen: () => store,
      transaction: async () => {
        const tx = drafts.begin();
        return { tx, commit: async () => tx.commit(), rollback: async () => tx.rollback() };
      },
      pass: (ms: number) => clock.advance(ms),
      destroy: () => store.close(),
    };
  };
  const capabilities = { survivesReopen: false, durability: "memory", drafts: true } as const;
  messageStoreSuite(runner, { capabilities, create }, "writing");
});

describe("memory bus", () => {
  busSuite(runner, {
    capabilities: { interruptible: true },
    create: async () => {
      const hub = new MemoryBusHub();
      const nodes = [memoryBus(hub), memoryBus(hub), memoryBus(hub)] as const;
      return {
        nodes,
        settle: () => new Promise((resolve) => setImmediate(resolve)),
        interrupt: async () => hub.interrupt(),
        destroy: async () => {
          for (const node of nodes) await node.close();
        },
      };
    },
  });
});

describe("memory presence store", () => {
  presenceStoreSuite(runner, {
    ttlMs: 30_000,
    create: async () => {
      const clock = new ManualClock();
      const registry = new MemoryPresenceRegistry(clock);
      const nodes = [memoryPresence(registry), memoryPresence(registry)] as const;
      return {
        nodes,
        pass: (ms) => clock.advance(ms),
        destroy: async () => {
          for (const node of nodes) await node.close();
        },
      };
    },
  });
});

describe("the rate limiter of tests", () => {
  rateLimiterSuite(runner, {
    max: 4,
    windowMs: 1_000,
    create: async () => {
      const clock = new ManualClock();
      const rates = new MemoryRates(clock, 4, 1_000);
      const nodes = [memoryRateLimiter(rates), memoryRateLimiter(rates)] as const;
      return { nodes, pass: (ms) => clock.advance(ms), destroy: async () => {} };
    },
  });
});
