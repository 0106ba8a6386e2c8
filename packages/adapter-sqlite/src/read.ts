import { type Call, RANKS } from "./calls.ts";
import { formatMemberCursor, parseMemberCursor } from "./member-cursor.ts";
import { inboxText, viewText } from "./read-inbox.ts";
import { accessText, eventText } from "./row-texts.ts";
import type { EventRecord, Statements } from "./statements.ts";

type Given<Name extends Call["name"]> = Extract<Call, { readonly name: Name }>["given"];
export type ReadCall = Extract<
  Call,
  { readonly name: "range" | "access" | "members" | "inbox" | "row" | "setting" | "ping" }
>;

/** Answers one call that changes nothing. There is one thread, so what it reads is one snapshot. */
export function read(statements: Statements, call: ReadCall): string | null {
  switch (call.name) {
    case "range":
      return rangeText(statements, call.given);
    case "access":
      return accessTexts(statements, call.given);
    case "members":
      return membersText(statements, call.given);
    case "inbox":
      return inboxText(statements, call.given);
    case "row":
      return viewText(statements, statements.view.one(call.given.conversation, call.given.user));
    case "setting":
      return statements.setting.one(call.given)?.value ?? null;
    case "ping":
      statements.store.one();
      return null;
  }
}

/** Rows fetched at once: a page of large bodies ends long before its count of rows. */
const CHUNK_ROWS = 64;

function rangeText(statements: Statements, query: Given<"range">): string | null {
  const head = statements.head.one(query.conversation);
  if (head === undefined) return null;
  const fromOldest = query.from === "oldest";
  let after = query.after;
  let before = query.before ?? head.head + 1;
  const texts: string[] = [];
  let bytes = 0;
  while (texts.length < query.rows) {
    const limit = Math.min(CHUNK_ROWS, query.rows - texts.length);
    const chunk = (fromOldest ? statements.oldestEvents : statements.newestEvents).all(
      head.conversation,
      after,
      before,
      limit,
    );
    for (const event of chunk) {
      const text = eventText(event);
      bytes += Buffer.byteLength(text);
      if (bytes > query.bytes && texts.length > 0) return page();
      texts.push(text);
    }
    const last: EventRecord | undefined = chunk.at(-1);
    if (last === undefined || chunk.length < limit) break;
    if (fromOldest) after = last.seq;
    else before = last.seq;
  }
  return page();

  function page(): string {
    const rows = (fromOldest ? texts : texts.reverse()).join(",");
    return `{"epoch":${JSON.stringify(head?.epoch)},"head":${head?.head},"ord":${head?.ord},"rows":[${rows}]}`;
  }
}

function accessTexts(statements: Statements, pairs: Given<"access">): string {
  const texts = pairs.map(({ user, conversation }) => {
    const view = statements.view.one(conversation, user);
    return view === undefined ? "null" : accessText(view);
  });
  return `[${texts.join(",")}]`;
}

function membersText(statements: Statements, { conversation, cursor, limit }: Given<"members">): string | null {
  const mark = parseMemberCursor(cursor);
  const head = statements.head.one(conversation);
  if (head === undefined) return null;
  const rows = statements.memberPage.all(head.conversation, ...mark, limit + 1);
  const taken = rows.slice(0, limit);
  const last = taken.at(-1);
  return JSON.stringify({
    members: taken.map(({ user, rank }) => [user, RANKS[rank]]),
    membersVersion: head.members_version,
    cursor: formatMemberCursor(last === undefined ? mark : [last.rank, last.user]),
    more: rows.length > limit,
  });
}
