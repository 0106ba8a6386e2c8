import { element } from "./element.ts";
import { icon } from "./icon.ts";

/** Past this the box scrolls, in px. */
const HEIGHT_MAX = 160;

/** The box that a message is written in. Enter sends, Shift+Enter makes a new line. */
export class Composer {
  readonly element: HTMLFormElement;
  readonly #input: HTMLTextAreaElement;
  readonly #button: HTMLButtonElement;
  readonly #onSend: (text: string) => void;
  readonly #watch: ResizeObserver;

  constructor(draft: string, onSend: (text: string) => void) {
    this.#onSend = onSend;
    this.#input = element("textarea", {
      class: "composer-input",
      attributes: {
        "data-testid": "composer",
        "aria-label": "Message",
        placeholder: "Write a message",
        rows: "1",
        enterkeyhint: "send",
      },
      on: { input: () => this.#fit(), keydown: (event) => this.#onKey(event) },
    });
    this.#button = element(
      "button",
      { class: "send-button", attributes: { type: "submit", "aria-label": "Send", "data-testid": "send" } },
      [icon("send")],
    );
    this.element = element("form", { class: "composer", on: { submit: (event) => this.#submit(event) } }, [
      this.#input,
      this.#button,
    ]);
    this.#input.value = draft;
    this.#fit();
    // Its height follows from its width, which it has only once it is on the page.
    this.#watch = new ResizeObserver(() => requestAnimationFrame(() => this.#fit()));
    this.#watch.observe(this.element);
  }

  get draft(): string {
    return this.#input.value;
  }

  dispose(): void {
    this.#watch.disconnect();
  }

  focus(): void {
    this.#input.focus();
  }

  #onKey(event: KeyboardEvent): void {
    // While an input method is composing, Enter picks its suggestion.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    this.#submit(event);
  }

  #submit(event: Event): void {
    event.preventDefault();
    const text = this.#input.value.trim();
    this.focus();
    if (text === "") return;
    this.#input.value = "";
    this.#fit();
    this.#onSend(text);
  }

  #fit(): void {
    this.#button.disabled = this.#input.value.trim() === "";
    this.#input.style.height = "auto";
    const { scrollHeight, offsetHeight, clientHeight } = this.#input;
    if (scrollHeight === 0) return;
    this.#input.style.height = `${Math.min(scrollHeight + offsetHeight - clientHeight, HEIGHT_MAX)}px`;
  }
}
