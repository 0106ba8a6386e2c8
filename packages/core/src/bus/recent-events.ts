import type { Body, ConversationId, Epoch, EventRow } from "@earshot/protocol";
import { LRUCache } from "lru-cache";
import type { Clock } from "../ports/clock.ts";
import type { EncodedFrames } from "../ports/transport.ts";
import { type PagePlace, SharedPages } from "./shared-pages.ts";

/** What is kept of an event: enough to put it into a page without encoding it again. */
export interface RecentEvent {
  readonly row: Pick<EventRow, "seq" | "type" | "re"> & Partial<Pick<EventRow, "from" | "body">>;
  readonly rowText: string;
}

interface Ring<E extends RecentEvent> {
  readonly epoch: Epoch;
  /** Neighbouring seqs, ascending. */
  events: E[];
  bytes: number;
}

/**
 * The newest events of conversations that are live on this node, already encoded: what a client that
 * was away for a moment missed. Bounded in bytes over all conversations and in events in each; the
 * conversation unused for longest goes first. Never the truth: heads and rights come from the store.
 * When a `delete` passes, or word that a user was erased, what it takes away is taken away here too.
 */
export class RecentEvents<E extends RecentEvent> {
  readonly #rings: LRUCache<ConversationId, Ring<E>>;
  readonly #perConversation: number;
  readonly #blank: (c: ConversationId, epoch: Epoch, event: E) => E;
  /** What is not here was read from the store for others who came with the same cursor. */
  readonly #pages: SharedPages;

  /** `blank`: a deleted message, or an edit of one, as pages give it: `deleted`, without body and mentions. */
  constructor(
    clock: Pick<Clock, "monotonic">,
    limits: {
      readonly recentBytesMax: number;
      readonly recentEventsPerConversationMax: number;
      readonly sharedPagesBytesMax: number;
    },
    blank: (c: ConversationId, epoch: Epoch, event: E) => E,
  ) {
    this.#pages = new SharedPages(clock, limits);
    this.#perConversation = limits.recentEventsPerConversationMax;
    this.#blank = blank;
    this.#rings = new LRUCache<ConversationId, Ring<E>>({ maxSize: limits.recentBytesMax });
  }

  /** Adds neighbouring events, oldest first. Another epoch, or a hole, starts anew. */
  add(c: ConversationId, epoch: Epoch, events: readonly E[]): void {
    const first = events[0];
    if (first === undefined) return;
    this.#pages.forget(c);
    const known = this.#rings.get(c);
    const follows = known !== undefined && known.epoch === epoch && known.events.at(-1)?.row.seq === first.row.seq - 1;
    const ring: Ring<E> = follows ? known : { epoch, events: [], bytes: 0 };
    for (const event of events) {
      ring.events.push(event);
      ring.bytes += event.rowText.length;
      if (event.row.type === "delete" && event.row.re !== undefined) this.#delete(c, ring, event.row.re);
      if (event.row.type === "meta" && event.row.body?.["erased"] !== undefined) this.#erase(c, ring, event.row.body);
    }
    // Cut in one piece at twice the bound, so that adding stays cheap.
    if (ring.events.length > 2 * this.#perConversation) {
      ring.events = ring.events.slice(-this.#perConversation);
      ring.bytes = ring.events.reduce((sum, event) => sum + event.rowText.length, 0);
    }
    this.#rings.set(c, ring, { size: ring.bytes + 1 });
  }

  /** Events above `after` up to `head`, if every one of them is here; else null. */
  above(c: ConversationId, epoch: Epoch, after: number, head: number): readonly E[] | null {
    const ring = this.#rings.get(c);
    const first = ring?.events[0];
    const last = ring?.events.at(-1);
    if (ring === undefined || first === undefined || last === undefined || ring.epoch !== epoch) return null;
    if (first.row.seq > after + 1 || last.row.seq < head) return null;
    return ring.events.slice(after + 1 - first.row.seq, head + 1 - first.row.seq);
  }

  /** The page above a cursor, for all who come with it: read once, in `SharedPages`. */
  page(place: PagePlace, read: () => Promise<EncodedFrames | null>): EncodedFrames | Promise<EncodedFrames | null> {
    return this.#pages.of(place, read);
  }

  forget(c: ConversationId): void {
    this.#pages.forget(c);
    this.#rings.delete(c);
  }

  /** Takes the content of a message and of its edits out of the ring. */
  #delete(c: ConversationId, ring: Ring<E>, seq: number): void {
    const first = ring.events[0]?.row.seq ?? 0;
    // Neither it nor an edit of it stands before it.
    for (let index = Math.max(0, seq - first); index < ring.events.length; index++) {
      const { row } = ring.events[index] as E;
      if (row.seq === seq || (row.type === "edit" && row.re === seq)) this.#empty(c, ring, index);
    }
  }

  /** Takes everything out of the ring that the user wrote, as the store has taken it out of the log. */
  #erase(c: ConversationId, ring: Ring<E>, { erased }: Body): void {
    for (const [index, { row }] of ring.events.entries()) {
      const content = row.type !== "meta" && row.type !== "member" && row.type !== "delete";
      if (content && row.from === erased) this.#empty(c, ring, index);
    }
  }

  #empty(c: ConversationId, ring: Ring<E>, index: number): void {
    const event = ring.events[index] as E;
    const blank = this.#blank(c, ring.epoch, event);
    ring.bytes += blank.rowText.length - event.rowText.length;
    ring.events[index] = blank;
  }
}
