import type { ConversationId, UserId } from "@earshot/protocol";
import type { EncodedFrames } from "../ports/transport.ts";

/** State on its way to sessions: encoded once for all of them, never counted, never stored. */
export interface Signal {
  readonly c: ConversationId;
  /** While a socket is full the latest under one key waits; null: it is dropped. */
  readonly key: string | null;
  readonly frame: EncodedFrames;
}

/** A session on this node that signals go to. */
export interface SignalRecipient {
  readonly user: UserId;
  signal(signal: Signal): void;
}
