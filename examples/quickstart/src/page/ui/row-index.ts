import type { SharedRows } from "./shared-rows.ts";

/** Which key stands in which row. Rows that come before all others change no number of the others. */
export class RowIndex {
  readonly #numbers = new Map<string, number>();
  /** The number of row 0. */
  #base = 0;

  /** undefined: not on the list. */
  rowOf(key: string): number | undefined {
    const number = this.#numbers.get(key);
    return number === undefined ? undefined : number - this.#base;
  }

  /** Another list, of which `shared` says what is left of the one before. */
  change<Item>(
    before: readonly Item[],
    items: readonly Item[],
    shared: SharedRows,
    keyOf: (item: Item) => string,
  ): void {
    const { from, to, count } = shared;
    if (count === 0) {
      this.#numbers.clear();
    } else {
      for (const item of before.slice(0, from)) this.#numbers.delete(keyOf(item));
      for (const item of before.slice(from + count)) this.#numbers.delete(keyOf(item));
    }
    this.#base += from - to;
    for (let row = 0; row < items.length; row++) {
      if (row === to && count > 0) row += count;
      const item = items[row];
      if (item !== undefined) this.#numbers.set(keyOf(item), row + this.#base);
    }
  }
}
