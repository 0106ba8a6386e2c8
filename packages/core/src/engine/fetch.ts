import {
  ChatError,
  type ConversationId,
  type Epoch,
  type EventsFrame,
  type FetchFrame,
  LIMITS,
} from "@earshot/protocol";
import type { MessageStore } from "../ports/message-store.ts";
import type { Caller } from "./caller.ts";
import { readPage } from "./page.ts";

export interface FetchSurroundings {
  readonly store: Pick<MessageStore, "range">;
  /** Told in which life of the log a page was read. */
  seen(c: ConversationId, epoch: Epoch): void;
}

export type FetchRequest = Omit<FetchFrame, "t" | "id">;

/**
 * One page of a conversation: the log after a seq, oldest first; or its messages as they stand, before or
 * around a seq, or the newest; of replies to one message alone where `re` is given. Resolves with a page
 * without `id`. Rejects with `not_found` (the conversation), never for a seq that is beyond the log.
 */
export async function fetchPage(house: FetchSurroundings, caller: Caller, request: FetchRequest): Promise<EventsFrame> {
  const { limit, ...where } = request;
  const rows = Math.min(limit ?? LIMITS.pageRowsMax, LIMITS.pageRowsMax);
  const reader = caller.system ? {} : { reader: caller.user };
  const page = await readPage(house.store, { ...where, ...reader, rows, bytes: LIMITS.pageBytesMax });
  if (page === null) throw new ChatError("not_found", "unable to fetch; no such conversation");
  house.seen(request.c, page.epoch);
  return { t: "events", c: request.c, ...page };
}
