import type { ConversationRow } from "@earshot/client";
import type { Panel } from "../panels/panel.ts";

/** The place beside a conversation, with one panel at a time. */
export class Side {
  readonly #pane: HTMLElement;
  #panel: Panel | null = null;
  /** What had the focus before. */
  #opener: HTMLElement | null = null;

  constructor(pane: HTMLElement) {
    this.#pane = pane;
  }

  get panel(): Panel | null {
    return this.#panel;
  }

  open(panel: Panel): void {
    if (this.#panel === null) this.#opener = document.activeElement as HTMLElement | null;
    this.#put(panel);
    panel.focus();
  }

  readonly close = (): void => {
    this.#put(null);
    if (this.#opener?.isConnected === true) this.#opener.focus({ preventScroll: true });
    this.#opener = null;
  };

  show(row: ConversationRow): void {
    this.#panel?.show?.(row);
  }

  dispose(): void {
    this.#panel?.dispose();
  }

  #put(panel: Panel | null): void {
    const before = this.#panel;
    this.#panel = panel;
    before?.dispose();
    before?.element.remove();
    if (panel !== null) this.#pane.append(panel.element);
    this.#pane.classList.toggle("pane-beside", panel !== null);
  }
}
