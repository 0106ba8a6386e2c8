import type { ConversationId, MessageId } from "@earshot/protocol";
import type { QueuedSend } from "./queued-send.ts";

/** Own sends in some order, each once. */
export class SendList {
  #sends: QueuedSend[] = [];

  /** In order. A new array whenever there is one less. */
  get all(): readonly QueuedSend[] {
    return this.#sends;
  }

  has(send: QueuedSend): boolean {
    return this.#sends.includes(send);
  }

  find(c: ConversationId, id: MessageId | undefined): QueuedSend | undefined {
    return this.#sends.find((send) => send.id === id && send.conversation === c);
  }

  /** Behind all, or before the first for which `isLater` holds. */
  add(send: QueuedSend, isLater: (other: QueuedSend) => boolean = () => false): void {
    const next = this.#sends.findIndex(isLater);
    this.#sends.splice(next < 0 ? this.#sends.length : next, 0, send);
  }

  remove(send: QueuedSend): void {
    this.keep((each) => each !== send);
  }

  /** Lets go of all others. */
  keep(which: (send: QueuedSend) => boolean): void {
    this.#sends = this.#sends.filter(which);
  }
}
