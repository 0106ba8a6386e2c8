import type { RowRange } from "./row-range.ts";

/** One row on the page. Its height is its border box: padding instead of margins. */
export interface Row<Item> {
  readonly element: HTMLElement;
  /** `before`: the item above it, for what depends on it. */
  update(item: Item, before: Item | undefined): void;
  dispose?(): void;
}

export interface ShownRowsParts<Item> {
  readonly list: HTMLElement;
  readonly keyOf: (item: Item) => string;
  readonly make: (item: Item, before: Item | undefined) => Row<Item>;
  /** Takes the focus of a row that goes. */
  readonly scroller: HTMLElement;
  readonly watch: ResizeObserver;
}

/** The rows of a list that are on the page: made, moved and removed by their keys, never rebuilt. */
export class ShownRows<Item> {
  readonly #parts: ShownRowsParts<Item>;
  readonly #rows = new Map<string, Row<Item>>();
  readonly #keys = new WeakMap<Element, string>();

  constructor(parts: ShownRowsParts<Item>) {
    this.#parts = parts;
  }

  get(key: string): Row<Item> | undefined {
    return this.#rows.get(key);
  }

  /** Of the row that an element is, or is in. */
  keyAt(element: Element): string | undefined {
    for (let at: Element | null = element; at !== null && at !== this.#parts.list; at = at.parentElement) {
      const key = this.#keys.get(at);
      if (key !== undefined) return key;
    }
    return undefined;
  }

  /** Puts exactly these rows on the page. `renew`: also tells those that are there what they show. */
  put(items: readonly Item[], { first, end }: RowRange, renew: boolean): void {
    const { list, keyOf, make } = this.#parts;
    const keys = items.slice(first, end).map(keyOf);
    const wanted = new Set(keys);
    for (const [key, row] of this.#rows) if (!wanted.has(key)) this.#drop(key, row);
    let next = list.firstElementChild;
    for (const [at, key] of keys.entries()) {
      const item = items[first + at] as Item;
      const before = items[first + at - 1];
      const known = this.#rows.get(key);
      if (renew) known?.update(item, before);
      const { element } = known ?? this.#add(key, make(item, before));
      if (element === next) next = next.nextElementSibling;
      else list.insertBefore(element, next);
    }
  }

  dispose(): void {
    for (const row of this.#rows.values()) row.dispose?.();
  }

  #add(key: string, row: Row<Item>): Row<Item> {
    this.#rows.set(key, row);
    this.#keys.set(row.element, key);
    this.#parts.watch.observe(row.element);
    return row;
  }

  #drop(key: string, row: Row<Item>): void {
    const { scroller, watch } = this.#parts;
    if (row.element.contains(document.activeElement)) scroller.focus({ preventScroll: true });
    watch.unobserve(row.element);
    row.dispose?.();
    row.element.remove();
    this.#rows.delete(key);
  }
}
