import type { Append } from "@earshot/core";
import type { ConversationId } from "@earshot/protocol";
import { type BatchRows, type Head, placeOf } from "./batch-rows.ts";
import { columns } from "./columns.ts";
import type { Command, Transaction } from "./transaction.ts";

/** Rows as JSON arrays in one value: of hundreds of rows each costs a fraction of one that is sent by itself. */
const agg = (fields: string, from: string) => `(SELECT json_agg(json_build_array(${fields})) FROM ${from})`;
const each = (table: string, wanted: string, columns: string, on: string, rest = "LIMIT 1") =>
  `unnest(${wanted}) AS w(${columns}) CROSS JOIN LATERAL (SELECT * FROM ${table} t WHERE ${on} ${rest}) t`;

const MEMBER =
  "t.conversation, t.user_id, t.rank, t.since, t.past, t.delivered, t.read, t.read_ord, t.last_at, t.mute, t.marked, t.change";

/**
 * Who is named and who writes is only read: what an author's own entry raises is the head, which nothing else can be
 * above, and their role and what they wrote last change behind the head's lock alone.
 */
const load = (conversation: string) =>
  `SELECT ${agg(
    MEMBER,
    each(
      "@members",
      "$1::bigint[], $2::text[]",
      "c, u",
      `t.conversation = ${conversation} AND t.user_id = w.u`,
      "FOR NO KEY UPDATE",
    ),
  )} AS members, ${agg(
    "t.conversation, t.sender, t.id, t.hash, t.seq, t.ord, t.at, t.rewritten",
    each(
      "@keys",
      "$3::bigint[], $4::text[], $5::text[]",
      "c, s, i",
      `t.conversation = ${conversation} AND t.sender = w.s AND t.id = w.i`,
    ),
  )} AS keys`;
const LOAD = load("w.c");
/** The same of one conversation, whose number is not known yet: so it can leave together with what locks the head. */
const LOAD_ONE = `WITH one AS MATERIALIZED (SELECT conversation FROM @heads WHERE id = $6) ${load("(SELECT conversation FROM one)")}`;

/** Who changes is locked, in ascending order, behind the heads. */
const LOAD_MORE = `SELECT ${agg(
  MEMBER,
  each("@members", "$1::bigint[], $2::text[]", "c, u", "t.conversation = w.c AND t.user_id = w.u", "FOR NO KEY UPDATE"),
)} AS members, ${agg(
  "t.conversation, t.user_id",
  each("@bans", "$3::bigint[], $4::text[]", "c, u", "t.conversation = w.c AND t.user_id = w.u"),
)} AS bans, ${agg(
  "t.number, t.title, t.meta, t.open, t.pinned, t.retention, t.settings_version",
  each("@conversations", "$5::bigint[]", "c", "t.number = w.c"),
)} AS settings, ${agg(
  "w.c",
  `unnest($6::bigint[], $7::text[], $8::text[]) AS w(c, a, b)
    WHERE EXISTS (SELECT 1 FROM @blocks WHERE user_id = w.a AND other = w.b)
      OR EXISTS (SELECT 1 FROM @blocks WHERE user_id = w.b AND other = w.a)`,
)} AS blocked, ${agg(
  "t.conversation, t.seq, t.type, t.sender, t.mentions, t.deleted",
  each("@events", "$9::bigint[], $10::bigint[]", "c, s", "t.conversation = w.c AND t.seq = w.s"),
)} AS targets, ${agg(
  "t.conversation, t.seq, t.edited, t.replies, t.keys",
  each("@message_states", "$9::bigint[], $10::bigint[]", "c, s", "t.conversation = w.c AND t.seq = w.s"),
)} AS states, ${agg(
  "t.conversation, t.slot, t.last",
  each("@slots", "$11::bigint[], $12::text[]", "c, s", "t.conversation = w.c AND t.slot = w.s"),
)} AS slots, ${agg(
  "t.conversation, t.message, t.user_id, t.key",
  each(
    "@reactions",
    "$13::bigint[], $14::bigint[], $15::text[], $16::text[]",
    "c, m, u, k",
    "t.conversation = w.c AND t.message = w.m AND t.user_id = w.u AND t.key = w.k",
  ),
)} AS reactions, ${agg(
  "t.conversation, t.message, t.key, t.count, t.first",
  each(
    "@reaction_counts",
    "$13::bigint[], $14::bigint[], $16::text[]",
    "c, m, k",
    "t.conversation = w.c AND t.message = w.m AND t.key = w.k",
  ),
)} AS counts`;

