import { ChatError, type ConversationId, type InboxRow } from "@earshot/protocol";
import type { MessageStore } from "../ports/message-store.ts";
import type { Caller } from "./caller.ts";
import type { Watermarks } from "./watermarks.ts";

/** What a member keeps for themselves; what is absent stays. */
export interface MemberState {
  /** true: for ever; false: not; a number: until that time, Unix ms. */
  readonly mute?: boolean | number;
  /** The unread mark, which stands apart from the watermarks until the next `read`. */
  readonly unread?: boolean;
}

/** Changes the caller's own state in a conversation, of which nobody else is told. Gives their row. Rejects with `not_found`. */
export async function changeMemberState(
  house: { readonly store: Pick<MessageStore, "row">; readonly watermarks: Pick<Watermarks, "put"> },
  caller: Caller,
  c: ConversationId,
  { mute, unread }: MemberState,
): Promise<InboxRow> {
  const state = {
    ...(mute === undefined ? {} : { mute }),
    ...(unread === undefined ? {} : { marked: unread }),
  };
  // Behind what was read before, which would clear the mark.
  if (Object.keys(state).length > 0) await house.watermarks.put(caller.user, c, state);
  const row = await house.store.row(caller.user, c);
  if (row === null) throw new ChatError("not_found", "unable to change conversation; no such conversation");
  return row;
}
