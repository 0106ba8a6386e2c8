import type { BatchRows } from "./batch-rows.ts";
import { columns } from "./columns.ts";
import { memberCells, WRITE_MEMBERS } from "./member-rows.ts";
import type { Command } from "./transaction.ts";

const STATES = `INSERT INTO @message_states (conversation, seq, edited, replies, keys)
  SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
  ON CONFLICT (conversation, seq) DO UPDATE SET edited = excluded.edited, replies = excluded.replies, keys = excluded.keys`;
const SLOTS = `INSERT INTO @slots (conversation, slot, last) SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[])
  ON CONFLICT (conversation, slot) DO UPDATE SET last = excluded.last`;
const REACT = `INSERT INTO @reactions (conversation, message, user_id, key)
  SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[]) ON CONFLICT DO NOTHING`;
const UNREACT = `DELETE FROM @reactions r USING unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[]) AS w(c, m, u, k)
  WHERE r.conversation = w.c AND r.message = w.m AND r.user_id = w.u AND r.key = w.k`;
const COUNTS = `INSERT INTO @reaction_counts (conversation, message, key, count, first)
  SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[])
  ON CONFLICT (conversation, message, key) DO UPDATE SET count = excluded.count, first = excluded.first`;
const UNCOUNT = `DELETE FROM @reaction_counts t USING unnest($1::bigint[], $2::bigint[], $3::text[]) AS w(c, m, k)
  WHERE t.conversation = w.c AND t.message = w.m AND t.key = w.k`;
const MENTION = `INSERT INTO @mentions (conversation, seq, user_id)
  SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[]) ON CONFLICT DO NOTHING`;
const MENTION_ALL = `INSERT INTO @mentions_of_all (conversation, seq, sender)
  SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[])`;
const BAN = `INSERT INTO @bans (conversation, user_id) SELECT * FROM unnest($1::bigint[], $2::text[]) ON CONFLICT DO NOTHING`;
const UNBAN = `DELETE FROM @bans b USING unnest($1::bigint[], $2::text[]) AS w(c, u)
  WHERE b.conversation = w.c AND b.user_id = w.u`;
const SETTINGS = `UPDATE @conversations c SET title = w.title, meta = w.meta, open = w.open, pinned = w.pinned,
    retention = w.retention, settings_version = w.version
  FROM unnest($1::bigint[], $2::text[], $3::text[], $4::boolean[], $5::text[], $6::text[], $7::bigint[])
    AS w(c, title, meta, open, pinned, retention, version)
  WHERE c.number = w.c`;

const BLANK = "SET body = NULL, mentions = NULL, deleted = true";
const OF_MESSAGES = "unnest($1::bigint[], $2::bigint[]) AS w(c, s)";
export const BLANK_EVENTS = `UPDATE @events e ${BLANK} FROM ${OF_MESSAGES} WHERE e.conversation = w.c AND e.seq = w.s`;
const BLANK_EDITS = `UPDATE @events e ${BLANK} FROM ${OF_MESSAGES}
  WHERE e.conversation = w.c AND e.re = w.s AND e.type = 'edit'`;
const UNCOUNT_ALL = `DELETE FROM @reaction_counts t USING ${OF_MESSAGES} WHERE t.conversation = w.c AND t.message = w.s`;
const CLEAR_STATES = `UPDATE @message_states t SET edited = NULL, keys = 0 FROM ${OF_MESSAGES}
  WHERE t.conversation = w.c AND t.seq = w.s`;
const PURGE = `INSERT INTO @purges (conversation, message) SELECT * FROM ${OF_MESSAGES} ON CONFLICT DO NOTHING`;
const UNMENTION = `DELETE FROM @mentions t USING unnest($1::bigint[], $2::bigint[], $3::text[]) AS w(c, s, u)
  WHERE t.conversation = w.c AND t.user_id = w.u AND t.seq = w.s`;
const UNMENTION_ALL = `DELETE FROM @mentions_of_all t USING ${OF_MESSAGES} WHERE t.conversation = w.c AND t.seq = w.s`;
const UNMENTION_UP_TO = `DELETE FROM @mentions t USING unnest($1::bigint[], $2::text[], $3::bigint[]) AS w(c, u, s)
  WHERE t.conversation = w.c AND t.user_id = w.u AND t.seq <= w.s`;

/** Rows of a statement, if it has any. */
function some(text: string, rows: readonly (readonly unknown[])[]): Command[] {
  const [first] = rows;
  return first === undefined ? [] : [[text, columns(rows, first.length)]];
}

