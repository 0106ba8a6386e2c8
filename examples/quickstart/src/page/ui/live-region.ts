import { element } from "./element.ts";

/**
 * Says new things to those who listen rather than look. Apart from the list of messages, which would
 * be read out whole whenever older ones are loaded.
 */
export class LiveRegion {
  readonly element = element("div", { class: "unseen", attributes: { "aria-live": "polite" } });

  say(words: string): void {
    const said = element("p", { text: words });
    this.element.append(said);
    while (this.element.childElementCount > 5) this.element.firstElementChild?.remove();
  }
}
