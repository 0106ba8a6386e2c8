import type { ChatClient, Message, Outgoing } from "@earshot/client";
import type { SendControl } from "./message-row.ts";

/** What this tab has sent and the server has not answered for good: so that it can be tried again or discarded. */
export class Sends implements SendControl {
  readonly #chat: ChatClient;
  readonly #outgoing = new Map<string, Outgoing>();

  constructor(chat: ChatClient) {
    this.#chat = chat;
  }

  send(conversation: string, text: string): void {
    const outgoing = this.#chat.conversation(conversation).send({ text });
    this.#outgoing.set(outgoing.id, outgoing);
    this.#forgetWhenSent(outgoing);
  }

  retry({ id }: Message): void {
    const outgoing = this.#outgoing.get(id);
    outgoing?.retry();
    if (outgoing !== undefined) this.#forgetWhenSent(outgoing);
  }

  cancel({ id }: Message): void {
    if (this.#outgoing.get(id)?.cancel() === true) this.#outgoing.delete(id);
  }

  #forgetWhenSent(outgoing: Outgoing): void {
    outgoing.sent.then(
      () => this.#outgoing.delete(outgoing.id),
      () => {
        // Its row says so, and keeps the way to try again.
      },
    );
  }
}
