import { type EventRow, isVoidRow, type PageRow, type UserId } from "@earshot/protocol";

/** A stretch of seqs that nobody may have. */
export type Hidden = readonly [from: number, to: number];

/** The message that an event is about, if it is about one. */
export function targetOf(log: readonly EventRow[], re: number | undefined): EventRow | undefined {
  const row = log[(re ?? 0) - 1];
  return row?.type === "message" ? row : undefined;
}

export function isDeleted(log: readonly EventRow[], seq: number): boolean {
  return log.some(({ type, re }) => type === "delete" && re === seq);
}

/** The log as it happened, without the content of what was deleted (pure). */
export function asHappened(log: readonly EventRow[]): readonly EventRow[] {
  const deleted = new Set(log.map(({ type, re }) => (type === "delete" ? re : undefined)));
  return log.map((row) => {
    const about = row.type === "message" ? row.seq : row.type === "edit" ? row.re : undefined;
    if (about === undefined || !deleted.has(about)) return row;
    const { body, mentions, ...rest } = row;
    return { ...rest, deleted: true };
  });
}

/** Messages as they stand for one user, with what changed the conversation (pure). */
export function asItStands(log: readonly EventRow[], user: UserId): readonly EventRow[] {
  const about = new Map<number, EventRow[]>();
  for (const row of log) {
    if (row.re !== undefined) about.set(row.re, [...(about.get(row.re) ?? []), row]);
  }
  return log.flatMap((row) => {
    if (row.type === "meta" || row.type === "member") return [row];
    return row.type === "message" ? [messageAsItStands(row, about.get(row.seq) ?? [], user)] : [];
  });
}

function messageAsItStands(row: EventRow, about: readonly EventRow[], user: UserId): EventRow {
  const replies = about.filter(({ type }) => type === "message").length;
  const counted = replies === 0 ? {} : { replies };
  if (about.some(({ type }) => type === "delete")) {
    const { body, mentions, ...rest } = row;
    return { ...rest, deleted: true, ...counted };
  }
  const edit = about.findLast(({ type }) => type === "edit");
  const reactions = reactionsOf(about, user);
  return {
    ...row,
    ...(edit === undefined ? {} : { body: edit.body ?? {}, edited: edit.seq }),
    ...(reactions.length === 0 ? {} : { reactions }),
    ...counted,
  };
}

function reactionsOf(about: readonly EventRow[], user: UserId): NonNullable<EventRow["reactions"]> {
  const users = new Map<string, Set<UserId>>();
  for (const { type, from, body } of about) {
    if (type !== "react") continue;
    const key = String(body?.["key"]);
    const of = users.get(key) ?? new Set();
    if (body?.["on"] === true) of.add(from);
    else of.delete(from);
    if (of.size === 0) users.delete(key);
    else users.set(key, of);
  }
  return [...users].map(([key, of]) => [key, of.size, of.has(user)] as const);
}

export interface PageCut {
  readonly from: number;
  readonly to: number;
  readonly events: readonly PageRow[];
  readonly more: boolean;
}

/** Cuts a page out of rows of a log that reaches to `head` (pure). */
export function cutPage(
  rows: readonly EventRow[],
  hidden: readonly Hidden[],
  head: number,
  where: { readonly after?: number; readonly before?: number; readonly around?: number; readonly limit: number },
): PageCut {
  const { after, before, around, limit } = where;
  const low = (after ?? 0) + 1;
  const high = Math.min((before ?? head + 1) - 1, head);
  const isHidden = (seq: number): boolean => hidden.some(([from, to]) => from <= seq && seq <= to);
  const voids: PageRow[] = hidden
    .map(([from, to]) => ({ type: "void" as const, seq: Math.max(from, low), to: Math.min(to, high) }))
    .filter(({ seq, to }) => seq <= to);
  const all = [...rows.filter(({ seq }) => seq >= low && seq <= high && !isHidden(seq)), ...voids];
  all.sort((a, b) => a.seq - b.seq);
  const end = (row: PageRow): number => (isVoidRow(row) ? row.to : row.seq);
  let start = after === undefined ? Math.max(0, all.length - limit) : 0;
  if (around !== undefined) {
    const at = all.findIndex((row) => end(row) >= around);
    start = Math.max(0, Math.min((at < 0 ? all.length : at) - Math.floor(limit / 2), all.length - limit));
  }
  const events = all.slice(start, start + limit);
  const older = start > 0;
  const newer = start + events.length < all.length;
  const [first, last] = [events[0], events.at(-1)];
  if (first === undefined || last === undefined) {
    const from = after === undefined ? Math.max(1, high + 1) : low;
    return { from, to: from - 1, events, more: false };
  }
  const more = (after === undefined && older) || ((after !== undefined || around !== undefined) && newer);
  return { from: older ? first.seq : low, to: newer ? end(last) : high, events, more };
}
