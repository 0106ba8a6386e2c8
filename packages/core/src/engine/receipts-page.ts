import { ChatError, type ConversationId, LIMITS } from "@earshot/protocol";
import type { MessageStore, ReceiptPage } from "../ports/message-store.ts";
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
  house: { readonly store: Pick<MessageStore, "access" | "receipts"> },
  caller: Caller,
  c: ConversationId,
  request: ReceiptsRequest,
): Promise<ReceiptPage & { readonly seq: number }> {
  const [access] = await house.store.access([{ user: caller.user, conversation: c }]);
  const seq = request.seq ?? access?.head ?? 0;
  const limit = Math.min(request.limit ?? 100, LIMITS.pageRowsMax);
  const page = access ? await house.store.receipts(c, seq, request.cursor ?? null, limit) : null;
  if (page === null) throw new ChatError("not_found", "unable to list receipts; no such conversation");
  return { seq, ...page };
}
