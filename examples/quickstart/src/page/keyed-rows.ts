/** One row on the screen, reused as long as its key is on the list. */
export interface Row<Item> {
  readonly element: HTMLElement;
  update(item: Item): void;
}

/** Keeps the children of an element in step with a list: rows are made, moved and removed, never rebuilt. */
export class KeyedRows<Item> {
  readonly #container: HTMLElement;
  readonly #keyOf: (item: Item) => string;
  readonly #make: (item: Item) => Row<Item>;
  readonly #rows = new Map<string, { row: Row<Item>; item: Item }>();

  constructor(container: HTMLElement, keyOf: (item: Item) => string, make: (item: Item) => Row<Item>) {
    this.#container = container;
    this.#keyOf = keyOf;
    this.#make = make;
  }

  show(items: readonly Item[]): void {
    const keys = new Set(items.map(this.#keyOf));
    for (const [key, { row }] of this.#rows) {
      if (keys.has(key)) continue;
      row.element.remove();
      this.#rows.delete(key);
    }
    let next = this.#container.firstElementChild;
    for (const item of items) {
      const { element } = this.#rowOf(item);
      if (element === next) next = next.nextElementSibling;
      else this.#container.insertBefore(element, next);
    }
  }

  #rowOf(item: Item): Row<Item> {
    const key = this.#keyOf(item);
    const known = this.#rows.get(key);
    if (known === undefined) {
      const row = this.#make(item);
      this.#rows.set(key, { row, item });
      return row;
    }
    if (known.item !== item) {
      known.item = item;
      known.row.update(item);
    }
    return known.row;
  }
}