/** What a batch has changed beside the log, in the order in which it may be written behind it. */
export function restWrites(rows: BatchRows): readonly Command[] {
  const members = [...rows.members.values()];
  const commands = [
    ...some(WRITE_MEMBERS, members.filter(({ unwritten }) => unwritten === "all").map(memberCells)),
    ...messageWrites(rows),
    ...deletionWrites(rows.deleted),
    ...some(
      UNMENTION_UP_TO,
      members.filter(({ unnamedTo }) => unnamedTo > 0).map((each) => [each.conversation, each.user, each.unnamedTo]),
    ),
  ];
  const bans = unwritten(rows.bans).map(([place, { banned }]) => [...place.split(" "), banned] as const);
  commands.push(
    ...some(
      BAN,
      bans.filter(([, , banned]) => banned).map(([c, user]) => [c, user]),
    ),
    ...some(
      UNBAN,
      bans.filter(([, , banned]) => !banned).map(([c, user]) => [c, user]),
    ),
  );
  const settings = [...rows.settings].filter(([, row]) => row.unwritten);
  commands.push(
    ...some(
      SETTINGS,
      settings.map(([c, { title, meta, open, pinned, retention, version }]) => {
        return [c, title, meta, open, pinned, retention, version];
      }),
    ),
  );
  return commands;
}

function messageWrites(rows: BatchRows): readonly Command[] {
  const reactions = unwritten(rows.reactions).map(([place, { on }]) => [on, ...splitPlace(place, 4)] as const);
  const counts = unwritten(rows.counts).map(
    ([place, { count, first }]) => [...splitPlace(place, 3), count, first] as const,
  );
  return [
    ...some(
      STATES,
      unwritten(rows.states).map(([place, { edited, replies, keys }]) => [...place.split(" "), edited, replies, keys]),
    ),
    ...some(
      SLOTS,
      unwritten(rows.slots).map(([place, { last }]) => [...splitPlace(place, 2), last]),
    ),
    ...some(
      REACT,
      reactions.filter(([on]) => on).map(([, ...place]) => place),
    ),
    ...some(
      UNREACT,
      reactions.filter(([on]) => !on).map(([, ...place]) => place),
    ),
    ...some(
      COUNTS,
      counts.filter((row) => row[3] !== 0),
    ),
    ...some(
      UNCOUNT,
      counts.filter((row) => row[3] === 0).map((row) => row.slice(0, 3)),
    ),
    ...some(MENTION, rows.newMentions),
    ...some(MENTION_ALL, rows.newMentionsOfAll),
  ];
}

/** Content goes here and now; who has reacted, which may be many, is taken out in small steps. */
export function deletionWrites(deleted: BatchRows["deleted"]): readonly Command[] {
  const places = deleted.map(({ conversation, seq }) => [conversation, seq]);
  return [
    ...some(BLANK_EVENTS, places),
    ...some(BLANK_EDITS, places),
    ...some(CLEAR_STATES, places),
    ...unmentionWrites(deleted),
    ...some(UNCOUNT_ALL, places),
    ...some(
      PURGE,
      deleted.filter(({ reacted }) => reacted).map(({ conversation, seq }) => [conversation, seq]),
    ),
  ];
}

/** Whoever these messages name is named no longer. */
export function unmentionWrites(
  messages: readonly { readonly conversation: number; readonly seq: number; readonly mentions: string | null }[],
): readonly Command[] {
  const all: (readonly unknown[])[] = [];
  const single: (readonly unknown[])[] = [];
  for (const { conversation, seq, mentions } of messages) {
    if (mentions === null) continue;
    // Strings alone, so that V8's reading of escaped keys does not matter.
    const named = JSON.parse(mentions) as readonly string[] | "all";
    if (named === "all") all.push([conversation, seq]);
    else single.push(...named.map((user) => [conversation, seq, user]));
  }
  return [...some(UNMENTION, single), ...some(UNMENTION_ALL, all)];
}

function unwritten<Row extends { readonly unwritten: boolean }>(rows: ReadonlyMap<string, Row>): [string, Row][] {
  return [...rows].filter(([, row]) => row.unwritten);
}

/** The parts of a place; the last may hold spaces. */
function splitPlace(place: string, parts: number): readonly string[] {
  const split = place.split(" ");
  return [...split.slice(0, parts - 1), split.slice(parts - 1).join(" ")];
}
