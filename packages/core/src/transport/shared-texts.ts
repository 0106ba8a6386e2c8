import { FIXED_LIMITS } from "../fixed-limits.ts";

/** Equal texts as one in memory, as far as they are short and not too many. */
export class SharedTexts {
  readonly #texts = new Map<string, string>();

  /** How many are known. */
  get size(): number {
    return this.#texts.size;
  }

  of(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined || text.length > FIXED_LIMITS.sharedHeaderUnitsMax) return known ?? text;
    // Those that are in use soon stand here again.
    if (this.#texts.size >= FIXED_LIMITS.sharedHeadersMax) this.#texts.clear();
    this.#texts.set(text, text);
    return text;
  }
}
