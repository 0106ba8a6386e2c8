import type { Message } from "@earshot/client";
import { element, setText } from "../ui/element.ts";
import { icon } from "../ui/icon.ts";
import { messageWords, shownText } from "../words/message-words.ts";
import { clockTime, fullTime } from "../words/time-words.ts";
import { failureLine } from "./failure.ts";
import type { Line } from "./line.ts";
import type { MessageControl } from "./message-control.ts";
import { quote } from "./quote.ts";
import { reactionPills } from "./reactions.ts";
import { tick } from "./tick.ts";

type MessageLine = Line & { readonly item: Message };

/** One message: who, what, when, what others made of it, and for an own one how far it has come. */
export class MessageRow {
  readonly element: HTMLElement;
  readonly #author = element("div", { class: "message-author" });
  readonly #text = element("span", { class: "message-text" });
  readonly #time = element("time");
  readonly #marks = element("span", { class: "meta-marks" });
  readonly #meta = element("span", { class: "meta" }, [this.#marks, this.#time]);
  readonly #bubble = element("div", { class: "bubble" }, [this.#text, this.#meta]);
  readonly #actions: HTMLButtonElement;
  readonly #control: MessageControl;
  /** What stands below the bubble, and the quote in it: made when there is something to show. */
  readonly #parts = new Map<"quote" | "reactions" | "thread" | "failure", HTMLElement>();
  #tick: HTMLElement | null = null;
  #shown: MessageLine | null = null;

  constructor(control: MessageControl) {
    this.#control = control;
    this.#actions = element(
      "button",
      {
        class: "message-actions",
        attributes: { type: "button", tabindex: "-1", "aria-haspopup": "menu", "data-testid": "actions" },
        on: { click: () => this.#openActions() },
      },
      [icon("more")],
    );
    this.element = element(
      "article",
      { attributes: { tabindex: "-1" }, on: { keydown: (event) => this.#onKey(event) } },
      [this.#author, element("div", { class: "message-line" }, [this.#bubble, this.#actions])],
    );
  }

  update(line: MessageLine): void {
    const before = this.#shown;
    this.#shown = line;
    const { item, opensRun, pinned, quoted } = line;
    if (before?.item !== item || before.opensRun !== opensRun) this.#showMessage(item, opensRun);
    if (before?.item !== item || before.pinned !== pinned) this.#showMarks(item, pinned);
    if (before?.item.status !== item.status) this.#showStatus(item);
    if (before === null || before.quoted !== quoted) this.#showQuote(item, quoted);
    if (before?.item.reactions !== item.reactions) this.#showReactions(item);
    if (before?.item.replies !== item.replies || before.item.seq !== item.seq) this.#showThread(item);
  }

  #showMessage(message: Message, opensRun: boolean): void {
    const { own, deleted, from, at, id, seq, status } = message;
    const names = [
      "message",
      own ? "message-own" : "",
      opensRun ? "message-run" : "",
      deleted ? "message-deleted" : "",
    ];
    this.element.className = names.filter((name) => name !== "").join(" ");
    this.element.dataset.id = id;
    this.element.dataset.status = status;
    if (seq === null) delete this.element.dataset.seq;
    else this.element.dataset.seq = String(seq);
    this.element.setAttribute("aria-label", messageWords(message));
    setText(this.#author, own ? "You" : from);
    this.#author.classList.toggle("unseen", own || !opensRun);
    setText(this.#text, shownText(message));
    setText(this.#time, clockTime(at));
    this.#time.dateTime = new Date(at).toISOString();
    this.#time.title = fullTime(at);
    this.#actions.hidden = seq === null || deleted === true;
    this.#actions.setAttribute(
      "aria-label",
      `Actions for ${own ? "your message" : `the message from ${from}`} at ${clockTime(at)}`,
    );
  }

  #showMarks({ edited, deleted }: Message, pinned: boolean): void {
    const marks: Node[] = [];
    if (pinned) marks.push(icon("pin"), element("span", { class: "unseen", text: "Pinned" }));
    if (edited !== undefined && deleted !== true) marks.push(element("span", { class: "edited", text: "edited" }));
    this.#marks.replaceChildren(...marks);
  }

  #showStatus(message: Message): void {
    const fresh = message.own ? tick(message.status) : null;
    if (this.#tick !== null) this.#tick.remove();
    if (fresh !== null) this.#meta.append(fresh);
    this.#tick = fresh;
    this.#put("failure", message.status === "failed" ? failureLine(message, this.#control) : null);
  }

  #showQuote({ re }: Message, quoted: Message | null | undefined): void {
    const shown = quoted === undefined || re === undefined ? null : quote(quoted, () => this.#control.jump(re));
    this.#put("quote", shown);
  }

  #showReactions(message: Message): void {
    const { reactions } = message;
    const toggle = (key: string): void => {
      if (this.#shown !== null) this.#control.react(this.#shown.item, key);
    };
    this.#put("reactions", reactions.length === 0 ? null : reactionPills(reactions, toggle));
  }

  #showThread({ replies, seq }: Message): void {
    if (replies === 0 || seq === null) {
      this.#put("thread", null);
      return;
    }
    const open = element(
      "button",
      {
        class: "thread-link",
        attributes: { type: "button", tabindex: "-1", "data-testid": "thread-link" },
        on: { click: () => this.#control.openThread(seq) },
      },
      [icon("thread"), element("span", { text: `${replies} ${replies === 1 ? "reply" : "replies"}` })],
    );
    this.#put("thread", open);
  }

  /** Shows a part in its place, or takes it away; one that had the focus leaves it with the message. */
  #put(name: "quote" | "reactions" | "thread" | "failure", part: HTMLElement | null): void {
    const before = this.#parts.get(name);
    const focused = before?.contains(document.activeElement) === true;
    const focusedKey = (document.activeElement as HTMLElement | null)?.dataset.reaction;
    before?.remove();
    this.#parts.delete(name);
    if (part !== null) {
      this.#parts.set(name, part);
      if (name === "quote") this.#bubble.prepend(part);
      else this.element.append(...this.#below());
    }
    if (!focused) return;
    const again =
      focusedKey === undefined ? null : part?.querySelector<HTMLElement>(`[data-reaction="${CSS.escape(focusedKey)}"]`);
    (again ?? this.element).focus();
  }

  #below(): HTMLElement[] {
    const order = ["reactions", "thread", "failure"] as const;
    return order.map((name) => this.#parts.get(name)).filter((part) => part !== undefined);
  }

  #onKey(event: KeyboardEvent): void {
    if (event.target !== this.element || event.key !== "Enter" || this.#actions.hidden) return;
    event.preventDefault();
    this.#openActions();
  }

  #openActions(): void {
    if (this.#shown !== null) this.#control.openActions(this.#shown.item, this.#actions);
  }
}
