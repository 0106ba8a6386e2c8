import { ChatError, type ConversationId, LIMITS } from "@earshot/protocol";
import type { MessageStore } from "../ports/message-store.ts";
import type { ReceiptPage } from "../ports/watermarks.ts";
import type { Caller } from "./caller.ts";

export interface ReceiptsRequest {
  /** Counted are members whose watermarks are here or above; absent: the head. */
  readonly seq?: number;
  readonly cursor?: string;
  /** Members at most: 100 unless given, at most `LIMITS.pageRowsMax`. */
  readonly limit?: number;
}

/** Who has received and read how far, for a member, one page by user id. Rejects with `not_found`, `invalid` (the cursor). */
export async function receiptsPage(
  house: { readonly store: Pick<MessageStore, "access" | "range" | "receipts"> },
  caller: Caller,
  c: ConversationId,
  request: ReceiptsRequest,
): Promise<ReceiptPage & { readonly seq: number }> {
  const head = await headFor(house, caller, c);
  const seq = request.seq ?? head ?? 0;
  const limit = Math.min(request.limit ?? 100, LIMITS.pageRowsMax);
  const page = head === null ? null : await house.store.receipts(c, seq, request.cursor ?? null, limit);
  if (page === null) throw new ChatError("not_found", "unable to list receipts; no such conversation");
  return { seq, ...page };
}

/** null: there is no such conversation for the caller. */
async function headFor(
  { store }: { readonly store: Pick<MessageStore, "access" | "range"> },
  { user, system }: Caller,
  conversation: ConversationId,
): Promise<number | null> {
  if (system) {
    const page = await store.range({ conversation, view: "log", from: "newest", rows: 1, bytes: 1 });
    return page?.head ?? null;
  }
  const [access] = await store.access([{ user, conversation }]);
  return access?.head ?? null;
}
