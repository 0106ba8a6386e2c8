import type { EventRow, MemberBody, MetaBody, UserId } from "@earshot/protocol";
import { defined } from "../defined.ts";
import type { ConversationRow } from "../inbox.ts";

/** What is unread of a conversation: messages, and those among them that name the user. */
export interface Unread {
  readonly unread: number;
  readonly mentions: number;
}

/** A row after the next event of its log (pure). */
export function advanced(row: ConversationRow, event: EventRow, user: UserId): ConversationRow {
  const { seq, ord, type, from, body, mentions } = event;
  const gateways = type === "meta" || type === "member";
  const named = type === "message" && (mentions === "all" || mentions?.includes(user) === true);
  const next: ConversationRow = {
    ...row,
    head: seq,
    ord,
    last: lastAfter(row.last, event),
    ...(from === user && !gateways
      ? { read: seq, delivered: seq, unread: 0, mentions: 0 }
      : { unread: row.unread + ord - row.ord, mentions: row.mentions + (named ? 1 : 0) }),
  };
  return gateways && body ? settled(next, body, user) : next;
}

/** The newest message in its present state; who has reacted is not counted here. */
function lastAfter(last: EventRow | null, event: EventRow): EventRow | null {
  const { seq, type, re, body, deleted } = event;
  if (type === "message") return Object.freeze(event);
  const erased = type === "meta" && last !== null && body?.["erased"] === last.from;
  if (last === null || (re !== last.seq && !erased) || last.deleted) return last;
  if (type === "delete" || (type === "edit" && deleted) || erased) {
    const { body: gone, edited, reactions, mentions, ...rest } = last;
    return Object.freeze({ ...rest, deleted: true });
  }
  return type === "edit" ? Object.freeze({ ...last, ...defined({ body }), edited: seq }) : last;
}

/** What a `meta` or `member` event changes: it holds only what is new, and what is not set has no field. */
function settled(row: ConversationRow, body: MetaBody & Partial<MemberBody>, user: UserId): ConversationRow {
  const { title, meta, mode, members } = body;
  const role = members?.find(([id]) => id === user)?.[1] ?? undefined;
  const next: Record<string, unknown> = { ...row, ...defined({ title, meta, mode, role }) };
  for (const field of ["open", "slow", "pinned"]) {
    const value = body[field];
    if (value === undefined) continue;
    if (value && (value as { readonly length?: number }).length !== 0) next[field] = value;
    else delete next[field];
  }
  return next as unknown as ConversationRow;
}
