import { CLOSE, type HelloFrame } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { houseOf } from "./chat-engine.ts";
import { memoryStore } from "./store/memory-message-store.ts";
import { Lossy } from "./testing/lossy.ts";
import { ManualClock } from "./testing/manual-clock.ts";
import { SeededRandom } from "./testing/seeded-random.ts";
import { sharedStore } from "./testing/shared-store.ts";
import { TestEngine, type TestEngineOptions } from "./testing/test-engine.ts";

/** Two engines on one store, without a bus; the second's way to the store may be cut. */
async function cluster(options: TestEngineOptions = {}) {
  const clock = new ManualClock();
  const handle = sharedStore(memoryStore({ clock }));
  const cut = new Lossy({ clock, random: new SeededRandom(1) });
  cut.on = false;
  const asked: (string | null)[] = [];
  const shared: TestEngineOptions = {
    clock,
    authenticate: ({ token }) => {
      asked.push(token);
      return token === null ? null : { user: token.split(" ")[0] ?? "" };
    },
    ...options,
  };
  const first = await TestEngine.start({ ...shared, store: handle(), node: "n1", seed: 1 });
  const second = await TestEngine.start({
    ...shared,
    store: cut.wrap(handle(), { revocations: { failBefore: 1 } }),
    node: "n2",
    seed: 2,
  });
  const revoke = (user: string): Promise<void> => first.whileSettling(first.chat.revoke(user));
  /** A newcomer by a resume token alone: welcome, or the code that it was closed with. */
  const resume = async (engine: TestEngine, fields: Partial<HelloFrame>): Promise<number | "welcome"> => {
    const client = await engine.join("alice", { token: null, ...fields });
    return client.closedWith ?? "welcome";
  };
  return { clock, cut, asked, first, second, revoke, resume };
}

