import type { ConversationId, Epoch, MessageId } from "@earshot/protocol";
import type { QueuedSend } from "./queued-send.ts";
import { SendList } from "./send-list.ts";

/** Answered own sends, oldest first: should a log be lost, they are sent again. */
export class KeptSends extends SendList {
  readonly #max: number;

  /** `max`: how many, over all conversations. */
  constructor(max: number) {
    super();
    this.#max = max;
  }

  override add(send: QueuedSend): void {
    super.add(send);
    if (this.all.length > this.#max) this.keep((each) => each !== this.all[0]);
  }

  /** Takes one out. */
  take(c: ConversationId, id: MessageId): QueuedSend | undefined {
    return this.#takeAll((send) => send.id === id && send.conversation === c)[0];
  }

  /** Takes those of a conversation whose log is not in this epoch; null: nothing of it is there any more. */
  takeLost(c: ConversationId, epoch: Epoch | null): readonly QueuedSend[] {
    return this.#takeAll((send) => send.conversation === c && send.receipt?.epoch !== epoch);
  }

  /** How far the others have what is sent may be another now. */
  touch(c: ConversationId): void {
    for (const send of this.all) if (send.conversation === c) send.touch();
  }

  #takeAll(which: (send: QueuedSend) => boolean): readonly QueuedSend[] {
    const taken = this.all.filter(which);
    this.keep((send) => !taken.includes(send));
    return taken;
  }
}
