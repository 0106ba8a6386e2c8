import { RowHeights } from "./row-heights.ts";
import { RowIndex } from "./row-index.ts";
import { keptRange, NO_ROWS, type RowRange } from "./row-range.ts";
import { sharedRows } from "./shared-rows.ts";
import { type Row, ShownRows } from "./shown-rows.ts";

/** Rows are on the page this far above and below what is seen, in px. */
const AHEAD_PX = 800;
/** Nearer to an end than this counts as being there, in px. */
const END_WITHIN_PX = 40;
/** Heights that differ by less are the same, in px. */
const SAME_WITHIN_PX = 0.1;
/** How long after the last scroll it is taken to be over, in ms. */
const SCROLL_OVER_MS = 150;

export interface WindowedRowsParts<Item> {
  /** Scrolls; `overflow-anchor: none`. */
  readonly scroller: HTMLElement;
  /** Holds the rows; empty, and padded for those that are not on the page. */
  readonly list: HTMLElement;
  readonly keyOf: (item: Item) => string;
  readonly make: (item: Item, before: Item | undefined) => Row<Item>;
  /** Where a view that is there stays, whatever comes: at the end, at the start, or at what it shows. */
  readonly sticksTo: () => "end" | "start" | "rows";
  readonly onScroll?: () => void;
  /** Height of a row that was never measured, in px. */
  readonly guessPx: number;
  /** Rows on the page at most; more only where more are seen. */
  readonly rowsMax: number;
}

/** Where the reader is: at an end, or at a row, so many px below the top of what is seen. */
type Place = "end" | "start" | { readonly key: string; readonly px: number };

/**
 * A list of any length of which only the rows near what is seen are on the page. Whatever comes, goes or
 * changes its height, what somebody is reading stays where it is.
 *
 * While somebody scrolls, heights come from a `ResizeObserver`, after the browser has laid the page out and before it
 * paints: so no script asks for a layout of its own.
 */
export class WindowedRows<Item> {
  readonly #parts: WindowedRowsParts<Item>;
  readonly #heights: RowHeights;
  readonly #index = new RowIndex();
  readonly #shown: ShownRows<Item>;
  readonly #watch: ResizeObserver;
  #items: readonly Item[] = [];
  #range: RowRange = NO_ROWS;
  #place: Place;
  /** The scroller as it was read last: where it is, how high it is, what it holds above the list and below what is seen. */
  #view = { top: 0, height: 0, above: 0, below: 0 };
  /**
   * All rows stand this much lower than their heights say, in px: while somebody scrolls, rows that come in above
   * and are not as high as was guessed move this, since to move the scroller would stop its motion.
   */
  #drift = 0;
  #frame = 0;
  #scrolling: ReturnType<typeof setTimeout> | null = null;

