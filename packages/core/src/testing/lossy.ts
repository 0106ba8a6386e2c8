import { ChatError } from "@earshot/protocol";
import type { Clock } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";

/** What may befall one call of a method; each a chance in [0, 1], 0 unless given. */
export interface Faults {
  /** It resolves, and nothing was done. */
  readonly drop?: number;
  /** It rejects with `unavailable`, and nothing was done. */
  readonly failBefore?: number;
  /** It is done, and rejects with `unavailable` all the same: its result is unknown. */
  readonly failAfter?: number;
  /** It is done twice; the second answer counts. */
  readonly duplicate?: number;
  /** It waits before it is done, so that later calls overtake it. */
  readonly delay?: number;
  /** Longest such wait, in ms; each is uniform below it. Default 100. */
  readonly delayMsMax?: number;
}

type Fault = "drop" | "failBefore" | "failAfter" | "duplicate" | "delay";
type Method = (...given: unknown[]) => unknown;

const DELAY_MS = 100;

/**
 * Makes ports unreliable: any `MessageStore`, `Bus` or `PresenceStore`, by chance that a seed repeats.
 * Faults of a method that takes a listener (`subscribe`, `onChange`, `onInterruption`) befall what the
 * listener is told; a failure there is a loss. Methods that are not named stay as they are.
 *
 * ```ts
 * const lossy = new Lossy({ clock, random: new SeededRandom(7) });
 * const store = lossy.wrap(memoryStore(), { append: { failAfter: 0.2 } });
 * const bus = lossy.wrap(memoryBus(hub), { subscribe: { drop: 0.3, duplicate: 0.1, delay: 0.3 } });
 * ```
 */
export class Lossy {
  readonly #clock: Clock;
  readonly #random: Pick<Random, "float">;
  /** How often each fault has happened: a test in which none did has shown nothing. */
  readonly happened: Record<Fault, number> = { drop: 0, failBefore: 0, failAfter: 0, duplicate: 0, delay: 0 };
  /** Whether faults happen now. What is delayed already comes all the same. */
  on = true;

  constructor({ clock, random }: { readonly clock: Clock; readonly random: Pick<Random, "float"> }) {
    this.#clock = clock;
    this.#random = random;
  }

  wrap<P extends object>(port: P, faults: { readonly [M in keyof P]?: Faults }): P {
    const wrapped = new Map<PropertyKey, Method>();
    return new Proxy(port, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        let method = wrapped.get(name);
        if (method === undefined) {
          const plain: Method = (...given) => value.apply(target, given);
          const named = faults[name as keyof P];
          method = named === undefined ? plain : this.#method(plain, named, String(name));
          wrapped.set(name, method);
        }
        return method;
      },
    });
  }

  #method(plain: Method, faults: Faults, name: string): Method {
    return (...given) => {
      const at = given.findIndex((argument) => typeof argument === "function");
      // `setting` takes a function too, but answers with a promise of its own.
      if (at < 0 || name === "setting") return this.#call(async () => plain(...given), faults, name);
      const listener = given[at] as Method;
      return plain(...given.with(at, (...told: unknown[]) => this.#tell(() => listener(...told), faults)));
    };
  }

  async #call(run: () => Promise<unknown>, faults: Faults, name: string): Promise<unknown> {
    if (this.#happens("drop", faults)) return undefined;
    if (this.#happens("failBefore", faults)) throw failure(name);
    if (this.#happens("delay", faults)) await this.#wait(faults);
    let answer = await run();
    if (this.#happens("duplicate", faults)) answer = await run();
    if (this.#happens("failAfter", faults)) throw failure(name);
    return answer;
  }

  #tell(run: () => void, faults: Faults): void {
    if (this.#happens("drop", faults) || this.#happens("failBefore", faults)) return;
    const times = this.#happens("duplicate", faults) ? 2 : 1;
    for (let time = 0; time < times; time++) {
      if (this.#happens("delay", faults)) void this.#wait(faults).then(run);
      else run();
    }
  }

  #happens(fault: Fault, faults: Faults): boolean {
    // Drawn also while off, so that a seed means the same run of chance.
    const chance = this.#random.float() < (faults[fault] ?? 0);
    if (chance && this.on) this.happened[fault]++;
    return chance && this.on;
  }

  #wait({ delayMsMax = DELAY_MS }: Faults): Promise<void> {
    return new Promise((resolve) => this.#clock.after(this.#random.float() * delayMsMax, resolve));
  }
}

function failure(name: string): ChatError {
  return new ChatError("unavailable", `unable to ${name}; a fault was asked for`, { retryAfterMs: 1_000 });
}
