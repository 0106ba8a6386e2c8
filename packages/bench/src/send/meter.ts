import { percentile } from "../../../../examples/cluster/fire/percentile.ts";

/** What was answered in the measured time. */
export interface Metered {
  readonly messages: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** Of this process, all its threads, in µs a message. */
  readonly cpuMicrosPerMessage: number;
}

/**
 * Counts what is answered between the warm-up and the end. Reads the clock with every answer: a timer would not come
 * where answers leave the event loop no turn.
 */
export class Meter {
  readonly #beginAt: number;
  readonly #endAt: number;
  readonly #latencies: number[] = [];
  #begun: { readonly at: number; readonly cpu: NodeJS.CpuUsage } | null = null;
  #ended: { readonly at: number; readonly cpuMicros: number } | null = null;

  constructor(warmMs: number, ms: number) {
    this.#beginAt = performance.now() + warmMs;
    this.#endAt = this.#beginAt + ms;
  }

  /** What began at `startedAt` is answered. false: it is over, begin no more. */
  note(startedAt: number): boolean {
    const now = performance.now();
    if (now < this.#beginAt) return true;
    if (this.#begun === null) this.#begun = { at: now, cpu: process.cpuUsage() };
    else if (this.#ended === null) this.#latencies.push(now - startedAt);
    if (now < this.#endAt) return true;
    if (this.#ended === null) {
      const { user, system } = process.cpuUsage(this.#begun.cpu);
      this.#ended = { at: now, cpuMicros: user + system };
    }
    return false;
  }

  /** Throws where it is not over, or nothing was answered meanwhile. */
  result(): Metered {
    const messages = this.#latencies.length;
    if (this.#begun === null || this.#ended === null || messages === 0) throw new Error("nothing was answered in time");
    return {
      messages,
      perSecond: (messages * 1000) / (this.#ended.at - this.#begun.at),
      p50Ms: percentile(this.#latencies, 0.5),
      p95Ms: percentile(this.#latencies, 0.95),
      p99Ms: percentile(this.#latencies, 0.99),
      cpuMicrosPerMessage: this.#ended.cpuMicros / messages,
    };
  }
}
