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

/** Events that came while a subscription was being opened. */
export interface Held<Events> {
  readonly events: Events;
  /** They are for the session whether it subscribes or not. */
  readonly unasked: boolean;
}

/** What a subscription was not told while it was being opened. */
export interface Missed<Events> {
  /** false: it has ended, since the user was removed meanwhile, or left, or gave it up. */
  readonly stands: boolean;
  /** In the order they came; they may begin at or below the head. */
  readonly held: readonly Held<Events>[];
  /** From where on the session hears of a life of the log that began while it was being opened; null: none did. */
  readonly life: SubscribedFrom | null;
  /** More came than may be held: the client has to read them. */
  readonly lost: boolean;
}

/** One session's interest in one conversation. */
export interface Subscription<S, Events> {
  readonly session: S;
  readonly c: ConversationId;
  /** false: the store has not said yet whether, and from where on. */
  active: boolean;
  /** Where the log stood when it became active: what lies up to there the client reads. */
  from: SubscribedFrom | null;
  /** It has ended, or was given up. */
  over: boolean;
  /** null: nobody is opening it any longer. */
  opening: Opening<Events> | null;
}

/** What is kept for those who are opening a subscription. */
interface Opening<Events> {
  /** How many have not been answered. */
  count: number;
  held: Held<Events>[];
  heldEvents: number;
  lost: boolean;
  /** Seq of the user's latest removal that passed meanwhile; 0: none. */
  removedAt: number;
  /** From where on the user is a member in a life of the log that began meanwhile; null: none did. */
  life: SubscribedFrom | null;
}

/** Highest watermarks that subscribers here were told of a user. */
export interface Told {
  readonly delivered: number;
  readonly read: number;
}

/** Told of conversations, by what somebody on this node subscribes to. */
export interface SubscriptionHooks {
  /** The first one begins to. */
  begun?(c: ConversationId): void;
  /** Nobody does any longer. */
  ended?(c: ConversationId): void;
}

/** A conversation that somebody on this node subscribed to. */
export interface SubscribedConversation<S, Events> {
  epoch: Epoch | null;
  readonly sessions: Map<S, Subscription<S, Events>>;
  readonly told: Map<UserId, Told>;
}

const NOTHING: readonly never[] = [];

/**
 * Conversation → sessions of this node that subscribed to it. A subscription is opened in two steps
 * around the reading of the user's rights, and holds back what comes in between, so that neither an
 * event nor a removal can slip through (I17).
 */
export class Subscriptions<S extends Subscriber, Events extends HeldEvents> {
  readonly #conversations = new Map<ConversationId, SubscribedConversation<S, Events>>();
  readonly #sessions = new Map<S, Subscription<S, Events>[]>();
  readonly #limits: { readonly subscriptionsMax: number; readonly subscribingEventsMax: number };
  readonly #hooks: SubscriptionHooks;

  constructor(
    limits: { readonly subscriptionsMax: number; readonly subscribingEventsMax: number },
    hooks: SubscriptionHooks = {},
  ) {
    this.#limits = limits;
    this.#hooks = hooks;
  }

