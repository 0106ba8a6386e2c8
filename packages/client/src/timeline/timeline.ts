import { ChatError, type Epoch, type EventRow, type EventsFrame, isVoidRow, type ResetFrame } from "@earshot/protocol";
import type { WindowItem } from "../message.ts";
import type { StoredTimeline } from "../ports/stored.ts";
import { type Change, erasedBy } from "./change.ts";
import { Reactors } from "./reactors.ts";
import { readAsOf, Stretch } from "./stretch.ts";

/** Lives of one log that are remembered as over. */
const OVER_MAX = 8;

/** Seqs `from`…`to` exist and are not here yet. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

export interface TimelineLimits {
  readonly windowItemsMax: number;
  readonly heldEventsMax: number;
  readonly islandsMax: number;
  readonly recentChangesMax: number;
  readonly heardReactionsMax: number;
}

/** What an application shows for a row; null for rows that only change others. */
export type Present = (row: EventRow) => WindowItem | null;

/**
 * One conversation's log as far as it is here: the newest stretch without holes, up to the cursor; events
 * that came early, held until what is before them has come; and stretches apart from it, which the same
 * events keep in their present state. Pure: no time, no I/O; what takes events answers with the rows that
 * are new to the application, in order. Whatever comes in whatever order, each seq is given out once,
 * upwards by one (I7, I8), and changes each message once, though a page may hold it already.
 */
export class Timeline {
  readonly #limits: TimelineLimits;
  readonly #present: Present;
  readonly #isOwn: (row: EventRow) => boolean;
  #epoch: Epoch | null = null;
  /** Lives of the log that are over, the latest last: an answer that was late may still tell of one. */
  readonly #over = new Set<Epoch>();
  /** Its `to` is the last event applied. */
  #newest: Stretch | null = null;
  readonly #apart = new Set<Stretch>();
  #head = 0;
  readonly #held = new Map<number, EventRow>();
  /** The last changes applied, all above a seq: for pages that were read before them and come after them. */
  #recent: (EventRow & Change)[] = [];
  #recentAbove = 0;
  readonly #reactors: Reactors;

  constructor(limits: TimelineLimits, present: Present, isOwn: (row: EventRow) => boolean) {
    this.#limits = limits;
    this.#present = present;
    this.#isOwn = isOwn;
    this.#reactors = new Reactors(limits.heardReactionsMax);
  }

  /** The stretch that ends at the cursor; null until a first page was read. */
  get newest(): Stretch | null {
    return this.#newest;
  }

  /** The last event applied, and in which life of the log; null until a first page was read. */
  get cursor(): { readonly epoch: Epoch; readonly seq: number } | null {
    return this.#newest === null || this.#epoch === null ? null : { epoch: this.#epoch, seq: this.#newest.to };
  }

