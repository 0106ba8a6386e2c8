import type { ConversationId, EventRow, UserId } from "@earshot/protocol";
import { defined } from "./defined.ts";
import type { WindowItem } from "./message.ts";

/** What a window shows for a row of the log; null for rows that only count (pure). */
export function windowItem(row: EventRow, conversation: ConversationId, user: UserId | null): WindowItem | null {
  const { seq, from, at, type, id, body = {}, re, mentions, edited, deleted } = row;
  if (type === "meta" || type === "member") {
    return Object.freeze({ kind: "notice", key: `#${seq}`, conversation, seq, from, at, type, body });
  }
  if (type !== "message" || id === undefined) return null;
  const own = from === user;
  return Object.freeze({
    kind: "message",
    // ids are unique per sender only
    key: own ? id : `${from}/${id}`,
    id,
    conversation,
    seq,
    from,
    at,
    body,
    ...defined({ re, mentions, edited, deleted }),
    status: "sent",
    own,
  });
}