  /** Subscriptions of all sessions. */
  get size(): number {
    let size = 0;
    for (const subscriptions of this.#sessions.values()) size += subscriptions.length;
    return size;
  }

  /** Who subscribed, if anybody did. */
  of(c: ConversationId): SubscribedConversation<S, Events> | undefined {
    return this.#conversations.get(c);
  }

  /** Those that somebody here subscribed to. */
  conversations(): Iterable<ConversationId> {
    return this.#conversations.keys();
  }

  /** Users other than this one with a session that subscribed, one for each session. */
  *beside(c: ConversationId, user: UserId): Iterable<UserId> {
    for (const session of this.of(c)?.sessions.keys() ?? []) if (session.user !== user) yield session.user;
  }

  /** How many conversations the session subscribed to. */
  countOf(session: S): number {
    return this.#sessions.get(session)?.length ?? 0;
  }

  /** Begins a subscription, before rights are read; or joins one that stands already. Throws `too_large` over the bound. */
  open(session: S, c: ConversationId): Subscription<S, Events> {
    let subscription = this.of(c)?.sessions.get(session);
    if (subscription === undefined) {
      const { subscriptionsMax } = this.#limits;
      if (this.countOf(session) >= subscriptionsMax) {
        throw new ChatError("too_large", `unable to subscribe; a session may hold ${subscriptionsMax} subscriptions`);
      }
      subscription = { session, c, active: false, from: null, over: false, opening: null };
      this.#add(subscription);
    }
    subscription.opening ??= { count: 0, held: [], heldEvents: 0, lost: false, removedAt: 0, life: null };
    subscription.opening.count++;
    return subscription;
  }

  /** The store could not say, or says that the user is no member: what was begun is given up. Gives what the session is to have all the same. */
  abandon(subscription: Subscription<S, Events>): readonly Events[] {
    const last = isLast(subscription);
    if (last && subscription.active) subscription.opening = null;
    if (!last || subscription.active || !this.stands(subscription)) return [];
    return this.end(subscription.session, subscription.c);
  }

  /** The store has said from where on. Gives what was held back. */
  activate(subscription: Subscription<S, Events>, from: SubscribedFrom): Missed<Events> {
    const { held = NOTHING, lost = false, life = null, removedAt = 0 } = subscription.opening ?? {};
    if (!this.stands(subscription)) return { stands: false, held: [], lost: false, life };
    if (removedAt > from.head) {
      this.end(subscription.session, subscription.c);
      return { stands: false, held, lost, life };
    }
    const conversation = this.#conversations.get(subscription.c);
    // What was read may be of a life that is over: what has begun meanwhile stays.
    if (conversation !== undefined && conversation.epoch !== from.epoch && life === null) {
      // Another life of the log, another count.
      if (conversation.epoch !== null) conversation.told.clear();
      conversation.epoch = from.epoch;
    }
    // Only the first time: what lay between was on its way to the session already.
    if (!subscription.active) {
      subscription.active = true;
      // Of what was read no more is kept.
      subscription.from = { epoch: from.epoch, head: from.head };
    }
    letGo(subscription);
    if (isLast(subscription)) subscription.opening = null;
    else if (subscription.opening !== null) Object.assign(subscription.opening, { lost: false, life: null });
    return { stands: true, held, lost, life };
  }

  /** Keeps events for a subscription that is being opened; `unasked`: the session is to have them anyway. Gives those of these that it is to have now, since no more are held. */
  hold(subscription: Subscription<S, Events>, events: Events, unasked: boolean): readonly Events[] {
    const { opening } = subscription;
    if (opening === null || opening.lost) return unasked ? [events] : [];
    opening.held.push({ events, unasked });
    opening.heldEvents += events.events.length;
    if (opening.heldEvents <= this.#limits.subscribingEventsMax) return [];
    opening.lost = true;
    return letGo(subscription);
  }

  /** Gives what was held and the session is to have all the same. */
  end(session: S, c: ConversationId): readonly Events[] {
    const subscription = this.of(c)?.sessions.get(session);
    if (subscription === undefined) return [];
    const others = this.#sessions.get(session)?.filter((other) => other !== subscription) ?? [];
    if (others.length > 0) this.#sessions.set(session, others);
    else this.#sessions.delete(session);
    this.#remove(subscription);
    return letGo(subscription);
  }

  /** The session has ended. */
  leave(session: S): void {
    const own = this.#sessions.get(session);
    if (own === undefined) return;
    this.#sessions.delete(session);
    for (const subscription of own) this.#remove(subscription);
  }

  /**
   * The session's user was removed with event `seq`. A subscription that is being opened decides by the rights it
   * reads. Gives what was held for it and comes before the removal's end.
   */
  removed(c: ConversationId, session: S, seq: number): readonly Events[] {
    const subscription = this.of(c)?.sessions.get(session);
    if (subscription === undefined) return [];
    if (subscription.active) return this.end(session, c);
    const { opening } = subscription;
    if (opening !== null) opening.removedAt = Math.max(opening.removedAt, seq);
    return letGo(subscription);
  }

  /** The log has begun another life, in which nothing of what was told counts. `since`: its members among those who subscribed, by the first seq that they may have. */
  anew(c: ConversationId, epoch: Epoch, since: ReadonlyMap<UserId, number>): void {
    const conversation = this.#conversations.get(c);
    if (conversation === undefined) return;
    conversation.told.clear();
    conversation.epoch = epoch;
    for (const subscription of conversation.sessions.values()) {
      const life = { epoch, head: (since.get(subscription.session.user) ?? 1) - 1 };
      if (!subscription.active) Object.assign(subscription.opening ?? {}, { removedAt: 0, life });
      else if (subscription.from?.epoch !== epoch) subscription.from = life;
    }
  }

  /** The user is no member any longer: what others were told of them is nothing that a new membership goes by. */
  forgetTold(c: ConversationId, user: UserId): void {
    this.of(c)?.told.delete(user);
  }

  /** The conversation is no more. */
  gone(c: ConversationId): void {
    for (const session of [...(this.#conversations.get(c)?.sessions.keys() ?? [])]) this.end(session, c);
  }

  /** Whether it has neither ended nor been given up. */
  stands(subscription: Subscription<S, Events>): boolean {
    return !subscription.over;
  }

  #add(subscription: Subscription<S, Events>): void {
    const own = this.#sessions.get(subscription.session);
    if (own === undefined) this.#sessions.set(subscription.session, [subscription]);
    else own.push(subscription);
    const known = this.#conversations.get(subscription.c);
    if (known !== undefined) {
      known.sessions.set(subscription.session, subscription);
      return;
    }
    const sessions = new Map([[subscription.session, subscription]]);
    this.#conversations.set(subscription.c, { epoch: null, sessions, told: new Map() });
    this.#hooks.begun?.(subscription.c);
  }

  #remove(subscription: Subscription<S, Events>): void {
    const { session, c } = subscription;
    subscription.over = true;
    const conversation = this.#conversations.get(c);
    conversation?.sessions.delete(session);
    if (conversation?.sessions.size !== 0) return;
    this.#conversations.delete(c);
    this.#hooks.ended?.(c);
  }
}

/** One who was opening it is answered. Whether it was the last. */
function isLast({ opening }: Subscription<unknown, unknown>): boolean {
  return opening === null || --opening.count === 0;
}

/** Whether something is held for it. */
export function holds({ opening }: Subscription<unknown, unknown>): boolean {
  return opening !== null && opening.held.length > 0;
}

/** Forgets what is held, and gives what of it the session is to have all the same. */
function letGo<S, Events>({ opening }: Subscription<S, Events>): readonly Events[] {
  if (opening === null) return [];
  const { held } = opening;
  opening.held = [];
  opening.heldEvents = 0;
  return held.flatMap(({ events, unasked }) => (unasked ? [events] : []));
}
