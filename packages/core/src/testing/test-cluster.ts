import { MemoryBusHub, memoryBus } from "../bus/memory-bus.ts";
import type { MessageStore } from "../ports/message-store.ts";
import { MemoryPresenceRegistry, memoryPresence } from "../presence/memory-presence-store.ts";
import { memoryStore } from "../store/memory-message-store.ts";
import { type Faults, Lossy } from "./lossy.ts";
import { ManualClock } from "./manual-clock.ts";
import { SeededRandom } from "./seeded-random.ts";
import { sharedStore } from "./shared-store.ts";
import { TestEngine, type TestEngineOptions } from "./test-engine.ts";

export interface TestClusterOptions extends Omit<TestEngineOptions, "bus" | "presence" | "clock" | "node"> {
  /** What befalls envelopes while `lossy.on`. Default: all are lost. */
  readonly faults?: Faults;
}

/** Gateways of one cluster in one process: one store, one bus, one registry, one clock. Nodes are `n1`, `n2`, … */
export class TestCluster {
  readonly clock = new ManualClock();
  readonly hub = new MemoryBusHub();
  /** What befalls envelopes on their way to every node. Off at first. */
  readonly lossy: Lossy;
  readonly engines: TestEngine[] = [];
  readonly #options: TestClusterOptions;
  readonly #registry = new MemoryPresenceRegistry(this.clock);
  readonly #handle: () => MessageStore;
  /** The store behind every handle. */
  #store: MessageStore;

  private constructor(options: TestClusterOptions) {
    this.#options = options;
    this.#store = options.store ?? memoryStore({ clock: this.clock });
    this.lossy = new Lossy({ clock: this.clock, random: new SeededRandom(options.seed ?? 1) });
    this.lossy.on = false;
    const current = new Proxy(this.#store, {
      get: (_, name) => {
        const value: unknown = Reflect.get(this.#store, name);
        if (typeof value !== "function") return value;
        return (...given: unknown[]) =>
          Reflect.apply(Reflect.get(this.#store, name) as typeof value, this.#store, given);
      },
    });
    this.#handle = sharedStore(current);
  }

  static async start(nodes = 2, options: TestClusterOptions = {}): Promise<TestCluster> {
    const cluster = new TestCluster(options);
    for (let node = 0; node < nodes; node++) await cluster.add();
    return cluster;
  }

  get store(): MessageStore {
    return this.#store;
  }

  /** One more gateway. `mute`: while it is on, nothing that it says reaches the bus. */
  async add(mute: Lossy | null = null): Promise<TestEngine> {
    const { faults = { drop: 1 }, seed = 1, ...options } = this.#options;
    const heard = this.lossy.wrap(memoryBus(this.hub), { subscribe: faults });
    const engine = await TestEngine.start({
      ...options,
      node: `n${this.engines.length + 1}`,
      store: this.#handle(),
      bus: mute === null ? heard : mute.wrap(heard, { publish: { drop: 1 } }),
      presence: memoryPresence(this.#registry),
      clock: this.clock,
      seed: seed + this.engines.length,
    });
    this.engines.push(engine);
    return engine;
  }

  /** Faults by which one node falls silent. */
  mute(): Lossy {
    const mute = new Lossy({ clock: this.clock, random: new SeededRandom(1) });
    mute.on = false;
    return mute;
  }

  /** The store is put back: from now on there is another one behind every handle. */
  replaceStore(store: MessageStore): void {
    this.#store = store;
  }

  advance(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }

  async close(): Promise<void> {
    for (const engine of this.engines) await engine.close();
  }
}
