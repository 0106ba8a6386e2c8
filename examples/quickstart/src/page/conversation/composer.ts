import type { Message } from "@earshot/client";
import { iconButton } from "../ui/button.ts";
import { element, setText } from "../ui/element.ts";
import { icon } from "../ui/icon.ts";
import { shownText } from "../words/message-words.ts";

/** Past this the box scrolls, in px. */
const HEIGHT_MAX = 160;

/** What the text that is being written will be. */
export type Purpose = { readonly kind: "new" } | { readonly kind: "reply" | "edit"; readonly message: Message };

const NEW: Purpose = { kind: "new" };

export interface ComposerParts {
  readonly draft: string;
  readonly label: string;
  readonly testId: string;
  readonly onSend: (text: string, purpose: Purpose) => void;
  /** A key was pressed that changes the text. */
  readonly onPress: () => void;
  /** Up was pressed in the empty box: the message to edit, if there is one. */
  readonly last?: () => Message | null;
}

/** The box that a message is written in. Enter sends, Shift+Enter makes a new line, Up edits the last one. */
export class Composer {
  readonly element: HTMLFormElement;
  readonly #parts: ComposerParts;
  readonly #input: HTMLTextAreaElement;
  readonly #button: HTMLButtonElement;
  readonly #bar: HTMLElement;
  readonly #barHeading = element("span", { class: "purpose-heading" });
  readonly #barText = element("span", { class: "purpose-text" });
  readonly #watch: ResizeObserver;
  #purpose: Purpose = NEW;
  /** What stood there before an edit took the box. */
  #set: string | null = null;

  constructor(parts: ComposerParts) {
    const { label, testId, draft } = parts;
    this.#parts = parts;
    this.#input = element("textarea", {
      class: "composer-input",
      attributes: {
        "data-testid": testId,
        "aria-label": label,
        placeholder: "Write a message",
        rows: "1",
        enterkeyhint: "send",
      },
      on: { input: () => this.#onInput(), keydown: (event) => this.#onKey(event) },
    });
    this.#button = element(
      "button",
      { class: "send-button", attributes: { type: "submit", "aria-label": "Send", "data-testid": `${testId}-send` } },
      [icon("send")],
    );
    const cancel = iconButton("close", "Cancel", `${testId}-cancel`, () => this.#end());
    this.#bar = element("div", { class: "purpose", attributes: { hidden: "", "data-testid": `${testId}-purpose` } }, [
      element("div", { class: "purpose-words" }, [this.#barHeading, this.#barText]),
      cancel,
    ]);
    this.element = element("form", { class: "composer", on: { submit: (event) => this.#submit(event) } }, [
      this.#bar,
      element("div", { class: "composer-line" }, [this.#input, this.#button]),
    ]);
    this.#input.value = draft;
    this.#fit();
    // Its height follows from its width, which it has only once it is on the page.
    this.#watch = new ResizeObserver(() => requestAnimationFrame(() => this.#fit()));
    this.#watch.observe(this.element);
  }

  /** What is written and not sent, to be kept. */
  get draft(): string {
    return this.#set ?? this.#input.value;
  }

  replyTo(message: Message): void {
    if (this.#purpose.kind === "edit") this.#end();
    this.#begin({ kind: "reply", message }, `Reply to ${message.own ? "yourself" : message.from}`);
  }

  edit(message: Message): void {
    this.#set ??= this.#input.value;
    this.#input.value = shownText(message);
    this.#begin({ kind: "edit", message }, "Edit message");
  }

  focus(): void {
    this.#input.focus();
  }

  dispose(): void {
    this.#watch.disconnect();
  }

  #begin(purpose: Purpose & { readonly message: Message }, heading: string): void {
    this.#purpose = purpose;
    setText(this.#barHeading, heading);
    setText(this.#barText, shownText(purpose.message));
    this.#bar.hidden = false;
    this.#fit();
    this.focus();
  }

  /** Back to a new message, and to what was written of it. */
  #end(): void {
    if (this.#set !== null) this.#input.value = this.#set;
    this.#set = null;
    this.#purpose = NEW;
    this.#bar.hidden = true;
    this.#fit();
    this.focus();
  }

  #onInput(): void {
    this.#fit();
    if (this.#input.value !== "") this.#parts.onPress();
  }

  #onKey(event: KeyboardEvent): void {
    // While an input method is composing, its keys are its own.
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) this.#submit(event);
    else if (event.key === "Escape" && this.#purpose !== NEW) {
      event.stopPropagation();
      this.#end();
    } else if (event.key === "ArrowUp" && this.#input.value === "" && this.#purpose === NEW) {
      const last = this.#parts.last?.() ?? null;
      if (last === null) return;
      event.preventDefault();
      this.edit(last);
    }
  }

  #submit(event: Event): void {
    event.preventDefault();
    const text = this.#input.value.trim();
    const purpose = this.#purpose;
    this.focus();
    if (text === "") return;
    this.#input.value = "";
    this.#end();
    this.#parts.onSend(text, purpose);
  }

  #fit(): void {
    this.#button.disabled = this.#input.value.trim() === "";
    this.#input.style.height = "auto";
    const { scrollHeight, offsetHeight, clientHeight } = this.#input;
    if (scrollHeight === 0) return;
    this.#input.style.height = `${Math.min(scrollHeight + offsetHeight - clientHeight, HEIGHT_MAX)}px`;
  }
}
