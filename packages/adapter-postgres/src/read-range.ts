import type { EventPage, RangeQuery, Span } from "@earshot/core";
import { parseJson } from "@earshot/protocol";
import { EPOCH } from "./lock-heads.ts";
import type { AccessRecord, EventRecord, PresentRecord } from "./records.ts";
import { eventText, presentText } from "./row-texts.ts";
import { spansOf } from "./spans-of.ts";
import type { Command, Transaction } from "./transaction.ts";
import { ACCESS, EVENT, memberOf, present, STATE } from "./views.ts";

const OF_GATEWAY = `SELECT h.conversation, ${EPOCH}, h.first, h.head, h.ord FROM @heads h WHERE h.id = $1`;
const OF_READER = `SELECT ${ACCESS} FROM (SELECT * FROM @heads WHERE id = $1) h ${memberOf("$2")}`;

/**
 * Rows of some stretches of a log, from one end: so many at most, and none behind the one with which their bodies
 * alone pass the bytes; the first, which always comes, and the one behind it in any case. Given conversation, lows, highs, rows, bytes, reader or null, and the message replied to.
 */
function rowsQuery(view: "log" | "present", replies: boolean, direction: "ASC" | "DESC"): string {
  const isPresent = view === "present";
  const types = replies
    ? "AND e.re = $7::bigint AND e.type = 'message'"
    : isPresent
      ? "AND e.type IN ('message', 'member', 'meta')"
      : "";
  return `SELECT * FROM (
    SELECT e.*, sum(octet_length(coalesce(e.body, ''))) OVER w AS total, row_number() OVER w AS place FROM (
      SELECT e.* FROM unnest($2::bigint[], $3::bigint[]) AS w(low, high) CROSS JOIN LATERAL (
        SELECT ${isPresent ? present("$6") : `${EVENT}, $6::text AS reader`} FROM @events e ${isPresent ? STATE : ""}
        WHERE e.conversation = $1 AND e.seq > w.low AND e.seq < w.high ${types}
          AND $7::bigint IS ${replies ? "NOT NULL" : "NULL"}
        ORDER BY e.seq ${direction} LIMIT $4::bigint
      ) e ORDER BY e.seq ${direction} LIMIT $4::bigint
    ) e WINDOW w AS (ORDER BY e.seq ${direction})
  ) e WHERE e.place < 3 OR e.total - octet_length(coalesce(e.body, '')) <= $5::bigint ORDER BY e.seq ${direction}`;
}

const ROWS = {
  log: { oldest: rowsQuery("log", false, "ASC"), newest: rowsQuery("log", false, "DESC") },
  present: { oldest: rowsQuery("present", false, "ASC"), newest: rowsQuery("present", false, "DESC") },
};
const REPLIES = {
  log: { oldest: rowsQuery("log", true, "ASC"), newest: rowsQuery("log", true, "DESC") },
  present: { oldest: rowsQuery("present", true, "ASC"), newest: rowsQuery("present", true, "DESC") },
};

type About = Pick<AccessRecord, "conversation" | "epoch" | "first" | "head" | "ord">;

/** Rows, rights and head of one snapshot. */
export async function readRange(transaction: Transaction, query: RangeQuery): Promise<EventPage | null> {
  const { conversation: id, reader, rows, bytes } = query;
  let about: About | undefined;
  let spans: readonly Span[];
  if (reader === undefined) {
    about = await transaction.one<About>(OF_GATEWAY, [id]);
    spans = [[about?.first ?? 1, null]];
  } else {
    const access = await transaction.one<AccessRecord>(OF_READER, [id, reader]);
    about = access;
    spans = access === undefined ? [] : spansOf(access);
  }
  if (about === undefined) return null;
  const { epoch, head, ord } = about;
  const { up, down } = stretchesOf(query, head);
  const read = (direction: "oldest" | "newest", low: number, high: number) =>
    rowsCommand(query, about, spans, direction, low, high);
  const commands = [up && read("oldest", ...up), down && read("newest", ...down)].filter((each) => each !== null);
  const found = await transaction.together(...commands);
  const textOf = query.view === "present" ? presentText : eventText;
  const texts = found.map((each) => (each as readonly (PresentRecord & EventRecord)[]).map(textOf));
  const above = up === null ? [] : (texts[0] ?? []);
  const below = down === null ? [] : (texts.at(-1) ?? []);
  const page = fill(above, below, rows, bytes);
  return {
    ...{ epoch, head, ord, spans, older: page.older, newer: page.newer },
    rows: parseJson(`[${page.texts.join(",")}]`) as EventPage["rows"],
  };
}

type Stretch = readonly [low: number, high: number];

/** Where the page grows upwards and downwards, both ends excluded; null: not at all. */
function stretchesOf(
  { from, after = 0, before }: RangeQuery,
  head: number,
): { readonly up: Stretch | null; readonly down: Stretch | null } {
  const high = before ?? head + 1;
  if (from === "oldest") return { up: [after, high], down: null };
  if (from === "newest") return { up: null, down: [after, high] };
  const pivot = Math.max(from, 0);
  return { up: [Math.max(after, pivot - 1), high], down: [after, Math.min(high, pivot)] };
}

function rowsCommand(
  { view, rows, bytes, reader, re }: RangeQuery,
  { conversation, head }: About,
  spans: readonly Span[],
  direction: "oldest" | "newest",
  low: number,
  high: number,
): Command {
  const lows = spans.map(([from]) => Math.max(low, from - 1));
  const highs = spans.map(([, to]) => Math.min(high, (to ?? head) + 1, head + 1));
  const text = (re === undefined ? ROWS : REPLIES)[view][direction];
  return [text, [conversation, lows, highs, rows + 1, bytes, reader ?? null, re ?? null]];
}

interface Filled {
  /** Oldest first. */
  readonly texts: readonly string[];
  readonly older: boolean;
  readonly newer: boolean;
}

/** Takes from above and from below in turns, from above first, until the page is full; an end that has no more leaves its turns to the other. */
function fill(above: readonly string[], below: readonly string[], rows: number, bytes: number): Filled {
  let up = 0;
  let down = 0;
  let taken = 0;
  for (let turn = "up"; up < above.length || down < below.length; turn = turn === "up" ? "down" : "up") {
    const goUp = down >= below.length || (turn === "up" && up < above.length);
    const text = (goUp ? above[up] : below[down]) ?? "";
    taken += Buffer.byteLength(text);
    if (up + down >= rows || (taken > bytes && up + down > 0)) break;
    if (goUp) up += 1;
    else down += 1;
  }
  const texts = [...below.slice(0, down).reverse(), ...above.slice(0, up)];
  return { texts, older: down < below.length, newer: up < above.length };
}