  /** What is known to exist above the cursor; null when nothing is, or nothing was read yet. */
  get gap(): Gap | null {
    if (this.#newest === null) return null;
    let to = this.#head;
    for (const seq of this.#held.keys()) to = Math.min(to, seq - 1);
    const last = this.#newest.to;
    return to > last ? { from: last + 1, to } : null;
  }

  /** Events that are known to exist above the cursor. */
  get behind(): number {
    return this.#head - (this.#newest?.to ?? this.#head);
  }

  /** Whether a stretch is kept up to date here. */
  has(stretch: Stretch): boolean {
    return stretch === this.#newest || this.#apart.has(stretch);
  }

  /** Whether a frame of this epoch voids what is here: the log has begun another life. */
  isVoidedBy(epoch: Epoch): boolean {
    return this.#epoch !== null && epoch !== this.#epoch;
  }

  /** Whether that life of the log is over, as far as was seen here: nothing of it is taken. */
  isOver(epoch: Epoch): boolean {
    return this.#over.has(epoch);
  }

  /** Forgets everything: the log is another one, or must be read anew. */
  clear(): void {
    this.#epoch = null;
    this.#newest = null;
    this.#apart.clear();
    this.#head = 0;
    this.#held.clear();
  }

  /**
   * The log is to be read anew: it is another one, or shorter than was thought. Where it is neither, the answer was to
   * a cursor that is no more, and what has been read since stands; as it does where the cursor `asked` of was of a life
   * before: the head may have been looked up before what is here by now was written.
   */
  restart({ epoch, head }: Pick<ResetFrame, "epoch" | "head">, asked: Epoch): void {
    const { cursor } = this;
    if (cursor?.epoch === epoch && (asked !== epoch || cursor.seq <= head)) this.reaches(epoch, head);
    else if (this.#enter(epoch)) this.clear();
  }

  /** One event, live or as the answer to an own send: drop, apply or hold. */
  insert(epoch: Epoch, row: EventRow): readonly EventRow[] {
    if (!this.#enter(epoch)) return [];
    this.#head = Math.max(this.#head, row.seq);
    const last = this.#newest?.to;
    if (last !== undefined && row.seq <= last) return [];
    if (last !== undefined && row.seq === last + 1) return this.#keep([row], row.seq);
    // over the bound it is dropped, and comes back with the page that fills the hole: `head` remembers it
    if (this.#held.size < this.#limits.heldEventsMax) this.#held.set(row.seq, row);
    return [];
  }

  /** The log is known to reach this far. */
  reaches(epoch: Epoch, head: number): void {
    if (this.#enter(epoch)) this.#head = Math.max(this.#head, head);
  }

  /**
   * The newest page, in its present state as of its head, which holds everything up to there. Where the
   * cursor is far below, it jumps, and what was here is let go: it lacks what happened between.
   */
  open(page: EventsFrame): readonly EventRow[] {
    if (!this.#enter(page.epoch)) return [];
    const last = this.#newest?.to ?? -1;
    if (page.head <= last) return [];
    this.reaches(page.epoch, page.head);
    const rows = eventsOf(page);
    this.#begin(page.from, page.head, rows, page.more);
    return [...rows.filter(({ seq }) => seq > last), ...this.#keep([], page.head)];
  }

  /** Begins with what was stored, unless something was read already. */
  restore({ epoch, last, floor, rows, hasOlder }: StoredTimeline): void {
    if (this.#newest !== null || this.isVoidedBy(epoch)) return;
    this.reaches(epoch, last);
    this.#begin(floor, last, rows, hasOlder);
    this.#keep([], last);
  }

  /** A page after some cursor of ours, asked for or not: the log as it happened. */
  extend(page: EventsFrame): readonly EventRow[] {
    if (this.#newest === null || this.isVoidedBy(page.epoch)) return [];
    this.reaches(page.epoch, page.head);
    let last = this.#newest.to;
    const fresh: EventRow[] = [];
    for (const row of page.events) {
      if (isVoidRow(row)) {
        if (row.seq <= last + 1) last = Math.max(last, row.to);
      } else if (row.seq === last + 1) {
        last++;
        fresh.push(row);
      } else if (row.seq > last) {
        this.insert(page.epoch, row);
      }
    }
    return this.#keep(fresh, last);
  }

  /**
   * A page in present state, before or around some seq, of replies to `re` alone or of all. It becomes
   * a part of `into`, or a stretch of its own; where it meets the newest, the two are one. Answers with
   * the stretch that has it.
   */
  read(page: EventsFrame, into: Stretch | null, re?: number): Stretch | ChatError {
    const forgotten = into !== null && !this.has(into);
    if (this.#newest === null || forgotten || this.isVoidedBy(page.epoch) || page.head < this.#recentAbove) {
      return new ChatError("unavailable", "unable to read a page; the log has moved on");
    }
    const live = into === null && re !== undefined;
    const items = this.#shown(eventsOf(page), page.head);
    const fresh = new Stretch(page.from, live ? page.head : page.to, items, page.more && page.from > 1, live, re);
    for (const row of this.#recent) if (row.seq > page.head) fresh.pass(row.seq, this.#present(row), row.re, row);
    if (into !== null) {
      into.join(fresh);
      return this.meet(into);
    }
    const met = this.meet(fresh);
    if (met === fresh) {
      if (this.#apart.size >= this.#limits.islandsMax) {
        const unwatched = [...this.#apart].find((stretch) => !stretch.watched);
        if (unwatched === undefined) {
          return new ChatError("too_large", "unable to read there; too many places of this conversation are watched");
        }
        this.#apart.delete(unwatched);
      }
      this.#apart.add(fresh);
    }
    return met;
  }

  /** The newest stretch, if this one has reached it: then the two are one. Else this one. */
  meet(stretch: Stretch): Stretch {
    const newest = this.#newest;
    if (newest === null || stretch.re !== undefined || stretch.to < newest.from - 1) return stretch;
    newest.join(stretch);
    newest.trim(this.#limits.windowItemsMax);
    this.#apart.delete(stretch);
    return newest;
  }

  /** Nobody looks: only the newest is kept up to date. */
  letGo(): void {
    this.#apart.clear();
  }

  forsake(stretch: Stretch): void {
    this.#apart.delete(stretch);
  }

  /** Puts other objects in the place of the items `from`…`to`, wherever they are. */
  restate(from: number, to: number, replace: (item: WindowItem) => WindowItem): void {
    for (const stretch of this.#stretches()) stretch.restate(from, to, replace);
  }

  /** false: that life is over, and nothing of it is taken. */
  #enter(epoch: Epoch): boolean {
    if (this.isOver(epoch)) return false;
    if (this.#epoch !== null && epoch !== this.#epoch) {
      this.#over.add(this.#epoch);
      for (const first of this.#over) if (this.#over.size > OVER_MAX) this.#over.delete(first);
      this.clear();
    }
    this.#epoch = epoch;
    return true;
  }

  #begin(from: number, last: number, rows: readonly EventRow[], hasOlder: boolean): void {
    this.#apart.clear();
    this.#recent = [];
    this.#recentAbove = last;
    this.#reactors.clear();
    this.#newest = new Stretch(from, last, this.#shown(rows), hasOlder, true);
  }

  /** Takes rows that the cursor has reached, then whatever was held right behind them. */
  #keep(passed: readonly EventRow[], last: number): readonly EventRow[] {
    const newest = this.#newest as Stretch;
    const fresh = [...passed];
    let reached = last;
    for (let row = this.#held.get(reached + 1); row !== undefined; row = this.#held.get(reached + 1)) {
      reached = row.seq;
      fresh.push(row);
    }
    for (const seq of this.#held.keys()) if (seq <= reached) this.#held.delete(seq);
    for (const row of fresh) this.#pass(row);
    newest.to = reached;
    for (const stretch of this.#stretches()) stretch.trim(this.#limits.windowItemsMax);
    return fresh;
  }

  #pass(row: EventRow): void {
    const erased = erasedBy(row);
    const change = row.re === undefined && !erased ? null : this.#changeOf(row);
    const item = this.#present(row);
    for (const stretch of this.#stretches()) stretch.pass(row.seq, item, row.re, change);
    if (!erased) return;
    // as if the user had taken them back
    for (const { re, key } of this.#reactors.of(erased)) {
      this.#pass({ ...row, type: "react", from: erased, re, body: { key, on: false } });
    }
  }

  #changeOf(row: EventRow): Change {
    const own = this.#isOwn(row);
    const change = { ...row, own, ...(row.type === "react" && !own && this.#reactors.heard(row)) };
    this.#recent.push(change);
    if (this.#recent.length > this.#limits.recentChangesMax) this.#recentAbove = this.#recent.shift()?.seq ?? 0;
    return change;
  }

  #stretches(): readonly Stretch[] {
    return [...(this.#newest === null ? [] : [this.#newest]), ...this.#apart];
  }

  /** `head`: as of which they were read, where the cursor may not have reached it. */
  #shown(rows: readonly EventRow[], head = 0): WindowItem[] {
    const items = rows.map(this.#present).filter((item) => item !== null);
    if (head > (this.#newest?.to ?? 0)) for (const item of items) readAsOf(item, head);
    return items;
  }
}

function eventsOf(page: EventsFrame): readonly EventRow[] {
  return page.events.filter((row) => !isVoidRow(row)) as readonly EventRow[];
}

/** Whether an answer says that the cursor's log is no more. */
export function isReset(frame: EventsFrame | ResetFrame): frame is ResetFrame {
  return "reset" in frame && frame.reset;
}
