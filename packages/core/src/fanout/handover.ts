import type { ConversationId, Epoch, EventRow, GatewayFrame, UserId } from "@earshot/protocol";
import type { EncodedFrames } from "../ports/transport.ts";
import { type Audience, type Audiences, memberChanges, namedBy } from "./audience.ts";
import { type FannedEvents, type Origins, originsOf, shareOf } from "./fanned-events.ts";
import { LegEvents } from "./leg-events.ts";
import { changesIn, type Leg } from "./legs.ts";
import { holds, type Subscriptions } from "./subscriptions.ts";

/** One session on this node. */
export interface Recipient {
  readonly user: UserId;
  deliver(events: FannedEvents): void;
  /** The conversation is no longer the user's: `frames` say so, behind the events that were delivered before. */
  lose(c: ConversationId, frames: EncodedFrames): void;
}

export interface HandoverSurroundings<S extends Recipient> {
  readonly audiences: Audiences;
  readonly subscriptions: Subscriptions<S, FannedEvents>;
  readonly limits: { readonly fanoutSliceSessionsMax: number };
  sessionsOf(user: UserId): Iterable<S>;
  encodeEvents(c: ConversationId, epoch: Epoch, rows: readonly EventRow[]): FannedEvents;
  encode(frame: GatewayFrame): EncodedFrames;
  /** Somebody here is told: keeps events for those who come back soon. */
  remember(events: FannedEvents): void;
  /** Nobody here is told, so that nothing is encoded: what is kept from before would have a hole. */
  unheard(c: ConversationId): void;
  /** Up to which seq the session has the log, or reads it for itself; 0: it is told everything. */
  readTo(session: S, c: ConversationId, epoch: Epoch): number;
  /** As of which seq the store said that the session's user is a member; 0: nobody asked. */
  rightsAt(session: S, c: ConversationId, epoch: Epoch): number;
  /** Told of users that were removed from a conversation; null: it was removed itself. */
  left(c: ConversationId, users: readonly UserId[] | null): void;
}

/** Work of which each step hands events to so many sessions as one turn may take. */
export type Steps = Generator<void, void, undefined>;

/**
 * One leg → frames for sessions on this node: its members' in `push`, its subscribers' in `pull`, whose members are
 * never looked at. Encodes once, never waits for a session, and gives each
 * member exactly the events that they are a member at (I17): a removed one the removal itself and then `gone`, a new
 * one nothing from before.
 */
export class Handover<S extends Recipient> {
  readonly #house: HandoverSurroundings<S>;
  /** Sessions that may still be handed to in this step. */
  #left = 0;

  constructor(house: HandoverSurroundings<S>) {
    this.#house = house;
  }

  /** `reach`: the members as of before the leg's first event, unless it goes to subscribers alone. `removed`: who was removed before it, unheard, and with which seq. */
  *steps(leg: Leg, reach: Audience | "pull", removed: ReadonlyMap<UserId, number>): Steps {
    const { c, epoch, rows } = leg;
    this.#left = this.#house.limits.fanoutSliceSessionsMax;
    for (const [user, seq] of removed) {
      if (reach === "pull" || !reach.users.has(user)) yield* this.#remove(leg, seq, [user]);
    }
    const all = new LegEvents(c, epoch, rows, () => this.#encoded(leg));
    const pull = reach === "pull";
    let from = 0;
    for (const [index, row] of rows.entries()) {
      if (row.type !== "member" && !(pull && namedBy(row).length > 0)) continue;
      yield* this.#deliver(leg, all, from, index, reach);
      from = index + 1;
      if (pull) yield* this.#name(leg, all, index);
      else yield* this.#change(leg, all, index, reach);
    }
    yield* this.#deliver(leg, all, from, rows.length, reach);
    if (!all.isEncoded) this.#house.unheard(c);
  }

  /** Somebody here is to be told. */
  #encoded({ c, epoch, rows }: Leg): FannedEvents {
    const { encodeEvents, remember } = this.#house;
    const events = encodeEvents(c, epoch, rows);
    remember(events);
    return events;
  }

