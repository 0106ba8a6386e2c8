import { quantile } from "../median.ts";
import { treeCpuSeconds } from "../tree-cpu.ts";

/** What was answered in the measured time. */
export interface Metered {
  readonly messages: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** Of this process, all its threads, in µs a message. */
  readonly cpuMicrosPerMessage: number;
  /** Of the store's server, in µs a message; 0 where there is none. */
  readonly serverCpuMicrosPerMessage: number;
}

interface Reading {
  readonly at: number;
  readonly ownMicros: number;
  readonly serverMicros: number;
}

/**
 * Counts what is answered between the warm-up and the end. Reads the clock with every answer: a timer would not come
 * where answers leave the event loop no turn.
 */
export class Meter {
  readonly #serverPid: number | null;
  readonly #beginAt: number;
  readonly #ms: number;
  readonly #latencies: number[] = [];
  #begun: Reading | null = null;
  #ended: Reading | null = null;

  constructor({
    warmMs,
    ms,
    serverPid,
  }: {
    readonly warmMs: number;
    readonly ms: number;
    readonly serverPid: number | null;
  }) {
    this.#serverPid = serverPid;
    this.#beginAt = performance.now() + warmMs;
    this.#ms = ms;
  }

  /** What began at `startedAt` is answered. false: it is over, begin no more. */
  note(startedAt: number): boolean {
    const now = performance.now();
    if (now < this.#beginAt) return true;
    if (this.#ended !== null) return false;
    if (this.#begun === null) {
      this.#begun = this.#read(now);
      return true;
    }
    this.#latencies.push(now - startedAt);
    if (now < this.#begun.at + this.#ms) return true;
    this.#ended = this.#read(now);
    return false;
  }

  /** Throws where it is not over, or nothing was answered meanwhile. */
  result(): Metered {
    const begun = this.#begun;
    const ended = this.#ended;
    const messages = this.#latencies.length;
    if (begun === null || ended === null || messages === 0) throw new Error("nothing was answered in time");
    return {
      messages,
      perSecond: (messages * 1000) / (ended.at - begun.at),
      p50Ms: quantile(this.#latencies, 0.5),
      p95Ms: quantile(this.#latencies, 0.95),
      p99Ms: quantile(this.#latencies, 0.99),
      cpuMicrosPerMessage: (ended.ownMicros - begun.ownMicros) / messages,
      serverCpuMicrosPerMessage: (ended.serverMicros - begun.serverMicros) / messages,
    };
  }

  #read(at: number): Reading {
    const { user, system } = process.cpuUsage();
    const serverMicros = this.#serverPid === null ? 0 : treeCpuSeconds(this.#serverPid) * 1_000_000;
    return { at, ownMicros: user + system, serverMicros };
  }
}
