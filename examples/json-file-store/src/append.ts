import type { Append, AppendResult, MemberChange, Span } from "@earshot/core";
import { parseJson } from "@earshot/protocol";
import {
  type Content,
  type Conversation,
  eventAt,
  keyOf,
  madeIn,
  type StoredEvent,
  type StoredMember,
} from "./content.ts";
import { emptyEvent, emptyMessage, react } from "./empty-event.ts";
import { nextOf, refusalOf } from "./refusal.ts";
import { logRow } from "./rows.ts";

/** Decides one entry and, unless it is refused, writes it with all that changes with it. */
export function appendEntry(content: Content, given: Append): AppendResult {
  const entry = copyOf(given);
  const refused = refusalOf(content, entry);
  if (refused !== null) return refused;
  const conversation = content.conversations.get(entry.conversation);
  if (conversation === undefined) throw new Error("an entry of no conversation was not refused");

  const event = eventOf(content, conversation, entry);
  conversation.events.push(event);
  conversation.changed = event.tick;
  if (!conversation.members.has(entry.user)) conversation.writers.add(entry.user);
  if (event.type === "message") conversation.lastMessages.set(entry.user, entry.at);
  if (entry.slot !== undefined) conversation.slots.set(entry.slot, event.seq);
  changeTarget(conversation, entry, event);
  keepKey(conversation, entry, event);
  changeMembers(content, conversation, entry.members ?? [], event);
  for (const [user, banned] of entry.bans ?? []) {
    if (banned) conversation.banned.add(user);
    else conversation.banned.delete(user);
  }
  if (entry.settings !== undefined) {
    const { mode = conversation.mode, ...settings } = entry.settings;
    conversation.mode = mode;
    conversation.settings = { ...conversation.settings, ...settings };
    conversation.settingsVersion++;
  }
  return {
    kind: "event",
    epoch: conversation.epoch,
    row: logRow(event),
    mode: conversation.mode,
    membersVersion: conversation.membersVersion,
  };
}

/** What JSON keeps of it: as it will be read back, and safe from its owner. */
export function copyOf<Value extends object>(value: Value): Value {
  return parseJson(JSON.stringify(value)) as Value;
}

function eventOf(content: Content, conversation: Conversation, entry: Append): StoredEvent {
  const { type, user, at, body, re, mentions, slot, key } = entry;
  return {
    ...nextOf(conversation, type),
    type,
    ...(key === undefined ? {} : { id: key.id }),
    from: user,
    at,
    ...(body === undefined ? {} : { body }),
    ...(re === undefined ? {} : { re }),
    ...(mentions === undefined ? {} : { mentions }),
    ...(slot === undefined ? {} : { slot }),
    tick: ++content.tick,
  };
}

function changeTarget(conversation: Conversation, { re, type, user, reaction }: Append, event: StoredEvent): void {
  const target = re === undefined ? undefined : eventAt(conversation, re);
  if (target === undefined) return;
  if (type === "message") target.replies = (target.replies ?? 0) + 1;
  if (type === "edit") {
    target.edits = [...(target.edits ?? []), event.seq];
    if (target.deleted) emptyEvent(event);
  }
  if (type === "delete") emptyMessage(conversation, target);
  if (reaction !== undefined && !target.deleted) react(target, user, reaction.key, reaction.on);
}

function keepKey(conversation: Conversation, { key, user }: Append, { seq, ord, at }: StoredEvent): void {
  if (key === undefined) return;
  const { id, hash, rewritten } = key;
  conversation.keys.set(keyOf(user, id), { hash, seq, ord, at, ...(rewritten ? { rewritten } : {}) });
  const member = conversation.members.get(user);
  if (member !== undefined) Object.assign(member, { delivered: seq, read: seq, readOrd: ord });
}

function changeMembers(
  content: Content,
  conversation: Conversation,
  changes: readonly MemberChange[],
  event: StoredEvent,
): void {
  const { seq, tick } = event;
  const { members, former } = conversation;
  let changed = false;
  for (const [user, role] of changes) {
    const member = members.get(user);
    if ((member?.role ?? null) === role) continue;
    changed = true;
    if (member === undefined && role !== null) {
      members.set(user, newMember(conversation, role, [...(former.get(user) ?? []), [seq, null]], event));
      former.delete(user);
    } else if (member !== undefined && role !== null) member.role = role;
    else if (member !== undefined) {
      members.delete(user);
      former.set(
        user,
        member.spans.map(([from, to]): Span => [from, to ?? seq]),
      );
      madeIn(content.gone, user, () => new Map()).set(conversation.id, tick);
    }
  }
  if (changed) conversation.membersVersion++;
}

/** Somebody whose membership begins with this event. */
export function newMember(
  { wholeHistory }: Conversation,
  role: StoredMember["role"],
  spans: Span[],
  { seq, ord, tick }: StoredEvent,
): StoredMember {
  return {
    role,
    spans: wholeHistory ? [[1, null]] : spans,
    delivered: seq,
    read: seq,
    readOrd: ord,
    mute: false,
    marked: false,
    changed: tick,
  };
}
