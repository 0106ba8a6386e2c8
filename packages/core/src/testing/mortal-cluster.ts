import { MemoryBusHub, memoryBus } from "../bus/memory-bus.ts";
import type { Bus } from "../ports/bus.ts";
import type { PresenceStore } from "../ports/presence-store.ts";
import { MemoryPresenceRegistry, memoryPresence } from "../presence/memory-presence-store.ts";
import { memoryStore } from "../store/memory-message-store.ts";
import { ManualClock } from "./manual-clock.ts";
import { sharedStore } from "./shared-store.ts";
import { TestEngine, type TestEngineOptions } from "./test-engine.ts";

export interface MortalGatewayOptions extends TestEngineOptions {
  /** What stands between this node and the registry, such as a `Lossy`. */
  readonly presenceWay?: (presence: PresenceStore, clock: ManualClock) => PresenceStore;
  /** The same of the bus. */
  readonly busWay?: (bus: Bus) => Bus;
}

/** One gateway of a cluster. */
export interface MortalGateway {
  readonly name: string;
  readonly engine: TestEngine;
  /** kill -9: from now on nothing that it does reaches anybody, and nothing reaches it. Its clients are not told. */
  kill(): void;
}

/** Gateways on one clock, store, bus and registry, which may be killed and come back under their names. */
export class MortalCluster {
  readonly clock = new ManualClock();
  readonly registry = new MemoryPresenceRegistry(this.clock);
  readonly #hub = new MemoryBusHub();
  readonly #store = sharedStore(memoryStore({ clock: this.clock }));
  #lives = 0;

  async start(name: string, { presenceWay, busWay, ...options }: MortalGatewayOptions = {}): Promise<MortalGateway> {
    const life = { alive: true };
    const presence = memoryPresence(this.registry);
    const bus = memoryBus(this.#hub);
    const engine = await TestEngine.start({
      clock: this.clock,
      seed: ++this.#lives,
      node: name,
      store: mortal(this.#store(), life),
      bus: mortal(busWay?.(bus) ?? bus, life),
      presence: mortal(presenceWay?.(presence, this.clock) ?? presence, life),
      ...options,
    });
    const kill = (): void => {
      life.alive = false;
    };
    return { name, engine, kill };
  }
}

/** A port of a process: when that is dead no call gets through, and no listener is told. */
function mortal<P extends object>(port: P, life: { readonly alive: boolean }): P {
  return new Proxy(port, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return (...given: unknown[]) => {
        if (!life.alive) return name === "subscribe" ? { ready: never(), cancel: () => {} } : never();
        const heard = given.map((one) =>
          typeof one === "function" && name !== "setting"
            ? whileAlive(one as (...told: unknown[]) => unknown, life)
            : one,
        );
        return Reflect.apply(value, target, heard);
      };
    },
  });
}

function whileAlive(listener: (...told: unknown[]) => unknown, life: { readonly alive: boolean }) {
  return (...told: unknown[]): unknown => (life.alive ? listener(...told) : undefined);
}

function never(): Promise<never> {
  return new Promise(() => {});
}
