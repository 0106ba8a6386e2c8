import type { Stretch } from "./timeline/stretch.ts";

/** Where the line above the first unread message is: found once, and kept while messages are read. */
export class UnreadLine {
  /** What was read, and what there was, when the window was first read. */
  #span: { readonly read: number; readonly last: number } | null = null;
  #seq: number | null | undefined;

  /** `last`: the last event here; `read`: up to where the user has read, if that is known. */
  in(stretch: Stretch, last: number, read: number | null): number | null {
    if (this.#span === null) {
      if (read === null) return null;
      this.#span = { read, last };
    }
    const { read: from, last: to } = this.#span;
    if (this.#seq === undefined && stretch.covers(from + 1)) {
      const { items } = stretch;
      let at = stretch.at(from + 1);
      while (items[at]?.kind === "notice") at++;
      const seq = items[at]?.seq ?? null;
      if (seq !== null ? seq <= to : stretch.to >= to) this.#seq = seq;
    }
    if (this.#seq === undefined) return from < to ? from + 1 : null;
    return this.#seq;
  }
}
