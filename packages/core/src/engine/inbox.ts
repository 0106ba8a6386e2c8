import { type InboxFrame, LIMITS } from "@earshot/protocol";
import type { MessageStore } from "../ports/message-store.ts";
import type { Caller } from "./caller.ts";

export interface InboxRequest {
  readonly cursor?: string | null;
  readonly limit?: number;
}

/** The caller's conversations, or what changed of them since a cursor. `limit`: 100 unless given, at most `limits.page`. */
export async function inboxPage(
  house: { readonly store: Pick<MessageStore, "inbox"> },
  caller: Caller,
  request: InboxRequest,
): Promise<Omit<InboxFrame, "t" | "id">> {
  const limit = Math.min(request.limit ?? 100, LIMITS.pageRowsMax);
  const page = await house.store.inbox(caller.user, request.cursor ?? null, limit);
  return {
    conversations: page.rows,
    cursor: page.cursor,
    more: page.more,
    ...(page.reset ? { reset: true } : {}),
  };
}
