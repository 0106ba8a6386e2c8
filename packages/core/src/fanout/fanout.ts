import {
  type ConversationId,
  type Epoch,
  type EventRow,
  type GatewayFrame,
  isChatError,
  type UserId,
} from "@earshot/protocol";
import type { Clock } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { EncodedFrames } from "../ports/transport.ts";
import { type Audience, type Audiences, memberChanges, namedBy } from "./audience.ts";
import { type FannedEvents, type Origins, originsOf, shareOf, slice } from "./fanned-events.ts";
import type { Modes } from "./modes.ts";
import type { Subscriptions } from "./subscriptions.ts";
import { WaitingArrivals } from "./waiting-arrivals.ts";

/** One session on this node. */
export interface Recipient {
  readonly user: UserId;
  deliver(events: FannedEvents): void;
  /** The conversation is no longer the user's: `frames` say so, behind the events that were delivered before. */
  lose(c: ConversationId, frames: EncodedFrames): void;
}

/** Events in seq order, with the session that each came from, if it is on this node. */
export interface FanoutArrival {
  readonly c: ConversationId;
  readonly epoch: Epoch;
  readonly rows: readonly EventRow[];
  /** After the last row; 0: not known. */
  readonly membersVersion: number;
  readonly origins?: Origins;
}

export interface FanoutSurroundings<S extends Recipient> {
  readonly audiences: Audiences;
  readonly modes: Modes;
  readonly subscriptions: Subscriptions<S, FannedEvents>;
  readonly clock: Pick<Clock, "after">;
  readonly logger: Logger;
  readonly limits: { readonly heldEventsMax: number };
  sessionsOf(user: UserId): Iterable<S>;
  encodeEvents(c: ConversationId, epoch: Epoch, rows: readonly EventRow[]): FannedEvents;
  encode(frame: GatewayFrame): EncodedFrames;
  /** Keeps events for those who come back soon. */
  remember(events: FannedEvents): void;
  /** Forgets them: nobody may have them any longer. */
  forget(c: ConversationId): void;
  /** Told of users that were removed from a conversation; null: it was removed itself. */
  left(c: ConversationId, users: readonly UserId[] | null): void;
}

/** Whom events go to: the members of a `push` conversation, the subscribers of a `pull` one, nobody. */
type Reach = Audience | "pull" | "gone";

/** Wait before the store is asked again when it could not answer. */
const READ_AGAIN_MS = 1_000;

/**
 * One arrival → frames for sessions on this node: its members' in a `push` conversation, its
 * subscribers' in a `pull` one, whose members are never looked at. Encodes once, never waits for a
 * session, and gives each member exactly the events that they are a member at (I17): a removed one the
 * removal itself and then `gone`, a new one nothing from before.
 */
export class Fanout<S extends Recipient> {
  readonly #house: FanoutSurroundings<S>;
  /** Conversations of which the store is asked: what arrives meanwhile waits behind it. */
  readonly #behind = new Map<ConversationId, WaitingArrivals<FanoutArrival>>();

  constructor(house: FanoutSurroundings<S>) {
    this.#house = house;
  }

  deliver(arrival: FanoutArrival): void {
    const waiting = this.#behind.get(arrival.c);
    if (waiting !== undefined) {
      const dropped = waiting.push(arrival);
      if (dropped > 0) this.#house.logger.warn({ c: arrival.c, dropped }, "too many events wait; clients read them");
      return;
    }
    const reach = this.#reach(arrival);
    if (reach !== null) this.#send(arrival, reach);
    else void this.#readThenSend(arrival);
  }

  /** The conversation was removed, for all: its members' sessions are told, and nothing of it is kept. */
  gone(c: ConversationId, members: Iterable<UserId>): void {
    const { audiences, modes, subscriptions, sessionsOf, encode, forget } = this.#house;
    modes.gone(c);
    // With those who left it unheard, or whom the store could not name.
    const users = new Set([...members, ...audiences.forget(c)]);
    for (const { user } of subscriptions.of(c)?.sessions.keys() ?? []) users.add(user);
    subscriptions.gone(c);
    forget(c);
    this.#house.left(c, null);
    const frames = encode({ t: "events", c, gone: true });
    for (const user of users) for (const session of sessionsOf(user)) session.lose(c, frames);
  }

