import { textButton } from "../ui/button.ts";
import { element } from "../ui/element.ts";

export interface PageEdgeParts {
  readonly testId: string;
  /** Words for: there is more, it is being loaded, that has failed. */
  readonly words: readonly [more: string, loading: string, failed: string];
  readonly hasMore: () => boolean;
  readonly load: () => Promise<void>;
  /** What it shows has changed. */
  readonly onChange: () => void;
}

/** An end of what is loaded, behind which there is more. After a failure nothing is loaded but by hand. */
export class PageEdge {
  readonly element = element("div", { class: "edge", attributes: { hidden: "" } });
  readonly #parts: PageEdgeParts;
  #status: "resting" | "loading" | "failed" = "resting";
  #shown = "";

  constructor(parts: PageEdgeParts) {
    this.#parts = parts;
  }

  /** Loads a page, unless there is none, one is being loaded, or the last one failed. */
  loadMore(): void {
    if (this.#status === "resting" && this.#parts.hasMore()) void this.#load();
  }

  /** Only ever changes what it says, never its height. */
  show(): void {
    const { words, hasMore, testId } = this.#parts;
    const [more, loading, failed] = words;
    const says = !hasMore() ? "" : { resting: more, loading, failed: `${failed} Try again` }[this.#status];
    if (says === this.#shown) return;
    this.#shown = says;
    if (says === "") this.element.replaceChildren();
    else if (this.#status === "loading") this.element.replaceChildren(element("span", { class: "muted", text: says }));
    else this.element.replaceChildren(textButton(says, testId, () => void this.#load()));
    this.element.hidden = says === "";
  }

  async #load(): Promise<void> {
    this.#status = "loading";
    this.#parts.onChange();
    try {
      await this.#parts.load();
      this.#status = "resting";
    } catch {
      this.#status = "failed";
    }
    this.#parts.onChange();
  }
}
