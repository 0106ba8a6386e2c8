import type { ConversationId, UserId } from "@earshot/protocol";
import type { TrueConversation } from "./true-conversation.ts";

type Watermark = readonly [user: UserId, delivered: number, read: number];

/** Watermarks that one session was told of (I14). */
export class ToldReceipts {
  readonly #told = new Map<string, readonly [delivered: number, read: number]>();

  of(c: ConversationId, user: UserId): readonly [delivered: number, read: number] | undefined {
    return this.#told.get(`${c} ${user}`);
  }

  /** Takes what is told in; why it may not be so, or null. */
  take(conversation: TrueConversation, [user, delivered, read]: Watermark): string | null {
    const name = `${conversation.made.id} ${user}`;
    const before = this.#told.get(name) ?? [0, 0];
    this.#told.set(name, [delivered, read]);
    const now = `I14: ${name} is at ${delivered}, ${read}`;
    if (read > delivered) return `${now}: read above delivered`;
    if (delivered > conversation.head) return `${now}: above the head`;
    return delivered < before[0] || read < before[1] ? `${now} and was at ${before.join(", ")}` : null;
  }

  forget(c: ConversationId): void {
    for (const name of this.#told.keys()) if (name.startsWith(`${c} `)) this.#told.delete(name);
  }
}
