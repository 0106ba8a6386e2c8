import type { Raise, Raised } from "@earshot/core";
import type { EntryText, Given } from "./calls.ts";
import type { ChangingRows, Head, Member } from "./changing-rows.ts";
import type { WriteStatements } from "./write-statements.ts";

/** Raises one member's watermarks; null for who is none (I14). */
export function raiseMarks(statements: WriteStatements, rows: ChangingRows, given: Raise): Raised | null {
  const head = rows.head(given.conversation);
  const member = head === null ? null : rows.member(head.conversation, given.user);
  if (head === null || member === null || member.rank === null) return null;
  const { epoch } = head;
  const to: Pick<Raise, "delivered" | "read"> = given.epoch === undefined || given.epoch === epoch ? given : {};
  const read = Math.max(member.read, Math.min(to.read ?? 0, head.head));
  const delivered = Math.max(member.delivered, Math.min(to.delivered ?? 0, head.head), read);
  const readRose = read > member.read;
  const rose = readRose || delivered > member.delivered;
  const unmarked = member.marked && to.read !== undefined;
  if (readRose) readUpTo(member, ordAt(statements, head, read));
  if (rose || unmarked) member.unwritten = true;
  // Their inbox row says nothing new of `delivered` alone.
  if (readRose || unmarked) member.change = rows.nextChange();
  if (unmarked) member.marked = false;
  member.read = read;
  member.delivered = delivered;
  return { epoch, delivered, read, rose, members: head.members };
}

/** The sender has what they have sent, which is the head now. */
export function markSent(author: Member, head: Head, { at, type, id }: EntryText): void {
  const isMessage = type === "message";
  if (id !== null) {
    // Their own message names nobody to themselves.
    readUpTo(author, isMessage ? head.ord - 1 : head.ord);
    author.delivered = head.head;
    author.read = head.head;
    author.readOrd = head.ord;
  }
  if (isMessage) author.lastAt = at;
  author.unwritten = true;
}

/** Keeps that somebody has written here who never was a member. */
export function noteWriter(statements: WriteStatements, rows: ChangingRows, conversation: number, user: string): void {
  statements.noteWriter.run(conversation, user);
  const marks = { delivered: 0, read: 0, readOrd: 0, lastAt: null, marked: false };
  rows.addMember({ conversation, user, rank: null, ...marks, change: null, mentionsOver: false, unwritten: false });
}

/** A member's private state; false: the user is no member. */
export function putState(
  statements: WriteStatements,
  rows: ChangingRows,
  { user, conversation: id, mute, marked }: Given<"put">,
): boolean {
  const head = rows.head(id);
  const member = head === null ? null : rows.member(head.conversation, user);
  if (member === null || member.rank === null) return false;
  if (mute !== undefined) statements.setMute.run(mute, member.conversation, user);
  if (marked !== undefined) member.marked = marked;
  member.change = rows.nextChange();
  member.unwritten = true;
  return true;
}

/** Only a message names anybody: where none was unread, there is nothing to take out. */
function readUpTo(member: Member, ord: number): void {
  if (ord > member.readOrd) member.mentionsOver = true;
  member.readOrd = ord;
}

function ordAt(statements: WriteStatements, head: Head, seq: number): number {
  return seq === head.head ? head.ord : (statements.ordAt.one(head.conversation, seq)?.ord ?? 0);
}
