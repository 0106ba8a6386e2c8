/** Places of a twentieth of a millisecond, up to ten seconds; what takes longer is counted in the last. */
const PER_MS = 20;
const PLACES = 10_000 * PER_MS;

/** Counts latencies without keeping each: to a twentieth of a millisecond. */
export class Latencies {
  readonly #counts = new Uint32Array(PLACES);
  #all = 0;

  add(ms: number): void {
    const place = Math.min(PLACES - 1, Math.max(0, Math.floor(ms * PER_MS)));
    this.#counts[place] = (this.#counts[place] ?? 0) + 1;
    this.#all++;
  }

  /** The time that this share of all took at most, in ms; NaN of none. */
  percentile(share: number): number {
    const wanted = Math.ceil(this.#all * share);
    let seen = 0;
    for (const [place, count] of this.#counts.entries()) {
      seen += count;
      if (seen >= wanted && seen > 0) return (place + 1) / PER_MS;
    }
    return Number.NaN;
  }

  /** As figures of a report. */
  figures(): { readonly p50Ms: number; readonly p95Ms: number; readonly p99Ms: number } {
    return { p50Ms: this.percentile(0.5), p95Ms: this.percentile(0.95), p99Ms: this.percentile(0.99) };
  }
}
