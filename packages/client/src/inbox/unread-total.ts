import type { ConversationRow, UnreadView } from "../inbox.ts";

/** Sums up what is unread, muted conversations left out (pure). `now`: Unix ms. */
export function unreadTotal(rows: readonly ConversationRow[], now: number): UnreadView {
  const total = { conversations: 0, messages: 0, mentions: 0 };
  for (const { mute, unread, mentions, marked } of rows) {
    if (mute === true || Number(mute) > now) continue;
    if (unread > 0 || marked) total.conversations++;
    total.messages += unread;
    total.mentions += mentions;
  }
  return total;
}
