import type { Notice, WindowItem } from "@earshot/client";
import { element, setText } from "../ui/element.ts";
import type { Row } from "../ui/shown-rows.ts";
import { noticeWords } from "../words/notice-words.ts";
import type { Line } from "./line.ts";
import type { MessageControl } from "./message-control.ts";
import { MessageRow } from "./message-row.ts";

export interface LineRowParts {
  readonly user: string;
  readonly control: MessageControl;
  readonly lineOf: (item: WindowItem, before: WindowItem | undefined) => Line;
}

/** The row of one item, with what stands above it: the day, the unread line, the mark that something is missing. */
export class LineRow implements Row<WindowItem> {
  readonly element = element("li", { class: "line" });
  readonly #parts: LineRowParts;
  readonly #message: MessageRow | null;
  readonly #notice: HTMLElement | null;
  readonly #above = new Map<"day" | "unread" | "hole", HTMLElement>();

  constructor(item: WindowItem, before: WindowItem | undefined, parts: LineRowParts) {
    this.#parts = parts;
    // the kind of an item never changes under its key
    this.#message = item.kind === "message" ? new MessageRow(parts.control) : null;
    this.#notice = item.kind === "notice" ? noticeLine(item, parts.user) : null;
    const body = this.#message?.element ?? this.#notice;
    if (body !== null) this.element.append(body);
    this.update(item, before);
  }

  /** What takes the focus: the message. */
  get target(): HTMLElement | null {
    return this.#message?.element ?? null;
  }

  update(item: WindowItem, before: WindowItem | undefined): void {
    const line = this.#parts.lineOf(item, before);
    this.#put("hole", line.hole ? "Loading missing messages…" : null);
    this.#put("day", line.day);
    this.#put("unread", line.unread ? "New messages" : null);
    if (item.kind === "message") this.#message?.update({ ...line, item });
  }

  #put(name: "day" | "unread" | "hole", words: string | null): void {
    const known = this.#above.get(name);
    if (words === null) {
      known?.remove();
      this.#above.delete(name);
    } else if (known === undefined) {
      this.#above.set(name, MAKE[name](words));
      this.element.prepend(...(["hole", "day", "unread"] as const).flatMap((each) => this.#above.get(each) ?? []));
    } else if (name === "day") {
      setText(known.firstElementChild ?? known, words);
    }
  }
}

const MAKE = {
  hole: (words: string) => element("p", { class: "notice", text: words }),
  day: (words: string) => element("div", { class: "day" }, [element("h3", { class: "day-name", text: words })]),
  unread: (words: string) =>
    element("p", { class: "unread-line", attributes: { "data-testid": "unread-line" } }, [
      element("span", { text: words }),
    ]),
};

function noticeLine(notice: Notice, user: string): HTMLElement {
  return element("p", {
    class: "notice",
    text: noticeWords(notice, user),
    attributes: { "data-seq": String(notice.seq) },
  });
}
