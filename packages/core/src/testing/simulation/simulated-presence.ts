import type { PresenceStore } from "../../ports/presence-store.ts";
import { MemoryPresenceRegistry } from "../../presence/memory-presence-store.ts";
import type { SeededRandom } from "../seeded-random.ts";
import { NodeClock } from "./node-clock.ts";
import { never, notOpen, type PortUser, unreachable } from "./port-user.ts";
import type { SimulatedPortSurroundings } from "./simulated-store.ts";
import type { SimulatedTime } from "./time.ts";
import { Trouble } from "./trouble.ts";

/** More than any run has. */
const SEEN_USERS_MAX = 1_000;

/** One registry of who is connected, on a clock of its own that is right. */
export class SimulatedPresence {
  readonly #time: SimulatedTime;
  readonly #random: SeededRandom;
  readonly #registry: MemoryPresenceRegistry;
  readonly #down: Trouble;

  constructor({ time, random }: SimulatedPortSurroundings) {
    this.#time = time;
    this.#random = random;
    this.#registry = new MemoryPresenceRegistry(new NodeClock(time), { seenUsersMax: SEEN_USERS_MAX });
    this.#down = new Trouble(time);
  }

  /** The registry itself, without a network in between. */
  get plain(): Pick<MemoryPresenceRegistry, "of"> {
    return this.#registry;
  }

  /** Nobody gets an answer, or hears a change, for `ms`. */
  down(ms: number, fired: () => void): void {
    this.#down.begin(ms, null, fired);
  }

  heal(): void {
    this.#down.end();
  }

  /** A gateway's end: what it asks for arrives in the order it was asked. */
  client(user: PortUser): PresenceStore {
    const registry = this.#registry;
    const undos = new Set<() => void>();
    let open = false;
    let arrivesAt = 0;
    const call = <T>(what: string, run: () => T): Promise<T> => {
      if (!open) return Promise.reject(notOpen("presence store"));
      if (user.clock.dead) return never();
      return new Promise((resolve, reject) => {
        arrivesAt = Math.max(arrivesAt, this.#time.now + this.#random.below(3));
        const settled = (settle: () => void): void => void this.#time.after(0, settle, user.clock);
        this.#time.after(arrivesAt - this.#time.now, () => {
          if (this.#down.on && this.#down.strike()) {
            settled(() => reject(unreachable(what, "the presence store is down")));
            return;
          }
          try {
            const answer = run();
            settled(() => resolve(answer));
          } catch (error) {
            settled(() => reject(error));
          }
        });
      });
    };
    return {
      open: async () => {
        open = true;
      },
      close: async () => {
        open = false;
        for (const undo of undos) undo();
        undos.clear();
      },
      ping: () => call("ping", () => {}),
      lease: (node, ttlMs) => call("lease", () => registry.lease(node, ttlMs)),
      put: (node, sessions) => call("put", () => registry.put(node, sessions)),
      remove: (node, sessions) => call("remove", () => registry.remove(node, sessions)),
      of: (users) => call("of", () => registry.of(users)),
      onChange: (listener) => {
        const undoInRegistry = registry.onChange((users) => {
          if (user.clock.dead) undo();
          else if (!this.#down.on) this.#time.after(this.#random.below(3), () => listener(users), user.clock);
        });
        const undo = (): void => {
          undoInRegistry();
          undos.delete(undo);
        };
        undos.add(undo);
        return undo;
      },
    };
  }
}
