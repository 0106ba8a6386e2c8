import type { ConversationId, Epoch, EventRow, GoneRow, InboxRow, UserId } from "@earshot/protocol";
import type { ConversationRow } from "../inbox.ts";
import { advanced, type Unread } from "./row-after.ts";

/**
 * What came against the list: taken (also when it was there before); or reason to ask what has changed,
 * soon, or later, since the gateway may need its time, or more of the kind may come.
 */
export type InboxVerdict = "taken" | "ask" | "later";

/** Messages after a row was read for which it is remembered whether they name the user. */
const TAIL_MESSAGES_MAX = 200;

interface Kept {
  readonly row: ConversationRow;
  /** Messages above `tailFrom`, by seq, and whether each names the user: what a `read` among them leaves unread. */
  readonly tail: readonly (readonly [seq: number, named: boolean])[];
  readonly tailFrom: number;
  /** Whether `unread` and `mentions` are what `read` leaves; else they may be too high, and the gateway knows better. */
  readonly exact: boolean;
}

/** The list of conversations, newest activity first (pure). Rows are state: the newest one wins, whatever way it came. */
export class InboxRows {
  readonly #max: number;
  readonly #byId = new Map<ConversationId, Kept>();
  #order: ConversationId[] = [];

  /** `max`: rows kept; beyond it those of the oldest activity are let go. */
  constructor(max: number) {
    this.#max = max;
  }

  get rows(): readonly ConversationRow[] {
    return this.#order.map((c) => this.#byId.get(c)?.row as ConversationRow);
  }

  get(c: ConversationId): ConversationRow | null {
    return this.#byId.get(c)?.row ?? null;
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
      const known = this.#byId.get(item.c);
      const same = known?.row.epoch === item.epoch ? known : undefined;
      if (same !== undefined && same.row.head > item.head) {
        verdict = "ask";
        continue;
      }
      const kept = merged(rowOf(item), same);
      if (!kept.exact && verdict === "taken") verdict = "later";
      const { row } = kept;
      this.#byId.set(row.id, kept);
      if (known === undefined && listing) this.#order.push(row.id);
      else if (same === undefined || same.row.last?.seq !== row.last?.seq) raised.push(row);
    }
    raised.sort((a, b) => (a.last?.at ?? Number.POSITIVE_INFINITY) - (b.last?.at ?? Number.POSITIVE_INFINITY));
    for (const row of raised) this.#raise(row.id);
    this.#trim();
    return verdict;
  }

  /** One event, live or an own send's: the same one twice counts once. */
  event(c: ConversationId, epoch: Epoch, event: EventRow, user: UserId): InboxVerdict {
    const known = this.#byId.get(c);
    if (known === undefined || known.row.epoch !== epoch) return "ask";
    const { row } = known;
    const { seq, type, re } = event;
    if (seq <= row.head) return "taken";
    const after = advanced(row, event, user);
    const message: Kept["tail"] = type === "message" ? [[seq, after.mentions > row.mentions]] : [];
    const tail = [...known.tail, ...message].filter(([each]) => each > after.read);
    // what came in a gap is not in the tail
    let tailFrom = seq === row.head + 1 ? known.tailFrom : seq - 1;
    if (tail.length > TAIL_MESSAGES_MAX) tailFrom = Math.max(tailFrom, tail.shift()?.[0] ?? 0);
    this.#byId.set(c, { row: Object.freeze(after), tail, tailFrom, exact: known.exact || after.read === seq });
    if (type === "message" || type === "meta" || type === "member") this.#raise(c);
    // events in between may have named us, or changed what the row shows
    if (seq > row.head + 1) return "ask";
    // a row tells how many have reacted, not who; and a mention that is gone may be among the unread
    const unsure = type === "react" ? re === row.last?.seq : type === "delete" && row.mentions > 0;
    return unsure ? "later" : "taken";
  }

  /** The log reaches further than what came of it: so many more are unread, and which the gateway is asked for. */
  reaches(c: ConversationId, epoch: Epoch, head: number, ord: number): InboxVerdict {
    const known = this.#byId.get(c);
    if (known === undefined || known.row.epoch !== epoch) return "ask";
    const { row } = known;
    if (head <= row.head) return "taken";
    const unread = row.unread + Math.max(0, ord - row.ord);
    this.#byId.set(c, { ...known, row: Object.freeze({ ...row, head, ord, unread }), tailFrom: head, exact: false });
    if (ord > row.ord) this.#raise(c);
    return "later";
  }

  /**
   * The user has read up to `seq`, here or on another device, which clears the unread mark. `above`: what
   * is unread above it, asked for where the list cannot tell; null: nobody here can, and the gateway is to be asked.
   */
  read(c: ConversationId, seq: number, above: () => Unread | null): InboxVerdict {
    const known = this.#byId.get(c);
    if (known === undefined) return "taken";
    const { row, tail, tailFrom, exact } = known;
    const { marked, ...unmarked } = row;
    const read = Math.min(seq, row.head);
    if (read <= row.read) {
      if (marked) this.#byId.set(c, { ...known, row: Object.freeze(unmarked) });
      return "taken";
    }
    const left = tail.filter(([each]) => each > read);
    const counted = { unread: left.length, mentions: left.filter(([, named]) => named).length };
    const unread = read === row.head || read >= tailFrom ? counted : above();
    const after = { ...unmarked, ...unread, read, delivered: Math.max(read, row.delivered) };
    this.#byId.set(c, { row: Object.freeze(after), tail: left, tailFrom, exact: unread !== null });
    return unread === null && exact ? "later" : "taken";
  }

  /** Sets or clears the unread mark. */
  mark(c: ConversationId, on: boolean): void {
    const known = this.#byId.get(c);
    if (known === undefined) return;
    const { marked, ...row } = known.row;
    this.#byId.set(c, { ...known, row: Object.freeze(on ? { ...row, marked: true } : row) });
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

/** A row of the gateway's over what is known: what was read stays read, whatever the store has written by then. */
function merged(row: ConversationRow, known: Kept | undefined): Kept {
  const fresh = { row, tail: [], tailFrom: row.head, exact: true };
  if (known === undefined || known.row.read <= row.read) {
    return known?.row.head === row.head ? { ...known, row, exact: true, tail: tailAbove(known, row.read) } : fresh;
  }
  const { row: was, exact } = known;
  const { read } = was;
  if (was.head === row.head)
    return { ...known, row: Object.freeze({ ...row, read, unread: was.unread, mentions: was.mentions }) };
  // without events since: as many were read as are less than there were
  const unread = Math.min(row.unread, exact ? Math.max(0, row.ord - (was.ord - was.unread)) : row.unread);
  const mentions = Math.min(row.mentions, unread);
  return { ...fresh, row: Object.freeze({ ...row, read, unread, mentions }), exact: exact && mentions === 0 };
}

function tailAbove({ tail }: Kept, read: number): Kept["tail"] {
  return tail.filter(([seq]) => seq > read);
}
