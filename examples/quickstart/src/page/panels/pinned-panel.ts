import type { ConversationRow, Message } from "@earshot/client";
import { textButton } from "../ui/button.ts";
import { element } from "../ui/element.ts";
import { sidePanel } from "../ui/side-panel.ts";
import { shownText } from "../words/message-words.ts";
import { dayName } from "../words/time-words.ts";
import type { Panel } from "./panel.ts";

export interface PinnedPanelParts {
  readonly find: (seq: number) => Message | null;
  /** Null: this user may not. */
  readonly unpin: ((seq: number) => void) | null;
  readonly jump: (seq: number) => void;
  readonly close: () => void;
}

/** The pinned messages, the last one pinned first; each leads to its place. */
export class PinnedPanel implements Panel {
  readonly element: HTMLElement;
  readonly #list = element("ul", { class: "pins", attributes: { "data-testid": "pins" } });
  readonly #parts: PinnedPanelParts;

  constructor(row: ConversationRow, parts: PinnedPanelParts) {
    this.#parts = parts;
    this.element = sidePanel("Pinned messages", "pinned", parts.close, [
      element("div", { class: "panel-body" }, [this.#list]),
    ]);
    this.show(row);
  }

  show({ pinned = [] }: ConversationRow): void {
    const lines = pinned.toReversed().map((seq) => this.#line(seq));
    const none = element("li", { class: "hint", text: "Nothing is pinned." });
    this.#list.replaceChildren(...(lines.length === 0 ? [none] : lines));
  }

  focus(): void {
    this.element.querySelector<HTMLElement>(".panel-heading")?.focus();
  }

  dispose(): void {}

  #line(seq: number): HTMLElement {
    const { find, unpin, jump } = this.#parts;
    const message = find(seq);
    const words =
      message === null
        ? [element("span", { class: "pin-text", text: "A message from earlier" })]
        : [
            element("span", { class: "pin-author", text: message.own ? "You" : message.from }),
            element("span", { class: "row-time", text: dayName(message.at, Date.now()) }),
            element("span", { class: "pin-text", text: shownText(message) }),
          ];
    const open = element(
      "button",
      { class: "pin", attributes: { type: "button", "data-pin": String(seq) }, on: { click: () => jump(seq) } },
      words,
    );
    return element("li", {}, [open, unpin === null ? null : textButton("Unpin", "unpin", () => unpin(seq))]);
  }
}
