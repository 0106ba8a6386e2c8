import type { WindowItem } from "@earshot/client";
import type { WindowedRows } from "../ui/windowed-rows.ts";
import { LineRow } from "./line-row.ts";

/**
 * The way through the messages by keyboard: Tab reaches one message with what can be done on it, the arrow keys go
 * from message to message.
 */
export class MessageFocus {
  readonly #scroller: HTMLElement;
  readonly #rows: WindowedRows<WindowItem>;
  #current: Element | null = null;

  constructor(scroller: HTMLElement, rows: WindowedRows<WindowItem>) {
    this.#scroller = scroller;
    this.#rows = rows;
    scroller.addEventListener("keydown", (event) => this.#onKey(event));
    scroller.addEventListener("focusin", ({ target }) => {
      const line = (target as Element).closest(".line");
      if (line !== null) this.#reach(line);
    });
  }

  /** The message that Tab reaches, if the one that it reached is gone: that of this key. */
  offer(key: string | undefined): void {
    if (this.#current?.isConnected === true || key === undefined) return;
    const row = this.#rows.rowOf(key);
    if (row !== undefined) this.#reach(row.element);
  }

  to(key: string): void {
    const row = this.#rows.rowOf(key);
    if (row instanceof LineRow) row.target?.focus({ preventScroll: true });
  }

  #reach(line: Element): void {
    if (this.#current !== line) for (const each of reachable(this.#current)) each.tabIndex = -1;
    for (const each of reachable(line)) each.tabIndex = 0;
    this.#current = line;
  }

  #onKey(event: KeyboardEvent): void {
    const step = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
    if (step === 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    const target = this.#beside(event.target as Element, step);
    if (target === null) return;
    event.preventDefault();
    target.focus({ preventScroll: true });
    target.scrollIntoView({ block: "nearest" });
  }

  /** The next message that is on the page; from the list itself, upwards, the last one in view. */
  #beside(from: Element, step: number): HTMLElement | null {
    let key = this.#rows.keyAt(from);
    let rows = step;
    if (key === undefined && from === this.#scroller) {
      key = step < 0 ? this.#rows.seen?.[1].key : undefined;
      rows = 0;
    }
    for (; key !== undefined; rows += step) {
      const item = this.#rows.itemBeside(key, rows);
      if (item === undefined) return null;
      const row = this.#rows.rowOf(item.key);
      if (row instanceof LineRow && row.target !== null) return row.target;
    }
    return null;
  }
}

function reachable(line: Element | null): Iterable<HTMLElement> {
  return line?.querySelectorAll<HTMLElement>("[tabindex]") ?? [];
}
