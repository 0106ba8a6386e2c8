import { type ConversationId, type InboxFrame, type InboxRow, LIMITS } from "@earshot/protocol";
import type { MessageStore } from "../ports/message-store.ts";
import type { Caller } from "./caller.ts";
import type { Watermarks } from "./watermarks.ts";

export interface InboxRequest {
  readonly cursor?: string | null;
  readonly limit?: number;
}

export interface InboxSurroundings {
  readonly store: Pick<MessageStore, "inbox" | "row">;
  readonly watermarks: Pick<Watermarks, "flush">;
}

/** The caller's conversations, or what changed of them since a cursor, with all that they have read before. `limit`: 100 unless given, at most `limits.page`. */
export async function inboxPage(
  house: Omit<InboxSurroundings, "store"> & { readonly store: Pick<MessageStore, "inbox"> },
  caller: Caller,
  request: InboxRequest,
): Promise<Omit<InboxFrame, "t" | "id">> {
  await house.watermarks.flush(caller.user);
  const limit = Math.min(request.limit ?? 100, LIMITS.pageRowsMax);
  const page = await house.store.inbox(caller.user, request.cursor ?? null, limit);
  return {
    conversations: page.rows,
    cursor: page.cursor,
    more: page.more,
    ...(page.reset ? { reset: true } : {}),
  };
}

/** One row of it; null where the caller is no member. */
export async function inboxRow(house: InboxSurroundings, caller: Caller, c: ConversationId): Promise<InboxRow | null> {
  await house.watermarks.flush(caller.user);
  return house.store.row(caller.user, c);
}
