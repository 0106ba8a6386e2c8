import {
  type Body,
  ChatError,
  type ConversationId,
  isUserId,
  type Mentions,
  type MessageId,
  type UserId,
} from "@earshot/protocol";
import type { Append } from "../ports/append.ts";
import { checkedFrame, type DecodeFrame } from "./checked-frame.ts";
import { ImportChunk, type ImportChunkSurroundings } from "./import-chunk.ts";

/** A message from before, as it is to stand in the log. */
export interface ImportMessage {
  /** Its author, who need not be a member. */
  readonly from: UserId;
  /** Its idempotency key: unique for its author in the conversation. */
  readonly id: MessageId;
  /** When it was written, Unix ms. Orders nothing: messages stand in the order given. */
  readonly at: number;
  readonly body: Body;
  /** Default `message`. */
  readonly type?: "message" | `x-${string}`;
  /** The seq, in this log, of the message that it replies to. */
  readonly re?: number;
  readonly mentions?: Mentions;
}

export interface Imported {
  /** Messages that were appended. */
  readonly imported: number;
  /** Messages that were there already. */
  readonly repeated: number;
}

export interface ImportSurroundings extends ImportChunkSurroundings {
  readonly decode: DecodeFrame;
  /** Of what was sent: what a repeat is compared by. */
  contentHash(content: { readonly type: string; readonly re?: number; readonly body?: Body }): string;
}

/**
 * Appends messages from before with their own times, in the order given. May be repeated after a failure or
 * a crash: what is there already stays where it is. Every message before the first that is refused is in the log
 * then, and none behind it. Rejects, naming it by `details.index`, with `invalid`, `too_large` (its body),
 * `conflict` (its id was used for other content), `not_found` (the conversation, or the message it replies to);
 * with `unavailable` as the store does; and as the messages themselves do.
 */
export async function importMessages(
  house: ImportSurroundings,
  c: ConversationId,
  messages: Iterable<ImportMessage> | AsyncIterable<ImportMessage>,
): Promise<Imported> {
  const chunk = new ImportChunk(house, c);
  let index = 0;
  for await (const message of messages) {
    let entry: Append;
    try {
      entry = entryOf(house, c, message);
    } catch (error) {
      await chunk.flush();
      throw refused(index, error);
    }
    await chunk.add({ index, entry });
    index++;
  }
  await chunk.flush();
  return { imported: chunk.imported, repeated: chunk.repeated };
}

function entryOf(house: ImportSurroundings, c: ConversationId, message: ImportMessage): Append {
  const { from, id, at, type = "message", body, re, mentions } = message;
  if (!isUserId(from)) throw new ChatError("invalid", "unable to take message; from is no user id");
  if (!Number.isSafeInteger(at) || at < 0)
    throw new ChatError("invalid", "unable to take message; at is no Unix time in ms");
  if (type !== "message" && !String(type).startsWith("x-"))
    throw new ChatError("invalid", "unable to take message; its type is neither message nor x-…");
  const checked = checkedFrame(house.decode, {
    t: "send",
    id,
    c,
    type,
    body,
    ...(re === undefined ? {} : { re }),
    ...(mentions === undefined ? {} : { mentions }),
  });
  const { t: _t, c: _c, id: _id, ...content } = checked;
  return {
    ...content,
    conversation: c,
    user: from,
    at,
    key: { id, hash: house.contentHash(content) },
    by: [],
    system: true,
  };
}

/** What is wrong with a message, with its place. */
function refused(index: number, error: unknown): unknown {
  if (!(error instanceof ChatError)) return error;
  return new ChatError(error.code, `unable to import message ${index}; ${error.message}`, {
    details: { index },
    cause: error,
  });
}
