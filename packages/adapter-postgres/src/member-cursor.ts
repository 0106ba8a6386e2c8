import { ChatError } from "@earshot/protocol";

/** The last member that a page ended with: rank and user. */
export type MemberMark = readonly [rank: number, user: string];

const START: MemberMark = [0, ""];

export function formatMemberCursor([rank, user]: MemberMark): string {
  return `${rank} ${user}`;
}

/** Refuses what no page has given out with `invalid`. */
export function parseMemberCursor(cursor: string | null): MemberMark {
  if (cursor === null) return START;
  const [, rank, user] = /^([0-3]) (.*)$/s.exec(cursor) ?? [];
  if (rank === undefined || user === undefined) {
    throw new ChatError("invalid", "unable to list members; the cursor is not one of this list");
  }
  return [Number(rank), user];
}

/** For a list by user alone. */
export function formatUserCursor(user: string): string {
  return `u ${user}`;
}

/** Refuses what no page has given out with `invalid`. */
export function parseUserCursor(cursor: string | null): string {
  if (cursor === null) return "";
  if (!cursor.startsWith("u ")) {
    throw new ChatError("invalid", "unable to list receipts; the cursor is not one of this list");
  }
  return cursor.slice(2);
}
