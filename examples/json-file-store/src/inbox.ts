import type { InboxPage } from "@earshot/core";
import type { GoneRow, InboxRow, UserId } from "@earshot/protocol";
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
  return member === undefined ? null : rowOf(conversation, member, user);
}

function rowOf(conversation: Conversation, member: StoredMember, user: UserId): InboxRow {
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

/** A conversation of the user's, or one they lost, with the tick of its last change for them. */
interface Place {
  readonly tick: number;
  readonly gone: boolean;
  row(): InboxRow | GoneRow;
}

/**
 * From null: what changed last first, downwards from where the store was when it began; the cursor holds both.
 * What changes meanwhile has a tick above that: it comes last, upwards, and from then on the cursor is a mark.
 */
export function inboxPage(content: Content, user: UserId, cursor: string | null, limit: number): InboxPage {
  const known = cursor === null ? null : ticksIn(content, cursor);
  const [since, below] = known ?? [content.tick, Number.MAX_SAFE_INTEGER];
  const places = placesOf(content, user);
  const changed = places.filter(({ tick }) => tick > since).sort((a, b) => a.tick - b.tick);
  const standing = places.filter(({ tick, gone }) => tick <= since && tick < below && !gone);
  const upwards = below === 0;
  const left = upwards ? changed : standing.sort((a, b) => b.tick - a.tick);
  const page = left.slice(0, limit);
  const rest = left.length > page.length;
  const end = page.at(-1)?.tick ?? 0;
  const next = upwards ? [Math.max(since, end), 0] : [since, rest ? end : 0];
  return {
    rows: page.map(({ row }) => row()),
    cursor: cursorText("inbox", content.store, ...next),
    more: rest || (!upwards && changed.length > 0),
    reset: cursor !== null && known === null,
  };
}

function ticksIn({ store, tick }: Content, cursor: string): readonly [since: number, below: number] | null {
  const [since, below] = placeIn(cursor, "inbox", store) ?? [];
  return typeof since === "number" && since <= tick && typeof below === "number" ? [since, below] : null;
}

function placesOf({ conversations, gone }: Content, user: UserId): Place[] {
  const rows = [...conversations.values()].flatMap((conversation): Place[] => {
    const member = conversation.members.get(user);
    if (member === undefined) return [];
    const tick = Math.max(conversation.changed, member.changed);
    return [{ tick, gone: false, row: () => rowOf(conversation, member, user) }];
  });
  const lost = [...(gone.get(user) ?? [])]
    .filter(([id]) => !conversations.get(id)?.members.has(user))
    .map(([c, tick]): Place => ({ tick, gone: true, row: () => ({ c, gone: true }) }));
  return [...rows, ...lost];
}
