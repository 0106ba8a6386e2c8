import type { Created, Expired, Membership, NewConversation, Removed, Span } from "@earshot/core";
import { ChatError } from "@earshot/core";
import type { ConversationId, Role, UserId } from "@earshot/protocol";
import { copyOf, newMember } from "./append.ts";
import {
  type Content,
  type Conversation,
  compareIds,
  firstOf,
  keptSpans,
  madeIn,
  type StoredEvent,
} from "./content.ts";
import { logRow } from "./rows.ts";

export function createConversation(content: Content, given: NewConversation): Created {
  const existing = existingOf(content, given);
  if (existing !== undefined) return { kind: "existing", id: existing.id };
  if (content.conversations.has(given.id) || content.removed.has(given.id)) return { kind: "conflict" };

  const { id, kind, mode, epoch, creator, at, title, meta, open, wholeHistory, members, first } = copyOf(given);
  const events = first.map(({ type, body }, before): StoredEvent => {
    return { seq: before + 1, ord: 0, type, from: creator, at, body, tick: ++content.tick };
  });
  const conversation: Conversation = {
    id,
    kind,
    mode,
    epoch,
    creator,
    wholeHistory,
    settings: { title, meta, open, slow: 0, pinned: [], retention: null },
    settingsVersion: 1,
    membersVersion: 1,
    members: new Map(),
    former: new Map(),
    writers: new Set(members.some(([user]) => user === creator) ? [] : [creator]),
    banned: new Set(),
    keys: new Map(),
    slots: new Map(),
    lastMessages: new Map(),
    events,
    changed: content.tick,
  };
  const [made] = events;
  if (made === undefined) throw new ChatError("invalid", "unable to create conversation; it has no first event");
  for (const [user, role] of members) conversation.members.set(user, newMember(conversation, role, [[1, null]], made));
  content.conversations.set(id, conversation);
  return { kind: "created", rows: events.map(logRow), membersVersion: 1 };
}

/** The `direct` of the same two, or what this creator has made under this id. */
function existingOf(
  { conversations }: Content,
  { id, kind, creator, members }: NewConversation,
): Conversation | undefined {
  const same = (other: Conversation): boolean =>
    other.kind === "direct" &&
    other.members.size === members.length &&
    members.every(([user]) => other.members.has(user));
  const direct = kind === "direct" ? [...conversations.values()].find(same) : undefined;
  const own = conversations.get(id);
  return direct ?? (own?.creator === creator ? own : undefined);
}

export function removeConversation(
  content: Content,
  id: ConversationId,
  user: UserId | null,
  by: readonly Role[],
): Removed {
  const conversation = content.conversations.get(id);
  if (conversation === undefined) return { kind: "refused", code: "not_found" };
  if (user !== null) {
    const role = conversation.members.get(user)?.role;
    if (role === undefined) return { kind: "refused", code: "not_found" };
    if (!by.includes(role)) return { kind: "refused", code: "forbidden" };
  }
  const tick = ++content.tick;
  const members = [...conversation.members.keys()];
  for (const member of members) madeIn(content.gone, member, () => new Map()).set(id, tick);
  content.conversations.delete(id);
  content.removed.set(id, tick);
  return { kind: "removed", members };
}

/** Takes the log's beginning away, as far as both rules and `rows` allow. */
export function expireEvents(
  content: Content,
  conversation: Conversation,
  rule: { readonly before?: number; readonly messages?: number },
  rows: number,
): Expired {
  const { events } = conversation;
  const wanted = Math.min(
    Math.max(olderThan(events, rule.before), beyondNewest(events, rule.messages)),
    events.length - 1,
  );
  const taken = Math.min(wanted, rows);
  if (taken > 0) {
    conversation.events = events.slice(taken);
    content.tick++;
  }
  return { from: firstOf(conversation), more: taken < wanted };
}

/** How many events of the beginning are all older than this. */
function olderThan(events: readonly StoredEvent[], before: number | undefined): number {
  if (before === undefined) return 0;
  const kept = events.findIndex(({ at }) => at >= before);
  return kept === -1 ? events.length : kept;
}

/** How many events stand before the newest so many messages. */
function beyondNewest(events: readonly StoredEvent[], messages: number | undefined): number {
  const indices = events.flatMap(({ type }, index) => (type === "message" ? [index] : []));
  return messages === undefined || indices.length <= messages ? 0 : (indices.at(-messages) ?? 0);
}

/** What a user is, was, or has written in, by id. */
export function membershipsOf(
  content: Content,
  user: UserId,
  after: ConversationId | null,
  limit: number,
): readonly Membership[] {
  return sortedAbove(content, after)
    .flatMap((conversation): Membership[] => {
      const member = conversation.members.get(user);
      const spans: readonly Span[] | undefined = member?.spans ?? conversation.former.get(user);
      if (spans === undefined && !conversation.writers.has(user)) return [];
      const kept = keptSpans(conversation, spans ?? []);
      return [{ conversation: conversation.id, role: member?.role ?? null, spans: kept }];
    })
    .slice(0, limit);
}

export function sortedAbove({ conversations }: Content, after: ConversationId | null): readonly Conversation[] {
  return [...conversations.values()]
    .filter(({ id }) => after === null || id > after)
    .sort((a, b) => compareIds(a.id, b.id));
}
