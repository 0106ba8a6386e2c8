import { type Epoch, type EventRow, type EventsFrame, isVoidRow, type ResetFrame } from "@earshot/protocol";

/** Seqs `from`…`to` exist and are not here yet. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

export interface TimelineLimits {
  readonly windowItemsMax: number;
  readonly heldEventsMax: number;
}

/** What an application shows for a row; null for rows that only move the cursor. */
export type Present<T> = (row: EventRow) => T | null;

/**
 * One conversation's log as far as it is here: a stretch without holes from `floor` to the cursor, and
 * events that came early, held until what is before them has come. Pure: no time, no I/O; each method
 * answers with the rows that are new to the application, in order. Whatever comes in whatever order,
 * each seq is given out once, upwards by one (I7, I8).
 */
export class Timeline<T extends { readonly seq: number | null }> {
  readonly #limits: TimelineLimits;
  readonly #present: Present<T>;
  #epoch: Epoch | null = null;
  #last: number | null = null;
  #head = 0;
  #floor = 1;
  #hasOlder = false;
  #items: T[] = [];
  readonly #held = new Map<number, EventRow>();

  constructor(limits: TimelineLimits, present: Present<T>) {
    this.#limits = limits;
    this.#present = present;
  }

  /** What is here and shown, oldest first. */
  get items(): readonly T[] {
    return this.#items;
  }

  /** The last event applied, and in which life of the log; null until a first page was read. */
  get cursor(): { readonly epoch: Epoch; readonly seq: number } | null {
    return this.#last === null || this.#epoch === null ? null : { epoch: this.#epoch, seq: this.#last };
  }

  /** First seq covered. */
  get floor(): number {
    return this.#floor;
  }

  get hasOlder(): boolean {
    return this.#hasOlder;
  }

  /** What is known to exist above the cursor; null when nothing is, or nothing was read yet. */
  get gap(): Gap | null {
    if (this.#last === null) return null;
    let to = this.#head;
    for (const seq of this.#held.keys()) to = Math.min(to, seq - 1);
    return to > this.#last ? { from: this.#last + 1, to } : null;
  }

  /** Whether the window holds all that it may. */
  get full(): boolean {
    return this.#items.length >= this.#limits.windowItemsMax;
  }

  /** Whether a frame of this epoch voids what is here: the log has begun another life. */
  isVoidedBy(epoch: Epoch): boolean {
    return this.#epoch !== null && epoch !== this.#epoch;
  }

  /** Forgets everything: the log is another one, or must be read anew. */
  clear(): void {
    this.#epoch = null;
    this.#last = null;
    this.#head = 0;
    this.#floor = 1;
    this.#hasOlder = false;
    this.#items = [];
    this.#held.clear();
  }

  /** One event, live or as the answer to an own send: drop, apply or hold. */
  insert(epoch: Epoch, row: EventRow): readonly EventRow[] {
    this.#enter(epoch);
    this.#head = Math.max(this.#head, row.seq);
    if (this.#last !== null && row.seq <= this.#last) return [];
    if (this.#last !== null && row.seq === this.#last + 1) return this.#keep([row], row.seq);
    // over the bound it is dropped, and comes back with the page that fills the hole: `head` remembers it
    if (this.#held.size < this.#limits.heldEventsMax) this.#held.set(row.seq, row);
    return [];
  }

  /** The log is known to reach this far. */
  reaches(epoch: Epoch, head: number): void {
    this.#enter(epoch);
    this.#head = Math.max(this.#head, head);
  }

  /** The first page: the newest, in its present state as of its head, which holds everything up to there. */
  open(page: EventsFrame): readonly EventRow[] {
    if (this.#last !== null) return [];
    if (this.isVoidedBy(page.epoch)) this.clear();
    this.reaches(page.epoch, page.head);
    this.#last = page.head;
    this.#floor = page.from;
    this.#hasOlder = page.more;
    const rows = eventsOf(page);
    this.#items = this.#shown(rows);
    return [...rows, ...this.#keep([])];
  }

  /** A page after some cursor of ours, asked for or not: the log as it happened. */
  extend(page: EventsFrame): readonly EventRow[] {
    if (this.#last === null || this.isVoidedBy(page.epoch)) return [];
    this.reaches(page.epoch, page.head);
    const fresh: EventRow[] = [];
    for (const row of page.events) {
      const next: number = this.#last + 1;
      if (isVoidRow(row)) {
        if (row.seq <= next && row.to >= next) this.#last = row.to;
      } else if (row.seq === next) {
        this.#last = next;
        fresh.push(row);
      } else if (row.seq > next) {
        this.insert(page.epoch, row);
      }
    }
    return this.#keep(fresh);
  }

  /** A page before `floor`, in its present state. */
  prepend(page: EventsFrame): void {
    if (this.#last === null || this.isVoidedBy(page.epoch) || page.to < this.#floor - 1) return;
    const below = eventsOf(page).filter((row) => row.seq < this.#floor);
    this.#items = [...this.#shown(below), ...this.#items];
    this.#floor = Math.min(this.#floor, page.from);
    this.#hasOlder = page.more;
  }

  #enter(epoch: Epoch): void {
    if (this.isVoidedBy(epoch)) this.clear();
    this.#epoch = epoch;
  }

  /** Takes rows that the cursor has reached, then whatever was held right behind them. */
  #keep(passed: readonly EventRow[], last = this.#last as number): readonly EventRow[] {
    const fresh = [...passed];
    let reached = last;
    for (let row = this.#held.get(reached + 1); row !== undefined; row = this.#held.get(reached + 1)) {
      reached = row.seq;
      fresh.push(row);
    }
    this.#last = reached;
    for (const seq of this.#held.keys()) if (seq <= reached) this.#held.delete(seq);
    for (const item of this.#shown(fresh)) this.#items.push(item);
    this.#trim();
    return fresh;
  }

  #shown(rows: readonly EventRow[]): T[] {
    return rows.map(this.#present).filter((item) => item !== null);
  }

  #trim(): void {
    const over = this.#items.length - this.#limits.windowItemsMax;
    if (over <= 0) return;
    this.#items.splice(0, over);
    this.#floor = this.#items[0]?.seq ?? this.#floor;
    this.#hasOlder = true;
  }
}

function eventsOf(page: EventsFrame): readonly EventRow[] {
  return page.events.filter((row) => !isVoidRow(row)) as readonly EventRow[];
}

/** Whether an answer says that the cursor's log is no more. */
export function isReset(frame: EventsFrame | ResetFrame): frame is ResetFrame {
  return "reset" in frame && frame.reset;
}
