import type { Conversation, Message, Outgoing } from "@earshot/client";
import type { Note } from "../ui/note.ts";
import { errorWords } from "../words/error-words.ts";

/** What is done to messages that are there. Windows show it at once, and take it back where it fails: then a note says why. */
export class MessageDeeds {
  readonly #conversation: Conversation;
  readonly #note: Note;

  constructor(conversation: Conversation, note: Note) {
    this.#conversation = conversation;
    this.#note = note;
  }

  edit({ seq, body }: Message, text: string): void {
    if (seq !== null && text !== body.text)
      this.#follow(this.#conversation.edit(seq, { ...body, text }), "The edit was not saved.");
  }

  delete({ seq }: Message): void {
    if (seq !== null) this.#follow(this.#conversation.delete(seq), "The message was not deleted.");
  }

  /** Sets the own reaction, or takes it back. */
  react({ seq, reactions }: Message, key: string): void {
    if (seq === null) return;
    const mine = reactions.some((reaction) => reaction.key === key && reaction.mine);
    this.#follow(this.#conversation.react(seq, key, !mine), "The reaction was not saved.");
  }

  async pin(seq: number, on: boolean): Promise<void> {
    try {
      await this.#conversation.pin(seq, on);
    } catch (error) {
      this.#note.say(`It was not ${on ? "pinned" : "unpinned"}. ${errorWords(error)}`);
    }
  }

  #follow(outgoing: Outgoing, words: string): void {
    outgoing.sent.catch((error: unknown) => this.#note.say(`${words} ${errorWords(error)}`));
  }
}
