import { describe, expect, it } from "vitest";
import type { RateLimiter } from "../ports/rate-limiter.ts";
import { memoryStore } from "../store/memory-message-store.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { MemoryRates, memoryRateLimiter } from "../testing/memory-rates.ts";
import { sharedStore } from "../testing/shared-store.ts";
import { TestEngine } from "../testing/test-engine.ts";
import { SharedRates } from "./shared-rates.ts";

const TOO_MANY = 4029;

function ratesWith(hellosPerUser: Partial<RateLimiter>) {
  const clock = new ManualClock();
  const warned: unknown[] = [];
  const nothing = (): void => {};
  const logger = { debug: nothing, info: nothing, error: nothing, warn: (...given: unknown[]) => warned.push(given) };
  const limiter = { ...memoryRateLimiter(new MemoryRates(clock, 1, 1_000)), ...hellosPerUser };
  const limits = { sharedRateWithinMs: 1_000 };
  return { clock, warned, rates: new SharedRates({ shared: { hellosPerUser: limiter }, clock, logger, limits }) };
}

/** Two gateways of one store that share their limits. */
async function cluster(max: { readonly address: number; readonly user: number }) {
  const clock = new ManualClock();
  const shared = sharedStore(memoryStore({ clock }));
  const [addresses, users] = [new MemoryRates(clock, max.address, 10_000), new MemoryRates(clock, max.user, 10_000)];
  const start = (seed: number) => {
    const sharedRates = {
      hellosPerAddress: memoryRateLimiter(addresses),
      hellosPerUser: memoryRateLimiter(users),
    };
    return TestEngine.start({ clock, seed, store: shared(), sharedRates });
  };
  const [one, two] = [await start(1), await start(2)];
  const close = async () => {
    await one.close();
    await two.close();
  };
  return { one, two, close };
}

describe("SharedRates", () => {
  it("S42: lets in as many of one user as the cluster may, resumed ones too, and closes the others with 4029", async () => {
    const { one, two, close } = await cluster({ address: 1_000, user: 3 });
    const first = await one.join("alice");
    const resume = first.welcome?.resume ?? "";
    const second = await two.join("alice", { device: "d2" });
    const third = await two.join("alice", { resume, k: 2 });
    expect([first, second, third].map(({ welcome }) => welcome?.resumed)).toEqual([false, false, true]);
    for (const engine of [one, two]) {
      expect((await engine.join("alice", { resume, k: 3 })).closedWith).toBe(TOO_MANY);
      expect((await engine.join("bob", { device: "b" })).closedWith).toBe(null);
    }
    await one.advance(10_000);
    expect((await one.join("alice", { device: "d3" })).closedWith).toBe(null);
    await close();
  });

  it("S42: refuses those of one address before anybody is asked who it is; 64 bits of IPv6 are one", async () => {
    const { one, two, close } = await cluster({ address: 2, user: 1_000 });
    const from = async (engine: TestEngine, address: string, user: string) =>
      (await engine.connect({ address }).hello(user)).closedWith;
    expect(await from(one, "2001:db8::1", "alice")).toBe(null);
    expect(await from(two, "2001:db8::2", "bob")).toBe(null);
    expect(await from(one, "2001:db8::3", "carl")).toBe(TOO_MANY);
    expect(await from(one, "2001:db8:0:1::3", "carl")).toBe(null);
    // A mount that says nothing of addresses: nobody can be told apart.
    for (let n = 0; n < 4; n++) expect(await from(two, "", `u${n}`)).toBe(null);
    await close();
  });

  it("S42: lets everybody pass where a limit fails or does not answer in time, and says so once a minute", async () => {
    for (const take of [() => Promise.reject(new Error("away")), () => new Promise<number>(() => {})]) {
      const { clock, warned, rates } = ratesWith({ take });
      for (let n = 0; n < 3; n++) {
        const passing = rates.passes("hellosPerUser", "secret name");
        await clock.advance(1_000);
        expect(await passing).toBe(true);
      }
      expect(warned).toHaveLength(1);
      expect(JSON.stringify(warned)).not.toContain("secret");
      await clock.advance(60_000);
      const passing = rates.passes("hellosPerUser", "alice");
      await clock.advance(1_000);
      await passing;
      expect(warned).toHaveLength(2);
    }
  });

  it("opens one limiter once, also for two limits, and an engine closes what it has opened", async () => {
    const clock = new ManualClock();
    const limiter = memoryRateLimiter(new MemoryRates(clock, 10, 1_000));
    const engine = await TestEngine.start({
      clock,
      sharedRates: { hellosPerAddress: limiter, hellosPerUser: limiter },
    });
    expect(await limiter.take("any")).toBe(0);
    await engine.close();
    await expect(limiter.take("any")).rejects.toMatchObject({ code: "closed" });
  });

  it("refuses options that are no limiters", () => {
    const sharedRates = { hellosPerUser: { take: 5 } } as never;
    expect(() => new TestEngine({ sharedRates })).toThrow(
      expect.objectContaining({ code: "invalid", details: { field: "sharedRates.hellosPerUser" } }),
    );
  });
});
