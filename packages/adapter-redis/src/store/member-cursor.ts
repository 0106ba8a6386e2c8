import { ChatError } from "@earshot/protocol";

/** `last`: rank and user of the last member of a page, "" before the first. */
export function formatMemberCursor(last: string): string {
  return `m ${last}`;
}

/** Refuses what no page has given out with `invalid`. */
export function parseMemberCursor(cursor: string | null): string {
  if (cursor === null) return "";
  const [, last] = /^m ((?:[0-3].*)?)$/s.exec(cursor) ?? [];
  if (last === undefined) throw unknownCursor("members");
  return last;
}

/** For a list by user alone. Refuses what no page has given out with `invalid`. */
export function parseUserCursor(cursor: string | null): string {
  if (cursor === null) return "";
  if (!cursor.startsWith("u ")) throw unknownCursor("receipts");
  return cursor.slice(2);
}

function unknownCursor(list: string): ChatError {
  return new ChatError("invalid", `unable to list ${list}; the cursor is not one of this list`);
}
