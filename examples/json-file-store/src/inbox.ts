import type { InboxPage } from "@earshot/core";
import type { ConversationId, GoneRow, InboxRow, UserId } from "@earshot/protocol";
import {
  type Content,
  type Conversation,
  firstOf,
  headOf,
  keptSpans,
  type StoredEvent,
  type StoredMember,
  within,
} from "./content.ts";
import { cursorText, placeIn } from "./cursor.ts";
import { presentRow } from "./rows.ts";

export function inboxRow(conversation: Conversation, user: UserId): InboxRow | null {
  const member = conversation.members.get(user);
  if (member === undefined) return null;
  const { id, kind, mode, epoch, settings } = conversation;
  const { title, meta, open, slow, pinned, retention } = settings;
  const { seq: head, ord } = headOf(conversation);
  const spans = keptSpans(conversation, member.spans);
  const had = ({ type, seq }: StoredEvent): boolean => type === "message" && within(spans, seq);
  const last = conversation.events.findLast(had);
  return {
    c: id,
    kind,
    mode,
    epoch,
    head,
    ord,
    delivered: member.delivered,
    read: member.read,
    unread: ord - member.readOrd,
    mentions: unreadOf(conversation, member).filter((event) => had(event) && names(event, user)).length,
    role: member.role,
    title,
    meta,
    mute: member.mute,
    last: last === undefined ? null : presentRow(conversation, last, user),
    ...(member.marked ? { marked: true } : {}),
    ...(open ? { open: true } : {}),
    ...(slow > 0 ? { slow } : {}),
    ...(pinned.length > 0 ? { pinned } : {}),
    ...(retention === null ? {} : { retention }),
  };
}

function unreadOf(conversation: Conversation, { read }: StoredMember): readonly StoredEvent[] {
  return conversation.events.slice(Math.max(0, read + 1 - firstOf(conversation)));
}

function names({ mentions, from }: StoredEvent, user: UserId): boolean {
  return from !== user && mentions !== undefined && (mentions === "all" || mentions.includes(user));
}

/** A conversation of the user's, or one they lost, with where it stands in the order that is paged through. */
interface Place {
  readonly tick: number;
  readonly conversation: Conversation | ConversationId;
}

/**
 * From null: by the tick of the head, downwards, up to where the store was when it began; the cursor
 * holds both. What changes meanwhile has a tick above that, and comes when the cursor is used as a mark.
 */
export function inboxPage(content: Content, user: UserId, cursor: string | null, limit: number): InboxPage {
  const known = cursor === null ? null : ticksIn(content, cursor);
  const [since, below] = known ?? [content.tick, Number.MAX_SAFE_INTEGER];
  const upwards = below === 0;
  const left = (upwards ? changedSince(content, user, since) : standing(content, user)).filter(
    ({ tick }) => upwards || (tick < below && tick <= since),
  );
  left.sort((a, b) => (upwards ? a.tick - b.tick : b.tick - a.tick));
  const page = left.slice(0, limit);
  const end = page.at(-1)?.tick ?? 0;
  const rest = left.length > page.length;
  const next = upwards ? [Math.max(since, end), 0] : [since, rest ? end : 0];
  const more = rest || (!upwards && changedSince(content, user, since).length > 0);
  return {
    rows: page.flatMap(({ conversation }): (InboxRow | GoneRow)[] => {
      if (typeof conversation === "string") return [{ c: conversation, gone: true }];
      const row = inboxRow(conversation, user);
      return row === null ? [] : [row];
    }),
    cursor: cursorText("inbox", content.store, ...next),
    more,
    reset: cursor !== null && known === null,
  };
}

function ticksIn({ store, tick }: Content, cursor: string): readonly [since: number, below: number] | null {
  const [since, below] = placeIn(cursor, "inbox", store) ?? [];
  return typeof since === "number" && since <= tick && typeof below === "number" ? [since, below] : null;
}

function standing({ conversations }: Content, user: UserId): Place[] {
  return [...conversations.values()]
    .filter(({ members }) => members.has(user))
    .map((conversation) => ({ tick: headOf(conversation).tick, conversation }));
}

function changedSince(content: Content, user: UserId, since: number): Place[] {
  const { conversations, gone } = content;
  const rows = [...conversations.values()].flatMap((conversation): Place[] => {
    const member = conversation.members.get(user);
    return member === undefined ? [] : [{ tick: Math.max(conversation.changed, member.changed), conversation }];
  });
  const lost = [...(gone.get(user) ?? [])]
    .filter(([id]) => !conversations.get(id)?.members.has(user))
    .map(([conversation, tick]): Place => ({ tick, conversation }));
  return [...rows, ...lost].filter(({ tick }) => tick > since);
}
