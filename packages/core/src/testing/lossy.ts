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

const FAULTS = ["drop", "failBefore", "failAfter", "duplicate", "delay"] as const;
type Fault = (typeof FAULTS)[number];
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
    const luck = this.#draw(faults);
    if (luck("drop")) return undefined;
    if (luck("failBefore")) throw failure(name);
    if (luck("delay")) await this.#wait(luck.ms);
    let answer = await run();
    if (luck("duplicate")) answer = await run();
    if (luck("failAfter")) throw failure(name);
    return answer;
  }

  #tell(run: () => void, faults: Faults): void {
    const luck = this.#draw(faults);
    if (luck("drop") || luck("failBefore")) return;
    if (luck("duplicate")) run();
    if (luck("delay")) void this.#wait(luck.ms).then(run);
    else run();
  }

  /** All chance of one call at once, also while off: a seed means the same luck for the same call. */
  #draw(faults: Faults): Luck {
    const due = new Set(FAULTS.filter((fault) => this.#random.float() < (faults[fault] ?? 0)));
    // Whole ms, as any clock has them.
    const ms = Math.floor(this.#random.float() * (faults.delayMsMax ?? DELAY_MS));
    const { on } = this;
    const happens = (fault: Fault): boolean => {
      if (!on || !due.has(fault)) return false;
      this.happened[fault]++;
      return true;
    };
    return Object.assign(happens, { ms });
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.#clock.after(ms, resolve));
  }
}

/** Whether a fault befalls this call, and how long a delay would be. */
type Luck = ((fault: Fault) => boolean) & { readonly ms: number };

function failure(name: string): ChatError {
  return new ChatError("unavailable", `unable to ${name}; a fault was asked for`, { retryAfterMs: 1_000 });
}
