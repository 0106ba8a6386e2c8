import type { MessageStore } from "./ports/message-store.ts";
import type { Random } from "./ports/random.ts";

/** Bytes of a key that the store keeps. */
const KEY_BYTES = 32;

/** What only an open store can give: empty until `open`. */
export class Keys {
  /** Sign resume tokens: the first signs, all verify. */
  resume: readonly string[] = [];
  /** Keys the hash that a repeat of a send is compared by. One for the whole store, for ever. */
  messages = "";

  /** Reads them from the store, made on the first occasion. `secrets`: the host's own for `resume`, or null. */
  async open(store: Pick<MessageStore, "setting">, random: Random, secrets: readonly string[] | null): Promise<void> {
    const make = (): string => hex(random.bytes(KEY_BYTES));
    this.resume = secrets ?? [await store.setting("resume-key", make)];
    this.messages = await store.setting("message-hash-key", make);
  }
}

/** Two characters a byte. */
export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
