import type { ChatClient, Message, Outgoing, SendOptions } from "@earshot/client";
import { mentionsIn } from "../words/mentions.ts";

/** What this user has sent and the server has not answered for good: so that it can be tried again or thrown away. */
export class Sends {
  readonly #chat: ChatClient;
  readonly #outgoing = new Map<string, Outgoing>();

  constructor(chat: ChatClient) {
    this.#chat = chat;
  }

  /** `re`: the seq of the message that it replies to. */
  send(conversation: string, text: string, re?: number): void {
    const mentions = mentionsIn(text);
    const options: SendOptions = {
      ...(re === undefined ? {} : { re }),
      ...(mentions === undefined ? {} : { mentions }),
    };
    this.#keep(this.#chat.conversation(conversation).send({ text }, options));
  }

  /** One that waits from before a reload: sending it again under its id changes nothing, and gives a hold on it. */
  adopt(message: Message): void {
    if (message.status === "pending" && !this.#outgoing.has(message.id)) this.#keep(this.#again(message));
  }

  retry(message: Message): void {
    const outgoing = this.#outgoing.get(message.id);
    outgoing?.retry();
    this.#keep(outgoing ?? this.#again(message));
  }

  discard({ id }: Message): void {
    if (this.#outgoing.get(id)?.cancel() === true) this.#outgoing.delete(id);
  }

  #again({ conversation, id, body, re, mentions }: Message): Outgoing {
    const options: SendOptions = {
      id,
      ...(re === undefined ? {} : { re }),
      ...(mentions === undefined ? {} : { mentions }),
    };
    return this.#chat.conversation(conversation).send(body, options);
  }

  #keep(outgoing: Outgoing): void {
    this.#outgoing.set(outgoing.id, outgoing);
    outgoing.sent.then(
      () => this.#outgoing.delete(outgoing.id),
      () => {
        // Its row says so, and keeps the way to try again.
      },
    );
  }
}
