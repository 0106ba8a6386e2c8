import {
  ChatError,
  type ChatErrorOptions,
  type ConversationId,
  type Epoch,
  type ErrorCode,
  type EventRow,
  isChatError,
  type MessageId,
} from "@earshot/protocol";
import { defined } from "../defined.ts";
import type { SendOutcome } from "../storage-room.ts";

/** What tabs that share a queue tell each other. */
export type TabNote =
  /** The queue has more. */
  | { readonly t: "queued" }
  /** It is durable, and gone from the queue. */
  | {
      readonly t: "sent";
      readonly c: ConversationId;
      readonly id: MessageId;
      readonly epoch: Epoch;
      readonly row: EventRow;
    }
  /** It was refused for good, and is gone from the queue; `aborted`: given up by the application. */
  | {
      readonly t: "failed";
      readonly c: ConversationId;
      readonly id: MessageId;
      readonly code: ErrorCode;
      readonly message: string;
      readonly more: ChatErrorOptions;
    }
  /** I could send, and wait for whoever does. */
  | { readonly t: "need" }
  /** I do. */
  | { readonly t: "busy" };

/** What tells of an answer. */
export type AnswerNote = Extract<TabNote, { t: "sent" | "failed" }>;

/** How a send was answered, as it travels between tabs (pure). */
export function answerNote(c: ConversationId, id: MessageId, outcome: SendOutcome): AnswerNote {
  if (!isChatError(outcome)) return { t: "sent", c, id, epoch: outcome.epoch, row: outcome.row };
  const { code, message, reason, details } = outcome;
  return { t: "failed", c, id, code, message, more: defined({ reason, details }) };
}

export function errorOf({ code, message, more }: Extract<TabNote, { t: "failed" }>): ChatError {
  return new ChatError(code, message, more);
}