type Cell = string | number | boolean | null;
/** Places by their name, so that each is asked for once. */
type Places = Map<string, readonly (string | number)[]>;

/** What the entries of a batch depend on. */
interface Wanted {
  readonly read: Places;
  readonly keys: Places;
  readonly changing: Places;
  readonly bans: Places;
  readonly settings: Places;
  readonly pairs: Places;
  readonly targets: Places;
  readonly slots: Places;
  readonly reactions: Places;
}

/** Reads everything that the entries depend on, behind the locks of their heads. */
export async function loadBatch(transaction: Transaction, rows: BatchRows, entries: readonly Append[]): Promise<void> {
  const wanted = wantedOf(entries, (id) => rows.heads.get(id));
  const first: Command = [LOAD, plainValues(wanted)];
  const [plain, more] = await transaction.together(first, ...moreOf(wanted));
  take(rows, plain?.[0] as Loaded);
  // Who is locked is as the lock has them, after whoever held it.
  if (more !== undefined) takeMore(rows, more[0] as Loaded);
}

/** What plain entries of one conversation depend on, for who has no head yet; its answer goes to `loadRest`. */
export function loadOfOne(id: ConversationId, entries: readonly Append[]): Command {
  const anyOf = { conversation: 0, pair: null };
  return [LOAD_ONE, [...plainValues(wantedOf(entries, () => anyOf)), id]];
}

/** Reads what else they depend on, behind the lock of their head. */
export async function loadRest(
  transaction: Transaction,
  rows: BatchRows,
  entries: readonly Append[],
  plain: unknown,
): Promise<void> {
  const more = moreOf(wantedOf(entries, (id) => rows.heads.get(id)));
  const [found] = more.length === 0 ? [] : await transaction.together(...more);
  take(rows, plain as Loaded);
  if (found !== undefined) takeMore(rows, found[0] as Loaded);
}

function plainValues({ read, keys }: Wanted): readonly string[] {
  return [...columns([...read.values()], 2), ...columns([...keys.values()], 3)];
}

function moreOf({ changing, bans, settings, pairs, targets, slots, reactions }: Wanted): readonly Command[] {
  const more = [bans, settings, pairs, targets, slots, reactions];
  if (changing.size === 0 && more.every((places) => places.size === 0)) return [];
  const widths = [2, 1, 3, 2, 2, 4];
  const locked = columns([...changing.values()].sort(byConversationAndUser), 2);
  return [[LOAD_MORE, [...locked, ...more.flatMap((places, n) => columns([...places.values()], widths[n] ?? 0))]]];
}

/** JSON: arrays of cells, none of them an object, so that V8's reading of escaped keys does not matter. */
type Loaded = Readonly<Record<string, string | null>>;

function cells(text: string | null | undefined): readonly (readonly Cell[])[] {
  return text ? (JSON.parse(text) as readonly (readonly Cell[])[]) : [];
}

function take(rows: BatchRows, loaded: Loaded): void {
  takeMembers(rows, loaded);
  for (const [conversation, sender, id, hash, seq, ord, at, rewritten] of cells(loaded["keys"])) {
    const row = { hash: text(hash), seq: number(seq), ord: number(ord), at: number(at), rewritten: rewritten === true };
    rows.keys.set(placeOf(number(conversation), text(sender), text(id)), row);
  }
}

function takeMembers(rows: BatchRows, loaded: Loaded): void {
  for (const cell of cells(loaded["members"])) {
    const [conversation, user, rank, since, past, delivered, read, readOrd, lastAt, mute, marked, change] = cell;
    const place = { conversation: number(conversation), user: text(user) };
    rows.members.set(placeOf(place.conversation, place.user), {
      ...{ ...place, rank: orNull(rank), since: number(since), past: text(past), delivered: number(delivered) },
      ...{ read: number(read), readOrd: number(readOrd), lastAt: orNull(lastAt) },
      ...{ mute: typeof mute === "string" ? mute : null, marked: marked === true, change: number(change) },
      ...{ unwritten: "nothing", unnamedTo: 0 },
    });
  }
}

