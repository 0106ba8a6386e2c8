import { SeededRandom } from "../seeded-random.ts";

/** Chance, as a plan draws it. */
export class Draw {
  readonly #random: SeededRandom;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
    // neighbouring seeds begin alike
    for (let skipped = 0; skipped < 4; skipped++) this.#random.float();
  }

  /** A whole number from `least` to `most`. */
  int(least: number, most: number): number {
    return least + this.#random.below(most - least + 1);
  }

  chance(probability: number): boolean {
    return this.#random.float() < probability;
  }

  one<T>(of: readonly T[]): T {
    const drawn = of[this.#random.below(of.length)];
    if (drawn === undefined && of.length === 0) throw new Error("unable to draw one of nothing");
    return drawn as T;
  }

  /** So many of them, none twice, in an order of chance. */
  some<T>(of: readonly T[], count: number): readonly T[] {
    const left = [...of];
    const drawn: T[] = [];
    while (drawn.length < count && left.length > 0) drawn.push(...left.splice(this.#random.below(left.length), 1));
    return drawn;
  }

  /** By weights: the value of the pair that is drawn. */
  weighed<T>(of: readonly (readonly [weight: number, value: T])[]): T {
    let at = this.#random.float() * of.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, value] of of) {
      at -= weight;
      if (at < 0) return value;
    }
    return (of.at(-1) as readonly [number, T])[1];
  }
}
