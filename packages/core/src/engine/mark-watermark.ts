import { ChatError, type ConversationId } from "@earshot/protocol";
import type { Caller } from "./caller.ts";
import type { Watermarks } from "./watermarks.ts";

export interface MarkSurroundings {
  readonly watermarks: Pick<Watermarks, "read" | "put">;
}

/**
 * The caller has read up to `seq`; above the head it is the head, and nothing falls. Resolves when it is
 * written. Rejects with `not_found` or `unavailable`.
 */
export async function markRead(house: MarkSurroundings, caller: Caller, c: ConversationId, seq: number): Promise<void> {
  await house.watermarks.read(caller.user, c, seq);
}

/** Sets or takes back the caller's unread mark, which stands apart from the watermarks. Rejects with `not_found` or `unavailable`. */
export async function markUnread(
  house: MarkSurroundings,
  caller: Caller,
  c: ConversationId,
  on: boolean,
): Promise<void> {
  if (await house.watermarks.put(caller.user, c, { marked: on })) return;
  throw new ChatError("not_found", "unable to mark as unread; no such conversation");
}
