import type { Body, ConversationId, Epoch, SendType } from "@earshot/protocol";
import { isAboutAnother } from "./compose-send.ts";
import type { QueuedSend } from "./queued-send.ts";
import { SendList } from "./send-list.ts";

/** An own change of a message that the log does not show yet: windows show it meanwhile. */
export interface Overlay {
  readonly type: Extract<SendType, "edit" | "delete" | "react">;
  /** The message it is about. */
  readonly re: number;
  /** As in the event to come; of a `delete` empty. */
  readonly body: Body;
}

/** Own sends that windows show beside the log, in the order written: pending, failed, sent but behind a hole. */
export class ShownSends extends SendList {
  readonly #failedMax: number;

  /** `failedMax`: failed ones kept; beyond it the oldest leave. */
  constructor(failedMax: number) {
    super();
    this.#failedMax = failedMax;
  }

  /** What a window shows after the log's own items. */
  messages(c: ConversationId): readonly QueuedSend[] {
    return this.all.filter(({ conversation, draft }) => conversation === c && draft.type === "message");
  }

  /** What a window shows over the log's own items. */
  overlays(c: ConversationId): readonly Overlay[] {
    const overlays = this.all.filter(({ conversation, draft }) => conversation === c && isAboutAnother(draft.type));
    return overlays.map(({ draft }) => ({
      type: draft.type as Overlay["type"],
      re: draft.composed?.frame.re ?? 0,
      body: draft.body,
    }));
  }

  /** It is shown last from now on, or before the first for which `isLater` holds. Not every kind is shown. */
  override add(send: QueuedSend, isLater?: (other: QueuedSend) => boolean): void {
    const { type } = send.draft;
    if (type !== "message" && !isAboutAnother(type)) return;
    this.remove(send);
    super.add(send, isLater);
  }

  /** It has failed. A message stays, to be sent again or thrown away; what lay over another is taken back. */
  failed(send: QueuedSend): void {
    if (isAboutAnother(send.draft.type)) this.remove(send);
    const failed = this.all.filter(({ status }) => status === "failed");
    if (failed[0] !== undefined && failed.length > this.#failedMax) this.remove(failed[0]);
  }

  /** The log is shown up to here: what it has is shown there. */
  reached(c: ConversationId, seq: number): void {
    this.keep(({ conversation, receipt }) => conversation !== c || receipt === null || receipt.seq > seq);
  }

  /** Those that stand behind a hole of a log that is not in this epoch; null: nothing of it is there any more. */
  lost(c: ConversationId, epoch: Epoch | null): readonly QueuedSend[] {
    return this.all.filter(
      ({ conversation, receipt }) => conversation === c && receipt !== null && receipt.epoch !== epoch,
    );
  }

  touch(): void {
    for (const send of this.all) send.touch();
  }
}
