/** How many are known at most, and how long one may be, in UTF-16 units. */
const TEXTS_MAX = 1_000;
const UNITS_MAX = 512;

/** Equal texts as one in memory, as far as they are short and not too many. */
export class SharedTexts {
  readonly #texts = new Map<string, string>();

  /** How many are known. */
  get size(): number {
    return this.#texts.size;
  }

  of(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined || text.length > UNITS_MAX) return known ?? text;
    // Those that are in use soon stand here again.
    if (this.#texts.size >= TEXTS_MAX) this.#texts.clear();
    this.#texts.set(text, text);
    return text;
  }
}
