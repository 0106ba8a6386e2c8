import type { Message } from "@earshot/client";

/** What the rows of a conversation ask for; the pane does it. */
export interface MessageControl {
  /** Sends a failed one again. */
  retry(message: Message): void;
  /** Throws a failed one away. */
  discard(message: Message): void;
  /** Sets or takes back the own reaction. */
  react(message: Message, key: string): void;
  /** Opens the menu of what can be done with it, at a button. */
  openActions(message: Message, button: HTMLElement): void;
  openThread(seq: number): void;
  /** Shows another message. */
  jump(seq: number): void;
}
