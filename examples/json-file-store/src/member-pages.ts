import type { MemberPage, Raise, Raised, ReceiptPage, TallyRow } from "@earshot/core";
import type { Role, UserId } from "@earshot/protocol";
import { type Content, type Conversation, compareIds, eventAt, firstOf, headOf, type StoredMember } from "./content.ts";
import { cursorText, neverGiven, placeIn } from "./cursor.ts";

const RANKS: readonly Role[] = ["owner", "admin", "member", "reader"];

type Place = readonly [rank: number, user: UserId];

function comparePlaces([rank, user]: Place, [otherRank, other]: Place): number {
  return rank - otherRank || compareIds(user, other);
}

export function membersPage(
  { store }: Content,
  conversation: Conversation,
  cursor: string | null,
  limit: number,
): MemberPage {
  const { id, epoch, members, membersVersion } = conversation;
  const after = placeAfter(cursor, "members", store, id);
  const left = [...members]
    .map(([user, { role }]): Place => [RANKS.indexOf(role), user])
    .filter((place) => after === null || comparePlaces(place, after) > 0)
    .sort(comparePlaces);
  const page = left.slice(0, limit);
  const [rank, user] = page.at(-1) ?? after ?? [-1, ""];
  return {
    members: page.map((place) => [place[1], RANKS[place[0]] ?? "reader"] as const),
    epoch,
    membersVersion,
    cursor: cursorText("members", store, id, rank, user),
    more: left.length > page.length,
  };
}

export function receiptsPage(
  { store }: Content,
  conversation: Conversation,
  seq: number,
  cursor: string | null,
  limit: number,
): ReceiptPage {
  const all = [...conversation.members];
  const after = placeAfter(cursor, "receipts", store, conversation.id)?.[1] ?? "";
  const left = all.filter(([user]) => user > after).sort(([a], [b]) => compareIds(a, b));
  const page = left.slice(0, limit);
  return {
    delivered: all.filter(([, { delivered }]) => delivered >= seq).length,
    read: all.filter(([, { read }]) => read >= seq).length,
    users: page.map(([user, { delivered, read }]) => [user, delivered, read] as const),
    cursor: cursorText("receipts", store, conversation.id, 0, page.at(-1)?.[0] ?? after),
    more: left.length > page.length,
  };
}

export function tallyOf({ events, members }: Conversation, limit: number): readonly TallyRow[] {
  const messages = events.filter(({ type }) => type === "message");
  const newest = messages.slice(Math.max(0, messages.length - limit));
  const counts = newest.map(({ seq, from }) => ({ seq, from, delivered: 0, read: 0 }));
  for (const [user, { delivered, read }] of members) {
    for (const count of counts) {
      if (user === count.from) continue;
      if (delivered >= count.seq) count.delivered++;
      if (read >= count.seq) count.read++;
    }
  }
  return counts.map(({ seq, delivered, read }) => [seq, delivered, read]);
}

function placeAfter(cursor: string | null, kind: string, store: string, conversation: string): Place | null {
  if (cursor === null) return null;
  const [id, rank, user] = placeIn(cursor, kind, store) ?? [];
  if (id !== conversation || typeof rank !== "number" || typeof user !== "string") throw neverGiven(kind);
  return [rank, user];
}

/** Raises one member's watermarks; null: they are none. */
export function raiseMarks(content: Content, raise: Raise): Raised | null {
  const conversation = content.conversations.get(raise.conversation);
  const member = conversation?.members.get(raise.user);
  if (conversation === undefined || member === undefined) return null;
  const { epoch } = conversation;
  const head = headOf(conversation).seq;
  const to: Pick<Raise, "delivered" | "read"> = raise.epoch === undefined || raise.epoch === epoch ? raise : {};
  const before = { delivered: member.delivered, read: member.read };
  const read = Math.max(before.read, Math.min(to.read ?? 0, head));
  member.delivered = Math.max(before.delivered, Math.min(to.delivered ?? 0, head), read);
  if (read > before.read) readTo(conversation, member, read);
  const unmarked = to.read !== undefined && member.marked;
  if (unmarked) member.marked = false;
  const rose = read > before.read || member.delivered > before.delivered;
  if (rose || unmarked) content.tick++;
  if (unmarked || read > before.read) member.changed = content.tick;
  return { epoch, delivered: member.delivered, read, rose, members: conversation.members.size };
}

/** Below what is kept everything that is gone counts as read. */
function readTo(conversation: Conversation, member: StoredMember, read: number): void {
  const event = eventAt(conversation, read);
  const first = eventAt(conversation, firstOf(conversation));
  const gone = first === undefined ? 0 : first.ord - (first.type === "message" ? 1 : 0);
  member.read = read;
  member.readOrd = Math.max(member.readOrd, event?.ord ?? gone);
}
