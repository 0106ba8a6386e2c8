import type { ConversationId, Epoch, EventRow, HaveEntry } from "@earshot/protocol";
import type { SeenPage } from "./page-check.ts";

/** One conversation, as a client's application has it. */
export interface Kept {
  epoch: Epoch;
  last: number;
  /** The highest head that a page or a subscription has told of. */
  head: number;
  /** Events above a hole, by seq. */
  readonly held: Map<number, EventRow>;
  /** The client was told to fetch. */
  lagging: boolean;
}

/** What one device keeps up to date, by the rule of the protocol's section 6. */
export class Cursors {
  readonly #kept = new Map<ConversationId, Kept>();
  readonly #later = new Map<ConversationId, readonly (readonly [seq: number, row: EventRow])[]>();
  readonly #fail: (why: string) => never;

  constructor(fail: (why: string) => never) {
    this.#fail = fail;
  }

  get(c: ConversationId): Kept | undefined {
    return this.#kept.get(c);
  }

  entries(): readonly (readonly [ConversationId, Kept])[] {
    return [...this.#kept];
  }

  have(): readonly HaveEntry[] {
    return this.entries().map(([c, { epoch, last }]) => [c, epoch, last]);
  }

  forget(c: ConversationId): void {
    this.#kept.delete(c);
  }

  /** The conversation is gone, since the event `at`; what `sent` told of a later stay already is that stay's. */
  lose(c: ConversationId, at: number | undefined): void {
    const kept = this.#kept.get(c);
    this.#kept.delete(c);
    if (kept === undefined || at === undefined) return;
    const later = [...kept.held].filter(([seq]) => seq > at);
    if (later.length > 0) this.#later.set(c, later);
  }

  /** What was held back above a hole goes with a session's end: the cursor alone is kept. */
  reconnect(): void {
    this.#later.clear();
    for (const kept of this.#kept.values()) {
      kept.held.clear();
      kept.lagging = false;
    }
  }

  begin(c: ConversationId, epoch: Epoch, last: number): Kept {
    const kept: Kept = { epoch, last, head: last, held: new Map(this.#later.get(c)), lagging: false };
    this.#later.delete(c);
    this.#kept.set(c, kept);
    return kept;
  }

  /** An event, or a row of one's own that `sent` told of. */
  event(c: ConversationId, epoch: Epoch, row: EventRow): void {
    const kept = this.#kept.get(c) ?? this.begin(c, epoch, row.seq - 1);
    if (kept.epoch !== epoch) this.#fail(`I19: ${c} is in epoch ${epoch}, and was in ${kept.epoch}`);
    if (row.seq > kept.last) kept.held.set(row.seq, row);
    this.#close(kept);
  }

  /** A page of the log: rows and voids cover `from`…`to`. */
  page(c: ConversationId, { epoch, from, to, head }: Omit<SeenPage, "events" | "more">): void {
    const kept = this.#kept.get(c);
    if (kept === undefined || kept.epoch !== epoch || from > kept.last + 1) return;
    kept.last = Math.max(kept.last, to);
    kept.head = Math.max(kept.head, head);
    if (kept.last >= kept.head) kept.lagging = false;
    this.#close(kept);
  }

  #close(kept: Kept): void {
    for (const seq of [...kept.held.keys()].sort((a, b) => a - b)) {
      if (seq > kept.last + 1) break;
      kept.last = Math.max(kept.last, seq);
      kept.held.delete(seq);
    }
  }
}
