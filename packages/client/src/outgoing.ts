import type { Body, MessageId } from "@earshot/protocol";
import type { Live } from "./live.ts";
import type { Message, SentReceipt } from "./message.ts";

/**
 * An own send and what becomes of it. It needs no awaiting: it is kept through disconnects and sent
 * again, under the same id and in the old order, until the gateway has answered.
 */
export interface Outgoing<B extends Body = Body> extends Live<Message<B>> {
  readonly id: MessageId;
  /**
   * Resolves once it is durable. Rejects with a `ChatError` when it has failed: the gateway's code,
   * `aborted` after `cancel`, `closed` after `chat.close()`, `too_large` or `invalid` from the checks
   * before queueing. After `retry()` this is a new promise. Left unawaited it never ends a process.
   */
  readonly sent: Promise<SentReceipt>;
  /** Queues a failed send again under the same id, behind what is queued by now. Otherwise does nothing. */
  retry(): void;
  /**
   * Gives it up, and takes it out of the windows: true if the gateway will never have it. False, and
   * nothing happens, if it is sent, or on its way so that only the answer can tell.
   */
  cancel(): boolean;
}
