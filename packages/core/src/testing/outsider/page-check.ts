import { type EventRow, isVoidRow, LIMITS, type PageRow, type UserId } from "@earshot/protocol";
import { canonicalJson } from "../../engine/canonical-json.ts";
import type { Span } from "../../ports/pages.ts";
import { isWithin, type TrueConversation } from "./true-conversation.ts";

/** What of a page is looked at: of a frame or of an HTTP answer. */
export interface SeenPage {
  readonly epoch: string;
  readonly head: number;
  readonly from: number;
  readonly to: number;
  readonly events: readonly PageRow[];
  readonly more: boolean;
}

export interface PageAsked {
  readonly after?: number;
  readonly before?: number;
  readonly around?: number;
  readonly re?: number;
  readonly limit?: number;
  /** It answers a cursor: its size is the gateway's. */
  readonly repair?: true;
}

export function same(one: unknown, other: unknown): boolean {
  return canonicalJson(one ?? null) === canonicalJson(other ?? null);
}

/** Why a page is not what the protocol's section 6 says of its reader; null: it is. */
export function pageFault(
  conversation: TrueConversation,
  user: UserId,
  page: SeenPage,
  asked: PageAsked,
): string | null {
  if (page.epoch !== conversation.made.epoch) return `epoch ${page.epoch}`;
  if (page.head > conversation.head) return `its head is above ${conversation.head}`;
  const spans = conversation.spans(user, page.head);
  if (spans === null) return "its reader was no member";
  const expected = rowsOf(conversation, user, page, spans, asked);
  const places = (rows: readonly PageRow[]) =>
    rows.map((row) => (isVoidRow(row) ? `${row.seq}-${row.to}` : row.seq)).join(" ");
  if (places(page.events) !== places(expected)) return `it has ${places(page.events)} instead of ${places(expected)}`;
  for (const [index, row] of page.events.entries()) {
    const should = expected[index] as PageRow;
    if (same(row, should)) continue;
    const mayBeGone = asked.after !== undefined && !isVoidRow(should) && conversation.goneBy(should) > page.head;
    if (mayBeGone && same(row, stripped(should as EventRow))) continue;
    return `row ${row.seq} is ${JSON.stringify(row)} instead of ${JSON.stringify(should)}`;
  }
  return boundsFault(conversation, user, page, asked, spans);
}

/** Every row and every void that belong into `from`…`to`. */
function rowsOf(
  conversation: TrueConversation,
  user: UserId,
  { head, from, to }: Pick<SeenPage, "head" | "from" | "to">,
  spans: readonly Span[],
  { after, re }: PageAsked,
): readonly PageRow[] {
  const model = conversation.at(head);
  const rows = after === undefined ? model.presentView(user) : model.logView();
  const found: PageRow[] = [];
  let hidden = 0;
  for (let seq = from; seq <= to; seq++) {
    if (!isWithin(seq, spans)) {
      if (hidden === 0) found.push({ type: "void", seq, to: seq });
      hidden += 1;
      found[found.length - 1] = { type: "void", seq: seq - hidden + 1, to: seq };
      continue;
    }
    hidden = 0;
    const row = rows.find((one) => one.seq === seq);
    if (row !== undefined && (re === undefined || (row.type === "message" && row.re === re))) found.push(row);
  }
  return found;
}

function boundsFault(
  conversation: TrueConversation,
  user: UserId,
  page: SeenPage,
  asked: PageAsked,
  spans: readonly Span[],
): string | null {
  const { head, from, to, events, more } = page;
  const { after, before, around } = asked;
  const limit = Math.min(asked.limit ?? LIMITS.pageRowsMax, LIMITS.pageRowsMax);
  const where = `${from}…${to} of ${head}, more ${more}`;
  const top = Math.min((before ?? head + 1) - 1, head);
  const bottom = (after ?? 0) + 1;
  if (events.length > limit) return `it has ${events.length} rows of ${limit}`;
  if (events.length === 0) {
    const left = rowsOf(conversation, user, { head, from: bottom, to: top }, spans, asked);
    return to === from - 1 && left.length === 0 && !more ? null : `it is empty at ${where}`;
  }
  const rowsLeft = (first: number, last: number) =>
    rowsOf(conversation, user, { head, from: first, to: last }, spans, asked).length > 0;
  const below = from > bottom && rowsLeft(bottom, from - 1);
  const above = to < top && rowsLeft(to + 1, top);
  const left = after !== undefined ? above : around !== undefined ? below || above : below;
  if (left !== more) return `more is wrong: ${where}`;
  if (after !== undefined && from !== bottom) return `it begins at ${where}`;
  if (after === undefined && around === undefined && to !== top) return `it ends at ${where}`;
  if (!more && (to !== top || from !== bottom)) return `it ends before the end: ${where}`;
  return more && events.length < limit && !asked.repair ? `it has ${events.length} rows of ${limit} and more` : null;
}

/** What a deleted row is. */
export function stripped({ body: _body, mentions: _mentions, ...row }: EventRow): EventRow {
  return { ...row, deleted: true };
}
