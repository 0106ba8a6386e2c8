import type { Append, AppendResult } from "@earshot/core";
import type { EventRow } from "@earshot/protocol";
import { applyEffects } from "./apply-effects.ts";
import { type BatchRows, type Head, type Member, placeOf } from "./batch-rows.ts";
import { refusalOf, refused } from "./refusal-of.ts";

/** The hash of a key that takes any content as the one that was sent. */
export const ANY_CONTENT = "";

/** Decides one entry and numbers it, in the rows that the entries before it have left. */
export function appendEntry(rows: BatchRows, entry: Append): AppendResult {
  const { conversation: id, user, at, type, body, re, mentions, slot, key, lookup, system } = entry;
  const head = rows.heads.get(id);
  if (head === undefined) return refused(lookup ? "absent" : "not_found");
  const stored = storedAnswer(rows, head, entry);
  if (stored !== null) return stored;
  if (lookup) return refused("absent");
  const { conversation, change, epoch } = head;
  const author = rows.member(conversation, user);
  const refusal = refusalOf(rows, entry, head, author);
  if (refusal !== null) return refusal;

  const isMessage = type === "message";
  head.head += 1;
  const seq = head.head;
  if (isMessage) {
    head.ord += 1;
    head.lastMessage = seq;
  }
  head.stretch ??= seq;
  const { ord } = head;
  // An edit of what is deleted comes empty from the start.
  const deleted = type === "edit" && re !== undefined && rows.targets.get(placeOf(conversation, re))?.deleted === true;
  const named = mentions === undefined || deleted ? null : JSON.stringify(mentions);
  rows.newEvents.push({
    conversation,
    seq,
    ord,
    at,
    change,
    deleted,
    type,
    sender: user,
    mentions: named,
    re: re ?? null,
    id: key?.id ?? null,
    slot: slot ?? null,
    body: body === undefined || deleted ? null : JSON.stringify(body),
  });
  rows.targets.set(placeOf(conversation, seq), { type, sender: user, mentions: named, deleted });
  if (key !== undefined) {
    const { id: keyId, hash } = key;
    const row = { conversation, sender: user, id: keyId, hash, seq, ord, at, rewritten: key.rewritten === true };
    rows.keys.set(placeOf(conversation, user, keyId), row);
    rows.newKeys.push(row);
  }
  const isOutsider = system === true && (author?.rank ?? null) === null;
  if (isOutsider && author === null) noteWriter(rows, conversation, user);
  applyEffects(rows, entry, head);
  const sender = isOutsider ? null : rows.member(conversation, user);
  if (sender !== null && (key !== undefined || isMessage)) markSent(sender, head, entry);
  return { kind: "event", epoch, row: rowOf(entry, seq, ord), mode: head.mode, membersVersion: head.membersVersion };
}

/** What a repeat of a stored key is told; null: it is not stored (I4). */
function storedAnswer(rows: BatchRows, { conversation, epoch }: Head, { user, key }: Append): AppendResult | null {
  const stored = key === undefined ? undefined : rows.keys.get(placeOf(conversation, user, key.id));
  if (stored === undefined) return null;
  const { hash, seq, ord, at, rewritten } = stored;
  if (hash !== ANY_CONTENT && hash !== key?.hash) return refused("conflict");
  return { kind: "duplicate", epoch, seq, ord, at, ...(rewritten ? { rewritten: true } : {}) };
}

/** The sender has what they have sent, which is the head now. */
function markSent(author: Member, head: Head, { at, type, key }: Append): void {
  const isMessage = type === "message";
  if (key !== undefined) {
    // Only a message names anybody, and their own names nobody to themselves.
    if ((isMessage ? head.ord - 1 : head.ord) > author.readOrd) author.unnamedTo = head.head;
    author.delivered = head.head;
    author.read = head.head;
    author.readOrd = head.ord;
  }
  if (isMessage) author.lastAt = at;
  if (author.unwritten === "nothing") author.unwritten = "marks";
}

/** Keeps that somebody has written here who never was a member: a row that tells nobody anything. */
function noteWriter(rows: BatchRows, conversation: number, user: string): void {
  rows.members.set(placeOf(conversation, user), {
    ...{ conversation, user, rank: null, since: 0, past: "[]", delivered: 0, read: 0, readOrd: 0, lastAt: null },
    ...{ mute: null, marked: false, change: 0, unwritten: "all", unnamedTo: 0 },
  });
}

function rowOf({ type, key, user, at, body, re, mentions, slot }: Append, seq: number, ord: number): EventRow {
  return {
    seq,
    ord,
    type,
    ...(key === undefined ? {} : { id: key.id }),
    from: user,
    at,
    ...(body === undefined ? {} : { body }),
    ...(re === undefined ? {} : { re }),
    ...(mentions === undefined ? {} : { mentions }),
    ...(slot === undefined ? {} : { slot }),
  };
}
