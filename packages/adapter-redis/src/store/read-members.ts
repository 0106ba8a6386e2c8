import type { MemberPage, ReceiptPage, TallyRow, Watermarks } from "@earshot/core";
import type { Role, UserId } from "@earshot/protocol";
import { bucketOf } from "../keys.ts";
import { formatMemberCursor, parseMemberCursor, parseUserCursor } from "./member-cursor.ts";
import { conversationRecord, RANKS } from "./records.ts";
import type { StoreLink } from "./store-link.ts";

/** As `MessageStore.members`. */
export async function readMembers(
  link: StoreLink,
  id: string,
  cursor: string | null,
  limit: number,
): Promise<MemberPage | null> {
  const { keys, clocks } = link;
  const after = parseMemberCursor(cursor);
  const bucket = bucketOf(id);
  const named = [keys.bucket(bucket), keys.conversation(id), keys.index(id)];
  const answer = await link.run("members", named, [after, String(limit + 1)]);
  if (answer === null) return null;
  const [told, head, seldom, ...found] = answer as readonly [string, string, string, ...string[]];
  const { epoch, membersVersion } = conversationRecord(head, seldom, clocks.hear(bucket, told));
  const page = found.slice(0, limit);
  const members = page.map((each): readonly [UserId, Role] => [each.slice(1), RANKS[Number(each[0])] ?? "reader"]);
  const more = found.length > limit;
  return { members, epoch, membersVersion, cursor: formatMemberCursor(page.at(-1) ?? after), more };
}

/** As `MessageStore.receipts`. */
export async function readReceipts(
  link: StoreLink,
  id: string,
  { seq, cursor, limit }: { readonly seq: number; readonly cursor: string | null; readonly limit: number },
): Promise<ReceiptPage | null> {
  const { keys } = link;
  const after = parseUserCursor(cursor);
  const named = [keys.conversation(id), keys.index(id)];
  const answer = await link.run("receipts", named, [String(seq), after, String(limit + 1)]);
  if (answer === null) return null;
  const [delivered, read, ...found] = answer as readonly [number, number, ...string[]];
  const users: Watermarks[] = [];
  for (let n = 0; n < found.length; n += 2) {
    const [has, hasRead] = (found[n + 1] ?? "").split(" ");
    users.push([found[n] ?? "", Number(has), Number(hasRead)]);
  }
  // The first of each rank: the first of all are among them.
  users.sort(([a], [b]) => (a < b ? -1 : 1));
  const page = users.slice(0, limit);
  return { delivered, read, users: page, cursor: `u ${page.at(-1)?.[0] ?? after}`, more: users.length > limit };
}

/** As `MessageStore.tally`. */
export async function readTally(link: StoreLink, id: string, limit: number): Promise<readonly TallyRow[] | null> {
  const { keys } = link;
  const named = [keys.conversation(id), keys.log(id), keys.messages(id)];
  const answer = (await link.run("tally", named, [String(limit)])) as readonly number[] | null;
  if (answer === null) return null;
  const rows: TallyRow[] = [];
  for (let n = 0; n < answer.length; n += 3) rows.push([answer[n] ?? 0, answer[n + 1] ?? 0, answer[n + 2] ?? 0]);
  return rows;
}
