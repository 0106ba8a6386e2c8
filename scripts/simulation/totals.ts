import { LineHash } from "../../packages/core/src/testing/simulation/line-hash.ts";
import type { TaskResult } from "./seed-result.ts";

type Counts = Record<string, number>;

/** What many runs come to together. */
export class Totals {
  readonly failed: TaskResult[] = [];
  readonly faults: Counts = {};
  readonly kinds: Counts = {};
  readonly points: Counts = {};
  events = 0;
  runs = 0;
  readonly #hashes = new Map<string, string>();

  add(result: TaskResult): void {
    this.runs++;
    this.events += result.events;
    this.#hashes.set(result.name, result.hash);
    for (const counts of ["faults", "kinds", "points"] as const) {
      for (const [name, times] of Object.entries(result[counts])) {
        this[counts][name] = (this[counts][name] ?? 0) + times;
      }
    }
    if (result.failure !== null) this.failed.push(result);
  }

  /** Of all histories, in the order of the seeds, whichever process ran them when. */
  get hash(): string {
    const hash = new LineHash();
    const inOrder = [...this.#hashes].sort(([a], [b]) => Number(a) - Number(b));
    for (const [name, each] of inOrder) hash.add(`${name} ${each}`);
    return hash.digits;
  }
}

/** By name, so that two runs read the same. */
export function sorted(counts: Readonly<Counts>): Readonly<Counts> {
  const order = new Intl.Collator("en", { numeric: true });
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => order.compare(a, b)));
}
