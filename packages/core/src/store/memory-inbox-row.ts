import type { InboxRow } from "@earshot/protocol";
import type { NewConversation, Settings } from "../ports/conversation-settings.ts";
import type { Span } from "../ports/pages.ts";
import type { MemoryLog } from "./memory-log.ts";
import type { PresentMember } from "./memory-member.ts";
import type { MemoryMentions } from "./memory-mentions.ts";

/** What an inbox row is read from. */
export interface InboxRowSources {
  readonly created: Pick<NewConversation, "id" | "kind" | "epoch">;
  readonly settings: Settings;
  readonly log: Pick<MemoryLog, "head" | "ord" | "newestMessage" | "present">;
  readonly mentions: Pick<MemoryMentions, "count">;
}

/** A member's row. `spans`: what they may have. */
export function inboxRow(
  { created, settings, log, mentions }: InboxRowSources,
  member: PresentMember,
  spans: readonly Span[],
): InboxRow {
  const { id, kind, epoch } = created;
  const { mode, title, meta, open, slow, pinned, retention } = settings;
  const { user, delivered, read, readOrd, role, mute, marked } = member;
  const { head, ord } = log;
  const last = log.newestMessage(spans);
  return {
    c: id,
    kind,
    mode,
    epoch,
    head,
    ord,
    delivered,
    read,
    unread: ord - readOrd,
    mentions: mentions.count(user, read),
    role,
    title,
    meta,
    mute,
    last: last === undefined ? null : log.present(last, user),
    ...(marked ? { marked: true } : {}),
    ...(open ? { open: true } : {}),
    ...(slow > 0 ? { slow } : {}),
    ...(pinned.length > 0 ? { pinned } : {}),
    ...(retention === null ? {} : { retention }),
  };
}
