import { type EventRow, type Mode, type UserId, utf8Bytes } from "@earshot/protocol";
import { FIXED_LIMITS } from "../fixed-limits.ts";
import type { EventsEnvelope, Topic } from "../ports/bus.ts";
import type { Arrival } from "./arrival.ts";

/** Whether an event switches the conversation to its other mode. */
function switches(row: EventRow): boolean {
  return row.type === "meta" && row.seq > 1 && row.body?.["mode"] !== undefined;
}

/** Members that an event names: those it changes, or, in the one that creates a conversation, its first. */
function namedBy(row: EventRow): readonly UserId[] {
  if (row.type !== "member" && !(row.type === "meta" && row.seq === 1)) return [];
  const members = row.body?.["members"];
  return Array.isArray(members) ? members.map(([user]: readonly [UserId]) => user) : [];
}

/** Whether its members have to be known to say who hears of it. Pure. */
export function needsMembers({ rows }: Pick<Arrival, "rows">, mode: Mode): boolean {
  return mode === "push" || rows.some(switches);
}

/** Who hears of it: every member's node, or that of subscribers; of a switch both. Whom an event names is told of it either way. Pure. */
export function eventTopics({ c, rows, mode }: EventsEnvelope, members: Iterable<UserId>): readonly Topic[] {
  const topics = new Set<Topic>();
  if (mode === "pull" || rows.some(switches)) topics.add(`c:${c}`);
  if (needsMembers({ rows }, mode)) for (const user of members) topics.add(`u:${user}`);
  for (const row of rows) for (const user of namedBy(row)) topics.add(`u:${user}`);
  return [...topics];
}

/** One arrival as envelopes, none larger than every bus carries. Pure. */
export function eventEnvelopes({ c, epoch, rows, membersVersion }: Arrival, mode: Mode): readonly EventsEnvelope[] {
  if (rows.length === 1) return [{ kind: "events", c, epoch, mode, membersVersion, rows }];
  const envelopes: EventsEnvelope[] = [];
  let at = { mode, membersVersion };
  for (const part of parts(rows).reverse()) {
    envelopes.unshift({ kind: "events", c, epoch, ...at, rows: part });
    at = before(at, part);
  }
  return envelopes;
}

/** What held before these rows, given what holds after them. */
function before(
  after: { readonly mode: Mode; readonly membersVersion: number },
  rows: readonly EventRow[],
): { mode: Mode; membersVersion: number } {
  let { mode, membersVersion } = after;
  for (const row of rows) {
    if (switches(row)) mode = mode === "push" ? "pull" : "push";
    if (row.type === "member" && membersVersion > 0) membersVersion--;
  }
  return { mode, membersVersion };
}

function parts(rows: readonly EventRow[]): (readonly EventRow[])[] {
  const all: (readonly EventRow[])[] = [];
  let from = 0;
  let bytes = 0;
  for (const [index, row] of rows.entries()) {
    const own = utf8Bytes(JSON.stringify(row));
    if (index > from && bytes + own > FIXED_LIMITS.envelopeRowsBytesMax) {
      all.push(rows.slice(from, index));
      from = index;
      bytes = 0;
    }
    bytes += own;
  }
  all.push(rows.slice(from));
  return all;
}
