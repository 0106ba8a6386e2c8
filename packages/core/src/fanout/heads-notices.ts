import type { ConversationId, Epoch, GatewayFrame, UserId } from "@earshot/protocol";
import type { Clock, Timer } from "../ports/clock.ts";
import type { EncodedFrames } from "../ports/transport.ts";

/** A session that keeps conversations up to date without subscribing. */
export interface HeadsRecipient {
  readonly user: UserId;
  tell(frames: EncodedFrames): void;
}

/** Where a `pull` conversation stands. */
export interface PullHead {
  readonly c: ConversationId;
  readonly epoch: Epoch;
  readonly head: number;
  readonly ord: number;
}

export interface HeadsNoticesSurroundings<S> {
  readonly clock: Pick<Clock, "after" | "monotonic">;
  readonly limits: { readonly headsApartMs: number; readonly headsPerSessionMax: number };
  /** Whether the session subscribed: it is told of the events themselves. */
  subscribed(session: S, c: ConversationId): boolean;
  encode(frame: GatewayFrame): EncodedFrames;
}

/** What a session was told last. */
interface Told {
  epoch: Epoch;
  head: number;
}

/** What comes within so short a time is told together. */
const MERGE_MS = 50;

/**
 * Heads of `pull` conversations → `heads` frames, for sessions that named them in `have` and did not subscribe: merged,
 * only what is newer than what the session was told, once in `headsApartMs` at most. One timer for all of them.
 */
export class HeadsNotices<S extends HeadsRecipient> {
  readonly #house: HeadsNoticesSurroundings<S>;
  readonly #sessions = new Map<S, Map<ConversationId, Told>>();
  readonly #named = new Map<ConversationId, Set<S>>();
  /** Newest heads, of which somebody has to be told. */
  #news = new Map<ConversationId, PullHead>();
  #timer: Timer | null = null;
  /** When heads were told last, monotonic ms. */
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(house: HeadsNoticesSurroundings<S>) {
    this.#house = house;
  }

  /** Conversations of sessions that are told. */
  get size(): number {
    let size = 0;
    for (const named of this.#sessions.values()) size += named.size;
    return size;
  }

  /** Whether anybody here named it. */
  has(c: ConversationId): boolean {
    return this.#named.has(c);
  }

  /** The session keeps it up to date, and knows where it stood when rights were read. Beyond the bound nothing is told. */
  name(session: S, { c, epoch, head }: Omit<PullHead, "ord">): void {
    const own = this.#sessions.get(session) ?? new Map<ConversationId, Told>();
    if (!own.has(c) && own.size >= this.#house.limits.headsPerSessionMax) return;
    own.set(c, { epoch, head });
    this.#sessions.set(session, own);
    const sessions = this.#named.get(c) ?? new Set<S>();
    this.#named.set(c, sessions.add(session));
  }

  /** It may have moved on. */
  put(news: PullHead): void {
    if (!this.#named.has(news.c)) return;
    const known = this.#news.get(news.c);
    if (known?.epoch === news.epoch && known.head >= news.head) return;
    this.#news.set(news.c, news);
    const { clock, limits } = this.#house;
    const waitMs = Math.max(MERGE_MS, this.#toldAt + limits.headsApartMs - clock.monotonic());
    this.#timer ??= clock.after(waitMs, () => this.#flush());
  }

  /** Users lost it; null: it was removed for all. */
  left(c: ConversationId, users: readonly UserId[] | null): void {
    for (const session of [...(this.#named.get(c) ?? [])]) {
      if (users === null || users.includes(session.user)) this.#drop(session, c);
    }
  }

  /** The session has ended. */
  leave(session: S): void {
    for (const c of [...(this.#sessions.get(session)?.keys() ?? [])]) this.#drop(session, c);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#news.clear();
  }

  #drop(session: S, c: ConversationId): void {
    const own = this.#sessions.get(session);
    own?.delete(c);
    if (own?.size === 0) this.#sessions.delete(session);
    const sessions = this.#named.get(c);
    sessions?.delete(session);
    if (sessions?.size !== 0) return;
    this.#named.delete(c);
    this.#news.delete(c);
  }

  #flush(): void {
    this.#timer = null;
    this.#toldAt = this.#house.clock.monotonic();
    const news = this.#news;
    this.#news = new Map();
    const heads = new Map<S, PullHead[]>();
    for (const head of news.values()) {
      for (const session of this.#named.get(head.c) ?? []) {
        if (!this.#isNews(session, head)) continue;
        const own = heads.get(session) ?? [];
        heads.set(session, own);
        own.push(head);
      }
    }
    // Most name the same few: they get the same frame.
    const frames = new Map<string, EncodedFrames>();
    for (const [session, own] of heads) session.tell(this.#frameOf(own, frames));
  }

  /** Whether the session does not know it yet; from now on it does. */
  #isNews(session: S, { c, epoch, head }: PullHead): boolean {
    const told = this.#sessions.get(session)?.get(c);
    if (told === undefined || (told.epoch === epoch && told.head >= head)) return false;
    Object.assign(told, { epoch, head });
    return !this.#house.subscribed(session, c);
  }

  #frameOf(heads: readonly PullHead[], frames: Map<string, EncodedFrames>): EncodedFrames {
    const key = heads.map(({ c }) => c).join(" ");
    const known = frames.get(key);
    if (known !== undefined) return known;
    const frame = this.#house.encode({
      t: "heads",
      heads: heads.map(({ c, epoch, head, ord }) => [c, epoch, head, ord] as const),
    });
    frames.set(key, frame);
    return frame;
  }
}