  constructor(parts: WindowedRowsParts<Item>) {
    this.#parts = parts;
    this.#heights = new RowHeights(parts.guessPx);
    this.#place = parts.sticksTo() === "start" ? "start" : "end";
    parts.scroller.addEventListener("scroll", () => this.#onScroll(), { passive: true });
    // The first layout, a phone's keyboard, a composer that grows, a row that is new or changes, a window that is resized.
    this.#watch = new ResizeObserver((entries) => this.#onResize(entries));
    this.#watch.observe(parts.scroller);
    this.#shown = new ShownRows({ ...parts, watch: this.#watch });
  }

  get atEnd(): boolean {
    return this.#place === "end";
  }

  /** Whether less than `px` lie above what is seen. */
  nearStart(px: number): boolean {
    return this.#view.height > 0 && this.#view.top < px;
  }

  /** Whether less than `px` lie below what is seen. */
  nearEnd(px: number): boolean {
    return this.#view.height > 0 && this.#view.below < px;
  }

  /** The items that are seen, the first and the last of them; null where there are none. */
  get seen(): readonly [first: Item, last: Item] | null {
    const top = this.#topOfView;
    const first = this.#items[this.#heights.at(top)];
    const last = this.#items[this.#heights.at(top + this.#view.height - 1)];
    return first === undefined || last === undefined || this.#view.height === 0 ? null : [first, last];
  }

  toEnd(): void {
    this.#place = "end";
    this.#restore();
  }

  /** Brings an item to the upper third of what is seen; false: it is not on the list. */
  toItem(key: string): boolean {
    if (this.#index.rowOf(key) === undefined) return false;
    this.#place = { key, px: Math.round(this.#view.height / 3) };
    this.#restore();
    return true;
  }

  /** The row of an item that is on the page. */
  rowOf(key: string): Row<Item> | undefined {
    return this.#shown.get(key);
  }

  /** Of the row that an element is in. */
  keyAt(element: Element): string | undefined {
    return this.#shown.keyAt(element);
  }

  /** The item that stands so many rows below another one (above: negative). */
  itemBeside(key: string, rows: number): Item | undefined {
    const row = this.#index.rowOf(key);
    return row === undefined ? undefined : this.#items[row + rows];
  }

  /** Shows another list, and what else `change` changes in the scroller, without moving what is seen. */
  show(items: readonly Item[], change: () => void = () => {}): void {
    const { keyOf, scroller } = this.#parts;
    // Somebody has scrolled, and the event is still to come.
    if (this.#view.height > 0 && scroller.scrollTop !== this.#view.top) this.#notice();
    const before = this.#items;
    const shared = sharedRows(before, items, keyOf);
    const { from, to, count } = shared;
    this.#items = items;
    this.#index.change(before, items, shared, keyOf);
    if (from === 0 && to === 0) {
      this.#heights.truncate(count);
      while (this.#heights.rows < items.length) this.#heights.push();
    } else {
      const old = (row: number): boolean => row >= to && row < to + count;
      this.#heights.reset(items.length, (row) => (old(row) ? this.#heights.height(row - to + from) : undefined));
    }
    change();
    this.#render(shifted(this.#range, shared), true);
    this.#restore();
  }

  dispose(): void {
    this.#watch.disconnect();
    cancelAnimationFrame(this.#frame);
    if (this.#scrolling !== null) clearTimeout(this.#scrolling);
    this.#shown.dispose();
  }

  #onScroll(): void {
    // The scroll that this has made itself: rows that are new may not be measured yet, and tell of another place.
    if (this.#parts.scroller.scrollTop === this.#view.top) return;
    this.#notice();
    if (!this.#canDrift(this.#wanted())) this.#settle();
    this.#render(this.#wanted(), false);
    this.#parts.onScroll?.();
    if (this.#scrolling !== null) clearTimeout(this.#scrolling);
    this.#scrolling = setTimeout(() => {
      this.#scrolling = null;
      this.#settle();
    }, SCROLL_OVER_MS);
  }

  #onResize(entries: readonly ResizeObserverEntry[]): void {
    const anchor = this.#heights.at(this.#topOfView);
    const top = this.#heights.top(anchor);
    let isResized = false;
    let changed = false;
    for (const { target, borderBoxSize } of entries) {
      if (target === this.#parts.scroller) isResized = true;
      else if (this.#setHeight(target, borderBoxSize[0]?.blockSize ?? 0)) changed = true;
    }
    if (!changed && !isResized) return;
    if (this.#scrolling !== null && !isResized && typeof this.#place === "object") {
      this.#drift += top - this.#heights.top(anchor);
      if (this.#canDrift(this.#range)) this.#pad();
      else this.#settle();
      return;
    }
    this.#hold();
    // Rows that were made now would be heard of too late to be measured in this frame.
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => {
      this.#restore();
      this.#parts.onScroll?.();
    });
  }

  /** Whether it is another height than was known. */
  #setHeight(element: Element, height: number): boolean {
    const row = this.#index.rowOf(this.#shown.keyAt(element) ?? "");
    if (row === undefined || height === 0 || Math.abs(this.#heights.height(row) - height) < SAME_WITHIN_PX)
      return false;
    return this.#heights.set(row, height);
  }

  /** Somebody has moved the view. */
  #notice(): void {
    this.#look();
    this.#place = this.#placeNow();
  }

  #look(): void {
    const { scroller, list } = this.#parts;
    const { scrollTop: top, clientHeight: height, scrollHeight } = scroller;
    this.#view = { top, height, above: list.offsetTop, below: scrollHeight - top - height };
  }

  /** Where what is seen begins, in px from the first row. */
  get #topOfView(): number {
    return Math.max(0, this.#view.top - this.#view.above - this.#drift);
  }

  #placeNow(): Place {
    const { keyOf, sticksTo } = this.#parts;
    const { top, above, below } = this.#view;
    const stuck = sticksTo();
    if (stuck === "end" && below < END_WITHIN_PX) return "end";
    if (stuck === "start" && top <= 0) return "start";
    const row = this.#heights.at(this.#topOfView);
    const item = this.#items[row];
    if (item === undefined) return stuck === "start" ? "start" : "end";
    return { key: keyOf(item), px: above + this.#drift + this.#heights.top(row) - top };
  }

  /**
   * Puts the view back to its place, with the rows that belong there: measured at once, since what is shown anew
   * should stand where it will from the first look on.
   */
  #restore(): void {
    this.#hold();
    this.#render(this.#wanted(), false);
    const rows = [...this.#parts.list.children];
    const changed = rows.map((row) => this.#setHeight(row, row.getBoundingClientRect().height));
    if (changed.includes(true)) this.#hold();
  }

  /** Moves the scroller so that the view is at its place. */
  #hold(): void {
    this.#drift = 0;
    this.#pad();
    const { scroller, list } = this.#parts;
    const row = typeof this.#place === "object" ? this.#index.rowOf(this.#place.key) : undefined;
    let wanted = scroller.scrollTop;
    if (this.#place === "start") wanted = 0;
    else if (this.#place === "end") wanted = scroller.scrollHeight - scroller.clientHeight;
    else if (row !== undefined) wanted = list.offsetTop + this.#heights.top(row) - this.#place.px;
    if (Math.abs(scroller.scrollTop - wanted) > 0.5) scroller.scrollTop = wanted;
    this.#look();
  }

  /** Whether rows can stand where they do: nothing can be above the place where the list begins. */
  #canDrift({ first }: RowRange): boolean {
    return this.#drift === 0 || (first > 0 && this.#drift + this.#heights.top(first) >= 0);
  }

  /** Rows stand again where their heights say. */
  #settle(): void {
    const drift = this.#drift;
    this.#drift = 0;
    this.#pad();
    if (drift === 0) return;
    this.#parts.scroller.scrollTop -= drift;
    this.#look();
  }

  /** The rows that should be on the page now. */
  #wanted(): RowRange {
    const { height } = this.#view;
    if (this.#items.length === 0 || height === 0) return NO_ROWS;
    const top = this.#view.top - this.#view.above - this.#drift;
    const first = this.#heights.at(top - AHEAD_PX);
    const end = this.#heights.at(top + height + AHEAD_PX) + 1;
    return keptRange(this.#range, { first, end }, this.#parts.rowsMax);
  }

  /** `renew`: also tells rows that are there what they show. */
  #render(range: RowRange, renew: boolean): void {
    if (!renew && range.first === this.#range.first && range.end === this.#range.end) return;
    this.#shown.put(this.#items, range, renew);
    this.#range = range;
    this.#pad();
  }

  #pad(): void {
    const { list } = this.#parts;
    const { first, end } = this.#range;
    list.style.paddingTop = `${Math.max(0, this.#drift + this.#heights.top(first))}px`;
    list.style.paddingBottom = `${Math.max(0, this.#heights.total - this.#heights.top(end))}px`;
  }
}

/** The same rows in a list that has changed around them. */
function shifted({ first, end }: RowRange, { from, to, count }: { from: number; to: number; count: number }): RowRange {
  const kept = { first: Math.max(first, from), end: Math.min(end, from + count) };
  return kept.end <= kept.first ? NO_ROWS : { first: kept.first - from + to, end: kept.end - from + to };
}