  *#deliver(leg: Leg, all: LegEvents, from: number, to: number, reach: Audience | "pull"): Steps {
    if (from >= to) return;
    const part = all.part(from, to);
    const origins = originsOf(leg.origins, from, to);
    if (reach === "pull") yield* this.#toSubscribers(part, origins, () => false);
    else yield* this.#toMembers(part, origins, reach, reach.users);
  }

  // ---- push

  *#toMembers(part: LegEvents, origins: Origins, audience: Audience, users: Iterable<UserId>): Steps {
    const last = part.rows.at(-1)?.seq ?? 0;
    for (const user of users) {
      const since = audience.since?.get(user) ?? 0;
      if (since > last) continue;
      for (const session of this.#house.sessionsOf(user)) {
        const share = shareOf(session, part.encoded, origins, Math.max(since, this.#newsFrom(session, part)));
        if (share === null) continue;
        if (this.#left-- === 0) yield* this.#nextTurn();
        this.#hand(session, share);
      }
    }
  }

  /** A `member` event goes to who was there before it and who is after it. */
  *#change(leg: Leg, all: LegEvents, index: number, audience: Audience): Steps {
    const row = leg.rows[index];
    if (row === undefined) return;
    const changes = memberChanges(row);
    const concerned = new Set(audience.users);
    for (const [user] of changes) concerned.add(user);
    const part = all.part(index, index + 1);
    yield* this.#toMembers(part, originsOf(leg.origins, index, index + 1), audience, concerned);
    // A list that was read from the store is as of later, and knows already.
    if (audience.version < leg.membersVersion) this.#house.audiences.apply(audience, row);
    const removed = changes.filter(([user, role]) => role === null && !audience.users.has(user));
    yield* this.#remove(
      leg,
      row.seq,
      removed.map(([user]) => user),
    );
  }

  // ---- pull

  *#toSubscribers(part: LegEvents, origins: Origins, isTold: (session: S) => boolean): Steps {
    const { subscriptions } = this.#house;
    // Who comes while it is handed over finds it in the log.
    for (const subscription of [...(subscriptions.of(part.c)?.sessions.values() ?? [])]) {
      const { session } = subscription;
      if (isTold(session)) continue;
      if (this.#left-- === 0) yield* this.#nextTurn();
      if (!subscriptions.stands(subscription)) continue;
      const { active, from } = subscription;
      const share = shareOf(session, part.encoded, origins, active && from?.epoch === part.epoch ? from.head + 1 : 0);
      if (share === null) continue;
      if (active) session.deliver(share);
      else for (const events of subscriptions.hold(subscription, share, false)) session.deliver(events);
    }
  }

  /** An event that names members goes to them too, whether they subscribed or not. */
  *#name(leg: Leg, all: LegEvents, index: number): Steps {
    const { audiences, sessionsOf } = this.#house;
    const part = all.part(index, index + 1);
    const row = leg.rows[index];
    if (row === undefined) return;
    // Who is named twice is what the last naming says.
    const named = new Map(namedBy(row));
    const told = new Set<S>();
    for (const user of named.keys()) {
      for (const session of sessionsOf(user)) {
        if (this.#left-- === 0) yield* this.#nextTurn();
        told.add(session);
        if (this.#newsFrom(session, part) <= row.seq) this.#hand(session, part.encoded);
      }
    }
    yield* this.#toSubscribers(part, null, (session) => told.has(session));
    if (leg.membersVersion > 0) {
      const membersVersion = leg.membersVersion - changesIn(leg.rows.slice(index + 1));
      audiences.follow(leg.c, row, { epoch: leg.epoch, membersVersion });
    }
    const removed = [...named].filter(([, role]) => role === null);
    yield* this.#remove(
      leg,
      row.seq,
      removed.map(([user]) => user),
    );
  }

  // ---- both

  /** The first seq that a session has not read, or reads, for itself. */
  #newsFrom(session: S, { c, epoch }: LegEvents): number {
    return this.#house.readTo(session, c, epoch) + 1;
  }

  /** As of which seq the store said that the session's user is a member, by its subscription or its cursor. */
  #rightsAt(session: S, c: ConversationId, epoch: Epoch): number {
    const subscription = this.#house.subscriptions.of(c)?.sessions.get(session);
    const from = subscription?.active ? subscription.from : null;
    return Math.max(from?.epoch === epoch ? from.head : 0, this.#house.rightsAt(session, c, epoch));
  }

  /** To a session that needs no subscription for it: not before what is held for one that is being opened. */
  #hand(session: S, events: FannedEvents): void {
    const { subscriptions } = this.#house;
    const subscription = subscriptions.of(events.c)?.sessions.get(session);
    if (subscription === undefined || !holds(subscription)) session.deliver(events);
    else for (const due of subscriptions.hold(subscription, events, true)) session.deliver(due);
  }

  /** Users that event `seq` removed: it was the last thing they were told, but for `gone`. */
  *#remove({ c, epoch }: Pick<Leg, "c" | "epoch">, seq: number, removed: readonly UserId[]): Steps {
    const { subscriptions, sessionsOf, encode } = this.#house;
    for (const user of removed) subscriptions.forgetTold(c, user);
    // Who came behind it as a member again is told nothing that was over by then.
    const isBack = (session: S): boolean => this.#rightsAt(session, c, epoch) >= seq;
    const users = removed.filter((user) => {
      const sessions = [...sessionsOf(user)];
      return sessions.length === 0 || !sessions.every(isBack);
    });
    if (users.length === 0) return;
    this.#house.left(c, users);
    const frames = encode({ t: "events", c, gone: true });
    for (const user of users) {
      for (const session of sessionsOf(user)) {
        if (isBack(session)) continue;
        if (this.#left-- === 0) yield* this.#nextTurn();
        for (const events of subscriptions.removed(c, session, seq)) session.deliver(events);
        session.lose(c, frames);
      }
    }
  }

  *#nextTurn(): Steps {
    yield;
    this.#left = this.#house.limits.fanoutSliceSessionsMax - 1;
  }
}
