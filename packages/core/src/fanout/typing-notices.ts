import { type ConversationId, type GatewayFrame, LIMITS, type UserId } from "@earshot/protocol";
import { FIXED_LIMITS } from "../fixed-limits.ts";
import type { Said, Topic, TypingEnvelope } from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";
import type { EncodedFrames } from "../ports/transport.ts";
import { Coalesce } from "./coalesce.ts";
import type { Signal, SignalRecipient } from "./signal.ts";
import type { HeldEvents, Subscriptions } from "./subscriptions.ts";

/** Time between two counts in one conversation. */
const COUNT_APART_MS = 1_000;

interface Typing {
  readonly c: ConversationId;
  readonly user: UserId;
}

interface Typists {
  readonly c: ConversationId;
  /** When each was last seen typing, monotonic ms; the oldest first. */
  readonly users: Map<UserId, number>;
  /** Whether somebody typed since the last count. */
  news: boolean;
}

export interface TypingNoticesSurroundings<S extends SignalRecipient> {
  readonly clock: Pick<Clock, "after" | "endOfTurn" | "monotonic">;
  readonly limits: { readonly typistsCountedMax: number };
  readonly subscriptions: Subscriptions<S, HeldEvents>;
  encode(frame: GatewayFrame): EncodedFrames;
  tellNodes(topics: readonly Topic[], said: Said): void;
}

/**
 * Who types, here or on another node → `typing` frames to the other subscribers: by name where there are few
 * members, else how many, once a second. Never stored, never sent again (I20).
 */
export class TypingNotices<S extends SignalRecipient> {
  readonly #house: TypingNoticesSurroundings<S>;
  readonly #turn: Coalesce<Typing>;
  readonly #counted: Coalesce<Typists>;

  constructor(house: TypingNoticesSurroundings<S>) {
    const { typistsCountedMax } = house.limits;
    this.#house = house;
    this.#turn = new Coalesce(house.clock, { everyMs: 0, keysMax: FIXED_LIMITS.typingsPerTurnMax }, (notices) => {
      for (const notice of notices) this.#name(notice);
    });
    this.#counted = new Coalesce(house.clock, { everyMs: COUNT_APART_MS, keysMax: typistsCountedMax }, (all) => {
      for (const typists of all) this.#count(typists);
    });
  }

  /** Conversations in which typists are counted. */
  get size(): number {
    return this.#counted.size;
  }

  /** A user types here: other nodes hear of it too. */
  tell(c: ConversationId, user: UserId, members: number): void {
    this.heard({ c, user, members });
    this.#house.tellNodes([`c:${c}`], { kind: "typing", c, user, members });
  }

  /** A user types, wherever it is. */
  heard({ c, user, members }: Omit<TypingEnvelope, "kind">): void {
    if (members <= LIMITS.receiptMembersMax) this.#turn.put(`${c} ${user}`, { c, user });
    else this.#add(c, user);
  }

  stop(): void {
    this.#turn.stop();
    this.#counted.stop();
  }

  #name({ c, user }: Typing): void {
    const frame = this.#house.encode({ t: "typing", c, user });
    for (const session of this.#others(c, user)) session.signal({ c, key: null, frame });
  }

  #add(c: ConversationId, user: UserId): void {
    const { typistsCountedMax } = this.#house.limits;
    let typists = this.#counted.get(c);
    if (typists === undefined) {
      if (this.#counted.size >= typistsCountedMax) return;
      typists = { c, users: new Map(), news: false };
    }
    if (!typists.users.delete(user) && typists.users.size >= typistsCountedMax) return;
    typists.users.set(user, this.#house.clock.monotonic());
    typists.news = true;
    this.#counted.put(c, typists);
  }

  /** Tells how many, if that is news; goes on looking until all have stopped. */
  #count(typists: Typists): void {
    const { c, users, news } = typists;
    const since = this.#house.clock.monotonic() - LIMITS.typingShownMs;
    for (const [user, at] of users) {
      if (at > since) break;
      users.delete(user);
    }
    const conversation = this.#house.subscriptions.of(c);
    if (users.size === 0 || conversation === undefined) return;
    typists.news = false;
    this.#counted.put(c, typists);
    if (!news) return;
    // Nobody is told of themselves: two renderings serve all.
    const all = this.#signal(c, users.size);
    const butOne = users.size > 1 ? this.#signal(c, users.size - 1) : null;
    for (const { session, active } of conversation.sessions.values()) {
      const signal = users.has(session.user) ? butOne : all;
      if (active && signal !== null) session.signal(signal);
    }
  }

  #signal(c: ConversationId, count: number): Signal {
    return { c, key: null, frame: this.#house.encode({ t: "typing", c, count }) };
  }

  *#others(c: ConversationId, user: UserId): Iterable<S> {
    for (const { session, active } of this.#house.subscriptions.of(c)?.sessions.values() ?? []) {
      if (active && session.user !== user) yield session;
    }
  }
}
