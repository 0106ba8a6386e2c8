import type { Body, ConversationId } from "@earshot/protocol";
import type { SendOptions } from "./message.ts";
import type { MessageWindow, WindowOptions } from "./message-window.ts";
import type { Outgoing } from "./outgoing.ts";

/** A reference to one conversation. Free: making one costs nothing, and there is nothing to release. */
export interface Conversation {
  readonly id: ConversationId;
  /**
   * Sends an event, a `message` unless `options.type` says otherwise; connects if need be. Returns at
   * once and never throws: what may not be sent comes back failed, with `invalid` (no JSON object, deeper
   * than 16, more than 256 keys, U+0000, lone surrogates, a key `__proto__`, ids and counters that are
   * none), `too_large` (body or frame over the gateway's bound, or the send queue is full) or `closed`.
   * The body is copied; changing it later changes nothing.
   */
  send(body: Body, options?: SendOptions): Outgoing;
  /** The newest messages, live. Each call gives the same window. */
  messages(options?: WindowOptions): MessageWindow;
}