  /** Whom the arrival goes to, as of its first event, if that is remembered. */
  #reach({ c, rows, membersVersion }: FanoutArrival): Reach | null {
    const mode = this.#house.modes.of(c, rows);
    if (mode !== "push") return mode ?? null;
    return this.#house.audiences.at(c, membersVersion - changesIn(rows));
  }

  async #readThenSend(first: FanoutArrival): Promise<void> {
    const { c } = first;
    const waiting = new WaitingArrivals<FanoutArrival>(this.#house.limits.heldEventsMax);
    this.#behind.set(c, waiting);
    for (let arrival: FanoutArrival | undefined = first; arrival !== undefined; arrival = waiting.shift()) {
      const removed = waiting.takeRemoved();
      const reach = this.#reach(arrival) ?? (await this.#read(arrival));
      if (reach === null) break;
      for (const [user, seq] of removed)
        if (typeof reach === "string" || !reach.users.has(user)) this.#remove(c, seq, [user]);
      this.#send(arrival, reach);
    }
    this.#behind.delete(c);
  }

  /** Asks the store, as often as it takes: what was stored has to be told. null: it is closed. */
  async #read({ c, rows, membersVersion }: FanoutArrival): Promise<Reach | null> {
    const { audiences, modes, clock, logger } = this.#house;
    for (;;) {
      try {
        const mode = modes.of(c, rows) ?? (await modes.read(c));
        return mode === "push" ? await audiences.read(c, membersVersion, changesIn(rows) > 0) : mode;
      } catch (error) {
        if (isChatError(error) && error.code === "closed") return null;
        logger.warn({ c }, "unable to read whom an event is for; trying again");
        await new Promise<void>((resolve) => clock.after(READ_AGAIN_MS, resolve));
      }
    }
  }

  #send(arrival: FanoutArrival, reach: Reach): void {
    const { c, epoch, rows } = arrival;
    // It may have been removed while the store was asked.
    if (reach === "gone" || this.#house.modes.of(c, rows) === "gone") return;
    const all = this.#house.encodeEvents(c, epoch, rows);
    this.#house.remember(all);
    const pull = reach === "pull";
    let from = 0;
    for (const [index, row] of rows.entries()) {
      if (row.type !== "member" && !(pull && namedBy(row).length > 0)) continue;
      this.#deliver(arrival, all, from, index, reach);
      from = index + 1;
      if (pull) this.#name(arrival, all, index);
      else this.#change(arrival, all, index, reach);
    }
    this.#deliver(arrival, all, from, rows.length, reach);
  }

  #deliver(arrival: FanoutArrival, all: FannedEvents, from: number, to: number, reach: Audience | "pull"): void {
    if (from >= to) return;
    const part = slice(all, from, to);
    const origins = originsOf(arrival.origins, from, to);
    if (reach === "pull") this.#toSubscribers(part, origins, null);
    else this.#toMembers(part, origins, reach, reach.users);
  }

  // ---- push

  #toMembers(part: FannedEvents, origins: Origins, audience: Audience, users: Iterable<UserId>): void {
    const last = part.events.at(-1)?.row.seq ?? 0;
    for (const user of users) {
      const since = audience.since?.get(user) ?? 0;
      if (since > last) continue;
      for (const session of this.#house.sessionsOf(user)) {
        const share = shareOf(session, part, origins, since);
        if (share !== null) session.deliver(share);
      }
    }
  }

  /** A `member` event goes to who was there before it and who is after it. */
  #change(arrival: FanoutArrival, all: FannedEvents, index: number, audience: Audience): void {
    const row = all.events[index]?.row;
    if (row === undefined) return;
    const changes = memberChanges(row);
    const concerned = new Set(audience.users);
    for (const [user] of changes) concerned.add(user);
    this.#toMembers(slice(all, index, index + 1), originsOf(arrival.origins, index, index + 1), audience, concerned);
    // A list that was read from the store is as of later, and knows already.
    if (audience.version < arrival.membersVersion) this.#house.audiences.apply(audience, row);
    const removed = changes.filter(([user, role]) => role === null && !audience.users.has(user));
    this.#remove(
      arrival.c,
      row.seq,
      removed.map(([user]) => user),
    );
  }

  // ---- pull

  /** Subscribers that were told already are in `but`. */
  #toSubscribers(part: FannedEvents, origins: Origins, but: ReadonlySet<S> | null): void {
    const { subscriptions } = this.#house;
    for (const subscription of subscriptions.of(part.c)?.sessions.values() ?? []) {
      const { session, active } = subscription;
      if (but?.has(session)) continue;
      const share = shareOf(session, part, origins, 0);
      if (share === null) continue;
      if (active) session.deliver(share);
      else subscriptions.hold(subscription, share);
    }
  }

  /** An event that names members goes to them too, whether they subscribed or not. */
  #name(arrival: FanoutArrival, all: FannedEvents, index: number): void {
    const part = slice(all, index, index + 1);
    const row = part.events[0]?.row;
    if (row === undefined) return;
    // Who is named twice is what the last naming says.
    const named = new Map(namedBy(row));
    const told = new Set<S>();
    for (const user of named.keys()) {
      for (const session of this.#house.sessionsOf(user)) {
        told.add(session);
        session.deliver(part);
      }
    }
    this.#toSubscribers(part, null, told);
    this.#remove(
      arrival.c,
      row.seq,
      [...named].filter(([, role]) => role === null).map(([user]) => user),
    );
  }

  // ---- both

  /** Users that event `seq` removed: it was the last thing they were told, but for `gone`. */
  #remove(c: ConversationId, seq: number, users: readonly UserId[]): void {
    if (users.length === 0) return;
    const { subscriptions, sessionsOf, encode } = this.#house;
    this.#house.left(c, users);
    const frames = encode({ t: "events", c, gone: true });
    for (const user of users) {
      const sessions = sessionsOf(user);
      subscriptions.removed(c, user, sessions, seq);
      for (const session of sessions) session.lose(c, frames);
    }
  }
}

function changesIn(rows: readonly EventRow[]): number {
  return rows.reduce((sum, row) => sum + (row.type === "member" ? 1 : 0), 0);
}
