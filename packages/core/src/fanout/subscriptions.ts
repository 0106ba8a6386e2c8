import { ChatError, type ConversationId, type Epoch, type UserId } from "@earshot/protocol";

/** Neighbouring events of one conversation, as a subscription holds them back. */
export interface HeldEvents {
  readonly epoch: Epoch;
  readonly events: readonly { readonly row: { readonly seq: number } }[];
}

/** A session that subscribes. */
export interface Subscriber {
  readonly user: UserId;
}

/** From where on a subscription hears of what happens. */
export interface SubscribedFrom {
  readonly epoch: Epoch;
  readonly head: number;
}

/** What a subscription was not told while it was being opened. */
export interface Missed<Events> {
  /** In the order they came; they may begin at or below the head. */
  readonly events: readonly Events[];
  /** More came than may be held: the client has to read them. */
  readonly lost: boolean;
}

/** One session's interest in one conversation. */
export interface Subscription<S, Events> {
  readonly session: S;
  readonly c: ConversationId;
  /** false: the store has not said yet whether, and from where on. */
  active: boolean;
  /** Those who are opening it and have not been answered. */
  openings: number;
  held: Events[];
  heldEvents: number;
  lost: boolean;
  /** Seq of the user's latest removal that passed meanwhile; 0: none. */
  removedAt: number;
}

/** Highest watermarks that subscribers here were told of a user. */
export interface Told {
  delivered: number;
  read: number;
}

/** A conversation that somebody on this node subscribed to. */
export interface SubscribedConversation<S, Events> {
  epoch: Epoch | null;
  readonly sessions: Map<S, Subscription<S, Events>>;
  readonly told: Map<UserId, Told>;
}

/**
 * Conversation → sessions of this node that subscribed to it. A subscription is opened in two steps
 * around the reading of the user's rights, and holds back what comes in between, so that neither an
 * event nor a removal can slip through (I17).
 */
export class Subscriptions<S extends Subscriber, Events extends HeldEvents> {
  readonly #conversations = new Map<ConversationId, SubscribedConversation<S, Events>>();
  readonly #sessions = new Map<S, Map<ConversationId, Subscription<S, Events>>>();
  readonly #limits: { readonly subscriptionsMax: number; readonly subscribingEventsMax: number };

  constructor(limits: { readonly subscriptionsMax: number; readonly subscribingEventsMax: number }) {
    this.#limits = limits;
  }

  /** Subscriptions of all sessions. */
  get size(): number {
    let size = 0;
    for (const subscriptions of this.#sessions.values()) size += subscriptions.size;
    return size;
  }

  /** Who subscribed, if anybody did. */
  of(c: ConversationId): SubscribedConversation<S, Events> | undefined {
    return this.#conversations.get(c);
  }

  /** Users other than this one with a session that subscribed, one for each session. */
  *beside(c: ConversationId, user: UserId): Iterable<UserId> {
    for (const session of this.of(c)?.sessions.keys() ?? []) if (session.user !== user) yield session.user;
  }

  /** How many conversations the session subscribed to. */
  countOf(session: S): number {
    return this.#sessions.get(session)?.size ?? 0;
  }

  /** Begins a subscription, before rights are read; or joins one that stands already. Throws `too_large` over the bound. */
  open(session: S, c: ConversationId): Subscription<S, Events> {
    const own = this.#sessions.get(session) ?? new Map<ConversationId, Subscription<S, Events>>();
    let subscription = own.get(c);
    if (subscription === undefined) {
      const { subscriptionsMax } = this.#limits;
      if (own.size >= subscriptionsMax) {
        throw new ChatError("too_large", `unable to subscribe; a session may hold ${subscriptionsMax} subscriptions`);
      }
      subscription = {
        session,
        c,
        active: false,
        openings: 0,
        held: [],
        heldEvents: 0,
        lost: false,
        removedAt: 0,
      };
      own.set(c, subscription);
      this.#sessions.set(session, own);
      this.#add(subscription);
    }
    subscription.openings++;
    return subscription;
  }

  /** The store could not say, or says that the user is no member: what was begun is given up. */
  abandon(subscription: Subscription<S, Events>): void {
    subscription.openings--;
    if (!subscription.active && subscription.openings === 0) this.end(subscription.session, subscription.c);
  }

  /**
   * The store has said from where on. Gives what was held back; null: the subscription has ended, since
   * the user was removed meanwhile, or left, or gave it up.
   */
  activate(subscription: Subscription<S, Events>, from: SubscribedFrom): Missed<Events> | null {
    subscription.openings--;
    if (!this.#stands(subscription)) return null;
    if (subscription.removedAt > from.head) {
      this.end(subscription.session, subscription.c);
      return null;
    }
    const conversation = this.#conversations.get(subscription.c);
    if (conversation !== undefined && conversation.epoch !== from.epoch) {
      // Another life of the log, another count.
      if (conversation.epoch !== null) conversation.told.clear();
      conversation.epoch = from.epoch;
    }
    const { held, lost } = subscription;
    Object.assign(subscription, { active: true, held: [], heldEvents: 0, lost: false });
    return { events: held, lost };
  }

  /** Keeps events for a subscription that is being opened. */
  hold(subscription: Subscription<S, Events>, events: Events): void {
    if (subscription.lost) return;
    subscription.held.push(events);
    subscription.heldEvents += events.events.length;
    if (subscription.heldEvents <= this.#limits.subscribingEventsMax) return;
    Object.assign(subscription, { held: [], heldEvents: 0, lost: true });
  }

  end(session: S, c: ConversationId): void {
    const own = this.#sessions.get(session);
    if (own === undefined || !own.delete(c)) return;
    if (own.size === 0) this.#sessions.delete(session);
    this.#remove(session, c);
  }

  /** The session has ended. */
  leave(session: S): void {
    const own = this.#sessions.get(session);
    if (own === undefined) return;
    this.#sessions.delete(session);
    for (const c of own.keys()) this.#remove(session, c);
  }

  /**
   * A user, who has these sessions here, was removed with event `seq`. A subscription that is being
   * opened decides by the rights it reads.
   */
  removed(c: ConversationId, user: UserId, sessions: Iterable<S>, seq: number): void {
    const conversation = this.#conversations.get(c);
    if (conversation === undefined) return;
    conversation.told.delete(user);
    for (const session of sessions) {
      const subscription = conversation.sessions.get(session);
      if (subscription?.active) this.end(session, c);
      else if (subscription !== undefined) subscription.removedAt = Math.max(subscription.removedAt, seq);
    }
  }

  /** The conversation is no more. */
  gone(c: ConversationId): void {
    for (const session of [...(this.#conversations.get(c)?.sessions.keys() ?? [])]) this.end(session, c);
  }

  #stands(subscription: Subscription<S, Events>): boolean {
    return this.#sessions.get(subscription.session)?.get(subscription.c) === subscription;
  }

  #add(subscription: Subscription<S, Events>): void {
    const known = this.#conversations.get(subscription.c);
    if (known !== undefined) {
      known.sessions.set(subscription.session, subscription);
      return;
    }
    const sessions = new Map([[subscription.session, subscription]]);
    this.#conversations.set(subscription.c, { epoch: null, sessions, told: new Map() });
  }

  #remove(session: S, c: ConversationId): void {
    const conversation = this.#conversations.get(c);
    conversation?.sessions.delete(session);
    if (conversation?.sessions.size === 0) this.#conversations.delete(c);
  }
}
