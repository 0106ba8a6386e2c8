/** Nearer to the end than this counts as being there, in px. */
const END_WITHIN_PX = 40;

/**
 * Keeps what somebody is reading where it is while rows come and go around it: at the end it stays at
 * the end, anywhere else the row at the top stays at its height.
 */
export class ScrollHold {
  readonly #scroller: HTMLElement;
  readonly #rows: HTMLElement;
  readonly #watch: ResizeObserver;
  #atEnd = true;

  constructor(scroller: HTMLElement, rows: HTMLElement, onScroll: () => void) {
    this.#scroller = scroller;
    this.#rows = rows;
    scroller.addEventListener("scroll", () => {
      this.#atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < END_WITHIN_PX;
      onScroll();
    });
    // The first layout, a phone's keyboard, a composer that grows, a window that is resized.
    this.#watch = new ResizeObserver(() => {
      if (this.#atEnd) this.toEnd();
      onScroll();
    });
    this.#watch.observe(scroller);
    this.#watch.observe(rows);
  }

  get atEnd(): boolean {
    return this.#atEnd;
  }

  /** Whether less than `px` lie above what is seen. */
  nearStart(px: number): boolean {
    return this.#scroller.clientHeight > 0 && this.#scroller.scrollTop < px;
  }

  toEnd(): void {
    this.#atEnd = true;
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  /** Runs a change of the rows and puts the view back to where it was. */
  during(change: () => void): void {
    const anchor = this.#atEnd ? null : this.#firstSeen();
    const before = anchor?.getBoundingClientRect().top ?? 0;
    change();
    if (this.#atEnd) this.toEnd();
    else if (anchor?.isConnected === true) {
      this.#scroller.scrollTop += anchor.getBoundingClientRect().top - before;
    }
  }

  dispose(): void {
    this.#watch.disconnect();
  }

  #firstSeen(): Element | null {
    const top = this.#scroller.getBoundingClientRect().top;
    for (const row of this.#rows.children) {
      if (row.getBoundingClientRect().bottom > top) return row;
    }
    return null;
  }
}
