import type { ConversationId, Epoch } from "@earshot/protocol";
import { FIXED_LIMITS } from "../fixed-limits.ts";
import type { Clock } from "../ports/clock.ts";
import type { EncodedFrames } from "../ports/transport.ts";

/** What a page holds: all of a log above `after` up to `head`. */
export interface PagePlace {
  readonly c: ConversationId;
  readonly epoch: Epoch;
  readonly after: number;
  readonly head: number;
}

interface SharedPage extends PagePlace {
  /** As soon as it is read; null: it is being read. */
  frames: EncodedFrames | null;
  readonly reading: Promise<EncodedFrames | null>;
  /** When its reading began, monotonic ms. */
  readonly since: number;
}

/** How long a page is given to others: those of a gateway that died come one after the other. */
const SHARED_MS = 10_000;
const NONE: readonly SharedPage[] = [];
/** Counted for a page beside its text and its bytes on the wire. */
const PAGE_OVERHEAD_BYTES = 300;

/**
 * Pages that all those get who come back to a conversation with the same cursor: read once and encoded once, while a
 * thousand of them want it. By their head they are never behind the log; what happens in the conversation takes them
 * away all the same, since memory holds no content that was deleted. Bounded in bytes, the oldest go first.
 */
export class SharedPages {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #bytesMax: number;
  /** The conversation whose newest page is oldest stands first. */
  readonly #pages = new Map<ConversationId, readonly SharedPage[]>();
  #bytes = 0;

  constructor(clock: Pick<Clock, "monotonic">, limits: { readonly sharedPagesBytesMax: number }) {
    this.#clock = clock;
    this.#bytesMax = limits.sharedPagesBytesMax;
  }

  /** Conversations of which pages are kept. */
  get size(): number {
    return this.#pages.size;
  }

  /** The page; or its promise where it has to be read, once for all who ask meanwhile. null: there is none. Rejects as `read` does. */
  of(place: PagePlace, read: () => Promise<EncodedFrames | null>): EncodedFrames | Promise<EncodedFrames | null> {
    const now = this.#clock.monotonic();
    for (const page of this.#pages.get(place.c) ?? NONE)
      if (isAt(page, place) && now - page.since < SHARED_MS) return page.frames ?? page.reading;
    return this.#read(place, now, read);
  }

  /** Something happened in the conversation. What is being read of it is not kept. */
  forget(c: ConversationId): void {
    const pages = this.#pages.get(c);
    if (pages === undefined) return;
    this.#pages.delete(c);
    for (const page of pages) this.#bytes -= bytesOf(page);
  }

  #read({ c, epoch, after, head }: PagePlace, since: number, read: () => Promise<EncodedFrames | null>) {
    const page: SharedPage = { c, epoch, after, head, frames: null, reading: read(), since };
    const fresh = (this.#pages.get(c) ?? []).filter((other) => since - other.since < SHARED_MS && !isAt(other, page));
    this.#keep(c, [...fresh.slice(1 - FIXED_LIMITS.sharedPagesPerConversationMax), page]);
    page.reading.then(
      (frames) => this.#settle(page, frames),
      () => this.#settle(page, null),
    );
    return page.reading;
  }

  #settle(page: SharedPage, frames: EncodedFrames | null): void {
    const pages = this.#pages.get(page.c);
    if (!pages?.includes(page)) return;
    this.#bytes -= bytesOf(page);
    page.frames = frames;
    this.#bytes += bytesOf(page);
    if (frames === null)
      this.#keep(
        page.c,
        pages.filter((other) => other !== page),
      );
    this.#trim();
  }

  #keep(c: ConversationId, pages: readonly SharedPage[]): void {
    this.forget(c);
    if (pages.length === 0) return;
    this.#pages.set(c, pages);
    for (const page of pages) this.#bytes += bytesOf(page);
  }

  #trim(): void {
    const now = this.#clock.monotonic();
    for (const [c, pages] of this.#pages) {
      const stale = now - (pages.at(-1)?.since ?? now) >= SHARED_MS;
      if (!stale && this.#bytes <= this.#bytesMax) return;
      this.forget(c);
    }
  }
}

function isAt(page: SharedPage, { epoch, after, head }: PagePlace): boolean {
  return page.after === after && page.head === head && page.epoch === epoch;
}

/** As text and, once it was written, as bytes. */
function bytesOf({ frames }: SharedPage): number {
  return PAGE_OVERHEAD_BYTES + 2 * (frames?.bytes ?? 0);
}
