import { SeededRandom } from "@earshot/core/testing";
import type { FireDevice } from "./fire-device.ts";

/** How often each device writes something, in ms. */
const EVERY_MS = 45;
/** Sends of one device that wait for their answers; at as many it waits too. */
const PENDING_MAX = 24;

/** Devices that write all the time, each into its conversations in turn, by chance that a seed repeats. */
export class Load {
  readonly #devices: readonly FireDevice[];
  readonly #random: SeededRandom;
  readonly #timer: NodeJS.Timeout;
  #acknowledged = 0;
  /** When the last send was acknowledged, and the first after `watch`; ms of `performance.now`. */
  #watchedFrom = Number.POSITIVE_INFINITY;
  #firstAt: number | null = null;

  constructor(devices: readonly FireDevice[], seed: number) {
    this.#devices = devices;
    this.#random = new SeededRandom(seed);
    this.#timer = setInterval(() => this.#write(), EVERY_MS);
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  noteAcknowledged(): void {
    this.#acknowledged += 1;
    const now = performance.now();
    if (this.#firstAt === null && now >= this.#watchedFrom) this.#firstAt = now;
  }

  /** From now on: how long the first acknowledgement takes to come, in ms. */
  async firstWithin(ms: number): Promise<number | null> {
    this.#watchedFrom = performance.now();
    this.#firstAt = null;
    const until = this.#watchedFrom + ms;
    while (this.#firstAt === null && performance.now() < until) await pause(2);
    return this.#firstAt === null ? null : (this.#firstAt as number) - this.#watchedFrom;
  }

  /** Until so many more were acknowledged; false: not within `ms`. */
  async more(count: number, ms: number): Promise<boolean> {
    const [to, until] = [this.#acknowledged + count, performance.now() + ms];
    while (this.#acknowledged < to && performance.now() < until) await pause(10);
    return this.#acknowledged >= to;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #write(): void {
    for (const device of this.#devices) {
      const { conversations, pending } = device;
      const c = conversations[this.#random.below(conversations.length)];
      if (c !== undefined && pending < PENDING_MAX) device.send(c);
    }
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
