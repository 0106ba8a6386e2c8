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
import { type Audience, type Audiences, memberChanges } from "./audience.ts";

export interface FannedEvent {
  readonly row: EventRow;
  readonly rowText: string;
  readonly frame: EncodedFrames;
}

/** Neighbouring events of one conversation, encoded once for all who get them. */
export interface FannedEvents {
  readonly c: ConversationId;
  readonly epoch: Epoch;
  readonly events: readonly FannedEvent[];
  readonly joined: EncodedFrames;
}

/** One session on this node. */
export interface Recipient {
  deliver(events: FannedEvents): void;
  /** Sends an uncounted frame behind the events that were delivered before it. */
  follow(frames: EncodedFrames): void;
}

/** Events in seq order, with the session that each came from, if it is on this node. */
export interface FanoutArrival {
  readonly c: ConversationId;
  readonly epoch: Epoch;
  readonly rows: readonly EventRow[];
  /** After the last row; 0: not known. */
  readonly membersVersion: number;
  readonly origins?: readonly (object | null)[];
}

export interface FanoutSurroundings {
  readonly audiences: Audiences;
  readonly clock: Pick<Clock, "after">;
  readonly logger: Logger;
  sessionsOf(user: UserId): Iterable<Recipient>;
  encodeEvents(c: ConversationId, epoch: Epoch, rows: readonly EventRow[]): FannedEvents;
  encode(frame: GatewayFrame): EncodedFrames;
  /** Keeps events for those who come back soon. */
  remember(events: FannedEvents): void;
}

/** Wait before members are read again when the store could not answer. */
const READ_AGAIN_MS = 1_000;

/**
 * One arrival → frames for the sessions of its members on this node. Encodes once, never waits for a
 * session, and gives each member exactly the events that they are a member at (I17): a removed one
 * the removal itself and then `gone`, a new one nothing from before.
 */
export class Fanout {
  readonly #house: FanoutSurroundings;
  /** Conversations whose member list is being read: what arrives meanwhile waits behind it. */
  readonly #behind = new Map<ConversationId, FanoutArrival[]>();

  constructor(house: FanoutSurroundings) {
    this.#house = house;
  }

  deliver(arrival: FanoutArrival): void {
    const waiting = this.#behind.get(arrival.c);
    if (waiting !== undefined) {
      waiting.push(arrival);
      return;
    }
    const audience = this.#audienceBefore(arrival);
    if (audience !== null) this.#send(arrival, audience);
    else void this.#readThenSend(arrival);
  }

  /** The list as of the arrival's first event, if it is remembered. */
  #audienceBefore({ c, rows, membersVersion }: FanoutArrival): Audience | null {
    return this.#house.audiences.at(c, membersVersion - changesIn(rows));
  }

  async #readThenSend(first: FanoutArrival): Promise<void> {
    const queue: FanoutArrival[] = [first];
    this.#behind.set(first.c, queue);
    for (let arrival = queue.shift(); arrival !== undefined; arrival = queue.shift()) {
      const audience = this.#audienceBefore(arrival) ?? (await this.#read(arrival));
      if (audience === null) break;
      this.#send(arrival, audience);
    }
    this.#behind.delete(first.c);
  }

  /** Reads the list, as often as it takes: what was stored has to be told. null: the store is closed. */
  async #read({ c, rows, membersVersion }: FanoutArrival): Promise<Audience | null> {
    for (;;) {
      try {
        return await this.#house.audiences.read(c, membersVersion, changesIn(rows) > 0);
      } catch (error) {
        if (isChatError(error) && error.code === "closed") return null;
        this.#house.logger.warn({ c }, "unable to read members; trying again");
        await new Promise<void>((resolve) => this.#house.clock.after(READ_AGAIN_MS, resolve));
      }
    }
  }

  #send(arrival: FanoutArrival, audience: Audience): void {
    const { c, epoch, rows } = arrival;
    const all = this.#house.encodeEvents(c, epoch, rows);
    this.#house.remember(all);
    let from = 0;
    for (const [index, row] of rows.entries()) {
      if (row.type !== "member") continue;
      this.#deliver(arrival, all, from, index, audience, audience.users);
      from = index + 1;
      this.#change(arrival, all, index, audience);
    }
    this.#deliver(arrival, all, from, rows.length, audience, audience.users);
  }

  /** A `member` event goes to who was there before it and who is after it. */
  #change(arrival: FanoutArrival, all: FannedEvents, index: number, audience: Audience): void {
    const row = all.events[index]?.row;
    if (row === undefined) return;
    const changes = memberChanges(row);
    const concerned = new Set(audience.users);
    for (const [user] of changes) concerned.add(user);
    this.#deliver(arrival, all, index, index + 1, audience, concerned);
    // A list that was read from the store is as of later, and knows already.
    if (audience.version < arrival.membersVersion) this.#house.audiences.apply(audience, row);
    const gone = this.#house.encode({ t: "events", c: arrival.c, gone: true });
    for (const [user, role] of changes) {
      if (role !== null || audience.users.has(user)) continue;
      for (const session of this.#house.sessionsOf(user)) session.follow(gone);
    }
  }

  #deliver(
    arrival: FanoutArrival,
    all: FannedEvents,
    from: number,
    to: number,
    audience: Audience,
    users: Iterable<UserId>,
  ): void {
    if (from >= to) return;
    const part = from === 0 && to === all.events.length ? all : joined(all, all.events.slice(from, to));
    const origins = arrival.origins?.slice(from, to);
    const own = origins === undefined || origins.every((origin) => origin === null) ? null : origins;
    const last = part.events.at(-1)?.row.seq ?? 0;
    for (const user of users) {
      const since = audience.since?.get(user) ?? 0;
      if (since > last) continue;
      for (const session of this.#house.sessionsOf(user)) {
        const share = shareOf(session, part, own, since);
        if (share !== null) session.deliver(share);
      }
    }
  }
}

function changesIn(rows: readonly EventRow[]): number {
  return rows.reduce((sum, row) => sum + (row.type === "member" ? 1 : 0), 0);
}

/** Without what the session sent itself (`sent` tells it) and what came before the user did. */
function shareOf(
  session: object,
  part: FannedEvents,
  origins: readonly (object | null)[] | null,
  since: number,
): FannedEvents | null {
  const first = part.events[0]?.row.seq ?? 0;
  if (since <= first && (origins === null || !origins.includes(session))) return part;
  const events = part.events.filter((event, index) => event.row.seq >= since && origins?.[index] !== session);
  return events.length === 0 ? null : joined(part, events);
}

function joined(whole: FannedEvents, events: readonly FannedEvent[]): FannedEvents {
  const only = events.length === 1 ? events[0] : undefined;
  const frames: EncodedFrames = only?.frame ?? {
    texts: events.flatMap((event) => event.frame.texts),
    bytes: events.reduce((sum, event) => sum + event.frame.bytes, 0),
    prepared: null,
  };
  return { c: whole.c, epoch: whole.epoch, events, joined: frames };
}
