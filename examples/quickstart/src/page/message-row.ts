import type { Message } from "@earshot/client";
import { element, setText } from "./element.ts";
import { errorWords } from "./error-words.ts";
import type { Row } from "./keyed-rows.ts";
import type { Line } from "./lines.ts";
import { messageText } from "./message-text.ts";
import { tick } from "./tick.ts";
import { clockTime, fullTime } from "./time-words.ts";

type MessageLine = Extract<Line, { kind: "message" }>;

/** What can be done about a send that failed. */
export interface SendControl {
  retry(message: Message): void;
  cancel(message: Message): void;
}

/** One message: who, what, when, and for an own one how far it has come. */
export class MessageRow implements Row<Line> {
  readonly element: HTMLLIElement;
  readonly #author = element("div", { class: "message-author" });
  readonly #text = element("span", { class: "message-text" });
  readonly #time = element("time");
  readonly #meta = element("span", { class: "meta" }, [this.#time]);
  readonly #control: SendControl;
  #tick: HTMLElement | null = null;
  #failure: HTMLElement | null = null;
  #shown: MessageLine | null = null;

  constructor(line: MessageLine, control: SendControl) {
    this.#control = control;
    this.element = element("li", {}, [this.#author, element("div", { class: "bubble" }, [this.#text, this.#meta])]);
    this.update(line);
  }

  update(line: Line): void {
    if (line.kind !== "message") return;
    const before = this.#shown;
    if (before?.message === line.message && before.opensRun === line.opensRun) return;
    this.#shown = line;
    const { message, opensRun } = line;
    const names = ["message", message.own ? "message-own" : "", opensRun ? "message-run" : ""];
    this.element.className = names.filter((name) => name !== "").join(" ");
    this.element.dataset.id = message.id;
    this.element.dataset.status = message.status;
    if (message.seq === null) delete this.element.dataset.seq;
    else this.element.dataset.seq = String(message.seq);
    setText(this.#author, message.own ? "You" : message.from);
    this.#author.classList.toggle("unseen", message.own || !opensRun);
    setText(this.#text, messageText(message.body));
    setText(this.#time, clockTime(message.at));
    this.#time.dateTime = new Date(message.at).toISOString();
    this.#time.title = fullTime(message.at);
    if (message.own && before?.message.status !== message.status) this.#showStatus(message);
  }

  #showStatus(message: Message): void {
    const fresh = tick(message.status);
    if (this.#tick === null) this.#meta.append(fresh);
    else this.#tick.replaceWith(fresh);
    this.#tick = fresh;
    this.#failure?.remove();
    this.#failure = message.status === "failed" ? this.#failureOf(message) : null;
    if (this.#failure !== null) this.element.append(this.#failure);
  }

  #failureOf(message: Message): HTMLElement {
    const action = (words: string, testId: string, click: () => void): HTMLElement =>
      element("button", {
        class: "text-button",
        text: words,
        attributes: { type: "button", "data-testid": testId },
        on: { click },
      });
    return element("div", { class: "failure", attributes: { role: "alert" } }, [
      element("span", { text: `Not sent. ${errorWords(message.error)}` }),
      element("span", { class: "failure-actions" }, [
        action("Try again", "retry", () => this.#control.retry(message)),
        action("Discard", "discard", () => this.#control.cancel(message)),
      ]),
    ]);
  }
}