describe("chat.revoke", () => {
  it("S10: ends the user's sessions here at once, on the other node within 5 s, with 4100; nobody else's", async () => {
    const { first, second, revoke } = await cluster();
    const [here, there] = [await first.join("alice"), await second.join("alice", { device: "d2" })];
    const [bob, other] = [await first.join("bob"), await second.join("bob", { device: "d2" })];
    await revoke("alice");
    expect(here.closedWith).toBe(CLOSE.expired.code);
    await second.advance(5_000);
    expect(there.closedWith).toBe(CLOSE.expired.code);
    expect([bob.closedWith, other.closedWith]).toEqual([null, null]);
  });

  it("S10, S12: voids resume tokens on every node; the token decides, and what it opens holds", async () => {
    const { first, second, revoke, resume, asked } = await cluster();
    const alice = await first.join("alice", { device: "d1" });
    const old = alice.welcome?.resume ?? "";
    const elsewhere = (await second.join("alice", { device: "d2" })).welcome?.resume ?? "";
    expect(await resume(second, { resume: old, device: "d1" })).toBe("welcome");
    await revoke("alice");
    await second.advance(5_000);
    for (const engine of [first, second]) {
      expect(await resume(engine, { resume: old, device: "d1" })).toBe(CLOSE.expired.code);
      expect(await resume(engine, { resume: elsewhere, device: "d2" })).toBe(CLOSE.expired.code);
    }
    asked.length = 0;
    const again = await first.join("alice", { resume: old, token: "alice new", device: "d1" });
    expect([again.welcome?.resumed, asked]).toEqual([false, ["alice new"]]);
    const fresh = again.welcome?.resume ?? "";
    expect(await resume(second, { resume: fresh, device: "d1" })).toBe("welcome");
    await second.advance(10_000);
    expect(await resume(first, { resume: fresh, device: "d1" })).toBe("welcome");
  });

  it("S12: is known to a node that starts later", async () => {
    const { clock, first, revoke, resume } = await cluster();
    const store = houseOf(first.chat).store;
    const old = (await first.join("alice")).welcome?.resume ?? "";
    await revoke("alice");
    const open = new Proxy(store, {
      get: (target, name) => {
        if (name === "open" || name === "close") return async () => {};
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const third = await TestEngine.start({ clock, store: open, node: "n3", seed: 3 });
    expect(await resume(third, { resume: old, device: "alice-1" })).toBe(CLOSE.expired.code);
  });

  it("S10: counts against who is being authenticated while it happens", async () => {
    let answer = (): void => {};
    const { first, revoke } = await cluster({
      authenticate: async () => {
        await new Promise<void>((resolve) => {
          answer = resolve;
        });
        return { user: "alice" };
      },
    });
    const alice = first.connect();
    await alice.hello("alice");
    await revoke("alice");
    answer();
    await first.settle();
    expect(alice.closedWith).toBe(CLOSE.expired.code);
    const again = first.connect();
    await again.hello("alice");
    answer();
    await first.settle();
    expect(again.welcome).toBeDefined();
  });

  it("S12: a node that cannot ask the store signs for a shorter and shorter time", async () => {
    const { first, second, cut, resume, clock } = await cluster();
    const alice = await second.join("alice");
    cut.on = true;
    // A client that pings stays, and is given tokens that hold less and less.
    const latest = async (): Promise<string> => {
      await alice.say({ t: "ping", n: 0 });
      return alice.of("pong").at(-1)?.resume ?? "";
    };
    for (let passed = 0; passed < 100_000; passed += 20_000) {
      await clock.advance(20_000);
      await latest();
    }
    const late = await latest();
    expect(await resume(first, { resume: late, device: "alice-1" })).toBe("welcome");
    for (let passed = 0; passed < 70_000; passed += 10_000) await clock.advance(10_000);
    expect(await resume(first, { resume: late, device: "alice-1" })).toBe(CLOSE.expired.code);
  });

  it("S10: a node that was cut off for longer than the store remembers lets nobody stay unasked", async () => {
    const { second, cut, revoke, clock } = await cluster({
      limits: { revocationsKeptMs: 1_000, heartbeatMs: 600_000, resumeGraceMs: 1 },
    });
    const [alice, bob] = [await second.join("alice"), await second.join("bob")];
    cut.on = true;
    await revoke("alice");
    await clock.advance(1_100_000);
    await alice.say({ t: "ping", n: 0 });
    await bob.say({ t: "ping", n: 0 });
    await clock.advance(1_000_000);
    cut.on = false;
    expect([alice.closedWith, bob.closedWith]).toEqual([null, null]);
    await clock.advance(5_000);
    expect([alice.closedWith, bob.closedWith]).toEqual([CLOSE.expired.code, CLOSE.expired.code]);
  });

  it("is refused for what is no user id, and by a store that cannot keep it", async () => {
    const { first } = await cluster();
    await expect(first.chat.revoke("no id")).rejects.toMatchObject({ code: "invalid" });
    const clock = new ManualClock();
    const lossy = new Lossy({ clock, random: new SeededRandom(1) });
    const store = lossy.wrap(memoryStore(), { revoke: { failBefore: 1 } });
    const engine = await TestEngine.start({ clock, store });
    await expect(engine.chat.revoke("alice")).rejects.toMatchObject({ code: "unavailable" });
  });

  it("I25: leaves no timer behind a closed engine", async () => {
    const { clock, first, second } = await cluster();
    await first.close();
    await second.close();
    expect(clock.pending).toBe(0);
  });
});

describe("chat.kick", () => {
  it("ends the user's sessions here with 4503, and no other's, where the nodes share no registry; voids nothing", async () => {
    const { first, second, resume } = await cluster();
    const [here, there] = [await first.join("alice"), await second.join("alice", { device: "d2" })];
    const bob = await first.join("bob");
    const token = here.welcome?.resume ?? "";
    await first.whileSettling(first.chat.kick("alice"));
    expect([here.closedWith, there.closedWith, bob.closedWith]).toEqual([CLOSE.forbidden.code, null, null]);
    expect(await resume(first, { resume: token, device: "alice-1" })).toBe("welcome");
  });
});