function takeMore(rows: BatchRows, loaded: Loaded): void {
  takeMembers(rows, loaded);
  for (const [conversation, user] of cells(loaded["bans"])) {
    rows.bans.set(placeOf(number(conversation), text(user)), { banned: true, unwritten: false });
  }
  for (const [conversation, title, meta, open, pinned, retention, version] of cells(loaded["settings"])) {
    rows.settings.set(number(conversation), {
      ...{ title: textOrNull(title), meta: textOrNull(meta), open: open === true, pinned: text(pinned) },
      ...{ retention: textOrNull(retention), version: number(version), unwritten: false },
    });
  }
  for (const [conversation] of cells(loaded["blocked"])) rows.blocked.add(number(conversation));
  takeTargets(rows, loaded);
  for (const [conversation, slot, last] of cells(loaded["slots"])) {
    rows.slots.set(placeOf(number(conversation), text(slot)), { last: number(last), unwritten: false });
  }
}

function takeTargets(rows: BatchRows, loaded: Loaded): void {
  for (const [conversation, seq, type, sender, mentions, deleted] of cells(loaded["targets"])) {
    const target = {
      type: text(type),
      sender: text(sender),
      mentions: textOrNull(mentions),
      deleted: deleted === true,
    };
    rows.targets.set(placeOf(number(conversation), number(seq)), target);
  }
  for (const [conversation, seq, edited, replies, keys] of cells(loaded["states"])) {
    const state = { edited: orNull(edited), replies: number(replies), keys: number(keys), unwritten: false };
    rows.states.set(placeOf(number(conversation), number(seq)), state);
  }
  for (const [conversation, message, user, key] of cells(loaded["reactions"])) {
    const place = placeOf(number(conversation), number(message), text(user), text(key));
    rows.reactions.set(place, { on: true, unwritten: false });
  }
  for (const [conversation, message, key, count, first] of cells(loaded["counts"])) {
    const place = placeOf(number(conversation), number(message), text(key));
    rows.counts.set(place, { count: number(count), first: number(first), unwritten: false });
  }
}

type Place = Pick<Head, "conversation" | "pair">;

function wantedOf(entries: readonly Append[], placeIn: (id: ConversationId) => Place | undefined): Wanted {
  const wanted: Wanted = {
    ...{ read: new Map(), keys: new Map(), changing: new Map(), bans: new Map(), settings: new Map() },
    ...{ pairs: new Map(), targets: new Map(), slots: new Map(), reactions: new Map() },
  };
  for (const entry of entries) {
    const place = placeIn(entry.conversation);
    if (place !== undefined) want(wanted, entry, place);
  }
  return wanted;
}

function want(wanted: Wanted, entry: Append, { conversation, pair }: Place): void {
  const { user, key, mentions, members, join, settings, ifSettingsVersion, re, slot, reaction } = entry;
  if (key !== undefined) add(wanted.keys, conversation, user, key.id);
  if (entry.lookup) return;
  add(wanted.read, conversation, user);
  if (mentions !== undefined && mentions !== "all") for (const who of mentions) add(wanted.read, conversation, who);
  if (join) add(wanted.bans, conversation, user);
  for (const [who, role] of members ?? []) {
    add(wanted.changing, conversation, who);
    if (role !== null) add(wanted.bans, conversation, who);
  }
  if (join || settings !== undefined || ifSettingsVersion !== undefined) add(wanted.settings, conversation);
  if (pair !== null && key !== undefined) add(wanted.pairs, conversation, ...pair.split(" "));
  if (re !== undefined) add(wanted.targets, conversation, re);
  if (slot !== undefined) add(wanted.slots, conversation, slot);
  if (re !== undefined && reaction !== undefined) add(wanted.reactions, conversation, re, user, reaction.key);
}

function add(places: Places, conversation: number, ...rest: readonly (string | number)[]): void {
  places.set(placeOf(conversation, ...rest), [conversation, ...rest]);
}

function byConversationAndUser([a = 0, x = ""]: readonly (string | number)[], [b = 0, y = ""]: typeof EMPTY): number {
  return a === b ? (x < y ? -1 : 1) : Number(a) - Number(b);
}
const EMPTY: readonly (string | number)[] = [];

function number(cell: Cell | undefined): number {
  return typeof cell === "number" ? cell : 0;
}

function orNull(cell: Cell | undefined): number | null {
  return typeof cell === "number" ? cell : null;
}

function text(cell: Cell | undefined): string {
  return typeof cell === "string" ? cell : "";
}

function textOrNull(cell: Cell | undefined): string | null {
  return typeof cell === "string" ? cell : null;
}
