import type { Append, MemberChange, ReactionChange, Settings } from "@earshot/core";
import { type BatchRows, type Head, type Member, placeOf } from "./batch-rows.ts";
import { rankOf } from "./ranks.ts";

/**
 * What an entry changes beside the log, in the rows, so that the next entry of the batch finds it. None of it
 * grows with the members that it does not name. The entry is the one at the head.
 */
export function applyEffects(rows: BatchRows, entry: Append, head: Head): void {
  const { conversation, head: seq } = head;
  const { re, mentions, slot, members, bans, settings } = entry;
  if (re !== undefined) applyToTarget(rows, entry, head, re);
  if (mentions !== undefined && entry.type === "message") mention(rows, entry, head);
  if (slot !== undefined) rows.slots.set(placeOf(conversation, slot), { last: seq, unwritten: true });
  if (members !== undefined) changeMembers(rows, head, members);
  for (const [user, banned] of bans ?? []) {
    rows.bans.set(placeOf(conversation, user), { banned, unwritten: true });
  }
  if (settings !== undefined) changeSettings(rows, head, settings);
}

function applyToTarget(rows: BatchRows, { type, reaction, user }: Append, head: Head, re: number): void {
  const { conversation, head: seq } = head;
  const target = rows.targets.get(placeOf(conversation, re));
  const state = rows.stateOf(conversation, re);
  if (type === "message") {
    state.replies += 1;
    state.unwritten = true;
  }
  if (target === undefined || target.deleted) return;
  if (type === "edit") {
    state.edited = seq;
    state.unwritten = true;
  }
  if (type === "delete") {
    rows.deleted.push({ conversation, seq: re, mentions: target.mentions, reacted: state.keys > 0 });
    target.deleted = true;
    Object.assign(state, { edited: null, keys: 0, unwritten: true });
  }
  if (reaction !== undefined) react(rows, reaction, head, re, user);
}

function react(rows: BatchRows, { key, on }: ReactionChange, head: Head, message: number, user: string): void {
  const { conversation, head: seq } = head;
  const place = placeOf(conversation, message, user, key);
  if ((rows.reactions.get(place)?.on ?? false) === on) return;
  rows.reactions.set(place, { on, unwritten: true });
  const state = rows.stateOf(conversation, message);
  const countPlace = placeOf(conversation, message, key);
  const before = rows.counts.get(countPlace) ?? { count: 0, first: seq };
  const count = before.count + (on ? 1 : -1);
  // Whoever brings a key in again, after nobody had it, brings it in last.
  rows.counts.set(countPlace, { count, first: before.count === 0 ? seq : before.first, unwritten: true });
  if (count === 0 || before.count === 0) {
    state.keys += on ? 1 : -1;
    state.unwritten = true;
  }
}

function mention(rows: BatchRows, { mentions, user: sender }: Append, { conversation, head: seq }: Head): void {
  if (mentions === undefined) return;
  if (mentions === "all") {
    rows.newMentionsOfAll.push([conversation, seq, sender]);
    return;
  }
  for (const user of mentions) {
    const rank = user === sender ? null : (rows.member(conversation, user)?.rank ?? null);
    if (rank !== null) rows.newMentions.push([conversation, seq, user]);
  }
}

/** Joins, leaves and roles. */
function changeMembers(rows: BatchRows, head: Head, changes: readonly MemberChange[]): void {
  const { conversation, head: seq, change } = head;
  let changed = false;
  // A user that is named twice ends as the last one says.
  for (const [user, role] of new Map(changes)) {
    const member = rows.member(conversation, user);
    const before = member?.rank ?? null;
    const rank = role === null ? null : rankOf(role);
    if (before === rank) continue;
    changed = true;
    if (before === null || member === null) {
      rows.members.set(placeOf(conversation, user), joined(head, user, rank, member));
      head.members += 1;
      continue;
    }
    Object.assign(member, { rank, change, unwritten: "all" });
    if (rank !== null) continue;
    // The stay ends with the entry that ends it, which is the last they may have.
    const stay = `[${member.since},${seq}]`;
    const past = member.past === "[]" ? `[${stay}]` : `${member.past.slice(0, -1)},${stay}]`;
    Object.assign(member, { past, mute: null, marked: false, unnamedTo: seq });
    head.members -= 1;
  }
  if (changed) head.membersVersion += 1;
}

/** What was before stays: past stays, and when they last wrote, or leaving would be a way around slow mode. */
function joined(head: Head, user: string, rank: number | null, before: Member | null): Member {
  const { conversation, head: seq, ord, change } = head;
  return {
    ...{ conversation, user, rank, since: seq, past: before?.past ?? "[]", delivered: seq, read: seq, readOrd: ord },
    ...{ lastAt: before?.lastAt ?? null, mute: null, marked: false, change, unwritten: "all" },
    unnamedTo: before?.unnamedTo ?? 0,
  };
}

function changeSettings(rows: BatchRows, head: Head, settings: Partial<Settings>): void {
  const { mode, slow, title, meta, open, pinned, retention } = settings;
  const row = rows.settings.get(head.conversation);
  if (row === undefined) return;
  if (mode !== undefined) head.mode = mode;
  if (slow !== undefined) head.slow = slow;
  if (title !== undefined) row.title = title;
  if (meta !== undefined) row.meta = jsonOrNull(meta);
  if (open !== undefined) row.open = open;
  if (pinned !== undefined) row.pinned = JSON.stringify(pinned);
  if (retention !== undefined) row.retention = jsonOrNull(retention);
  row.version += 1;
  row.unwritten = true;
}

/** A JSON text; null as it is. */
export function jsonOrNull(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value);
}
