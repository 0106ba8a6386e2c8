import type {
  ConversationId,
  Epoch,
  EventRow,
  GoneRow,
  InboxRow,
  MemberBody,
  MetaBody,
  UserId,
} from "@earshot/protocol";
import { defined } from "../defined.ts";
import type { ConversationRow } from "../inbox.ts";

/** An event against the list: taken (also when it was there before), or reason to ask what has changed. */
export type InboxVerdict = "taken" | "ask";

/** The list of conversations, newest activity first (pure). Rows are state: the newest one wins, whatever way it came. */
export class InboxRows {
  readonly #max: number;
  readonly #byId = new Map<ConversationId, ConversationRow>();
  #order: ConversationId[] = [];

  /** `max`: rows kept; beyond it those of the oldest activity are let go. */
  constructor(max: number) {
    this.#max = max;
  }

  get rows(): readonly ConversationRow[] {
    return this.#order.map((c) => this.#byId.get(c) as ConversationRow);
  }

  get(c: ConversationId): ConversationRow | null {
    return this.#byId.get(c) ?? null;
  }

  clear(): void {
    this.#byId.clear();
    this.#order = [];
  }

  remove(c: ConversationId): void {
    if (this.#byId.delete(c)) this.#order = this.#order.filter((id) => id !== c);
  }

  /** Drops every row that is not among these: a listing from the start has ended. */
  keepOnly(seen: ReadonlySet<ConversationId>): void {
    this.#order = this.#order.filter((c) => seen.has(c));
    for (const c of this.#byId.keys()) if (!seen.has(c)) this.#byId.delete(c);
  }

  /**
   * Takes one page. `listing`: it is a part of the whole list, newest first; else what has changed, in
   * any order. `ask`: a row in it is older than what events have told since.
   */
  take(page: readonly (InboxRow | GoneRow)[], listing: boolean): InboxVerdict {
    let verdict: InboxVerdict = "taken";
    const raised: ConversationRow[] = [];
    for (const item of page) {
      if ("gone" in item) {
        this.remove(item.c);
        continue;
      }
      const known = this.get(item.c);
      if (known !== null && known.epoch === item.epoch && known.head > item.head) {
        verdict = "ask";
        continue;
      }
      const row = merged(rowOf(item), known);
      this.#byId.set(row.id, row);
      if (known === null && listing) this.#order.push(row.id);
      else if (known?.last?.seq !== row.last?.seq || known?.epoch !== row.epoch) raised.push(row);
    }
    raised.sort((a, b) => (a.last?.at ?? Number.POSITIVE_INFINITY) - (b.last?.at ?? Number.POSITIVE_INFINITY));
    for (const row of raised) this.#raise(row.id);
    this.#trim();
    return verdict;
  }

  /** One event, live or an own send's: the same one twice counts once. */
  event(c: ConversationId, epoch: Epoch, event: EventRow, user: UserId): InboxVerdict {
    const known = this.get(c);
    if (known === null || known.epoch !== epoch) return "ask";
    if (event.seq <= known.head) return "taken";
    this.#byId.set(c, advanced(known, event, user));
    if (event.type === "message" || event.type === "meta" || event.type === "member") this.#raise(c);
    // events in between may have named us, or changed what the row shows
    return event.seq === known.head + 1 ? "taken" : "ask";
  }

  #raise(c: ConversationId): void {
    if (this.#order[0] === c) return;
    this.#order = [c, ...this.#order.filter((id) => id !== c)];
  }

  #trim(): void {
    for (const c of this.#order.splice(this.#max)) this.#byId.delete(c);
  }
}

/** A row as applications see it. */
export function rowOf(row: InboxRow): ConversationRow {
  const { c, ...rest } = row;
  return Object.freeze({ id: c, ...rest });
}

/** The store holds watermarks back before it writes them: what we know to be read stays read. */
function merged(row: ConversationRow, known: ConversationRow | null): ConversationRow {
  if (known === null || known.epoch !== row.epoch || known.read <= row.read) return row;
  const unread = Math.max(0, row.ord - (known.ord - known.unread));
  return Object.freeze({ ...row, read: known.read, unread, mentions: Math.min(row.mentions, unread) });
}

function advanced(row: ConversationRow, event: EventRow, user: UserId): ConversationRow {
  const { seq, ord, type, from, body, mentions } = event;
  const message = type === "message";
  const gateways = type === "meta" || type === "member";
  const named = message && (mentions === "all" || mentions?.includes(user) === true);
  return Object.freeze({
    ...row,
    head: seq,
    ord,
    ...(message ? { last: Object.freeze(event) } : {}),
    ...(from === user && !gateways
      ? { read: seq, delivered: seq, unread: 0, mentions: 0 }
      : { unread: row.unread + ord - row.ord, mentions: row.mentions + (named ? 1 : 0) }),
    ...(gateways && body ? changed(body, user) : {}),
  });
}

/** What a `meta` or `member` event changes of the row: it holds only what is new. */
function changed(body: MetaBody & Partial<MemberBody>, user: UserId): Partial<ConversationRow> {
  const { title, meta, mode, members } = body;
  const role = members?.find(([id]) => id === user)?.[1] ?? undefined;
  return defined({ title, meta, mode, role });
}
