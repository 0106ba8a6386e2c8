import { element } from "./element.ts";

/** How long a note stays, in ms. */
const STAYS_MS = 6_000;

/** A line over the page for what happened away from where one looks, or failed later. Read out, and gone by itself. */
export class Note {
  readonly element = element("div", { class: "note-place", attributes: { role: "status" } });
  #timer: ReturnType<typeof setTimeout> | undefined;

  say(words: string): void {
    clearTimeout(this.#timer);
    this.element.replaceChildren(element("p", { class: "note", text: words, attributes: { "data-testid": "note" } }));
    this.#timer = setTimeout(() => this.element.replaceChildren(), STAYS_MS);
  }
}
