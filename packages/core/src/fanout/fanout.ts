import { type ConversationId, type Epoch, isChatError, type UserId } from "@earshot/protocol";
import type { Clock } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { Audience } from "./audience.ts";
import type { Origins } from "./fanned-events.ts";
import { Handover, type HandoverSurroundings, type Recipient, type Steps } from "./handover.ts";
import { changesIn, type FanoutArrival, type Leg, legsOf } from "./legs.ts";
import type { Modes } from "./modes.ts";
import { Slices } from "./slices.ts";
import { WaitingArrivals } from "./waiting-arrivals.ts";

export interface FanoutSurroundings<S extends Recipient> extends HandoverSurroundings<S> {
  readonly modes: Modes;
  readonly clock: Pick<Clock, "after" | "endOfTurn">;
  readonly logger: Logger;
  readonly limits: HandoverSurroundings<S>["limits"] & { readonly heldEventsMax: number };
  /** Whose sends these are, as far as is known by now and not from their commit alone. */
  origins(
    c: ConversationId,
    epoch: Epoch,
    rows: FanoutArrival["rows"],
    known: Origins | undefined,
  ): Origins | undefined;
  /** Forgets what was kept of a conversation: nobody may have it any longer. */
  forget(c: ConversationId): void;
}

/** Whom events go to: members, subscribers alone, nobody, since the conversation is gone or this life of its log is over. */
type Reach = Audience | "pull" | "gone" | "over";

/** Wait before the store is asked again when it could not answer. */
const READ_AGAIN_MS = 1_000;

/**
 * Arrivals of each conversation → their legs, one after the other, to the sessions on this node. What comes while the
 * store is asked whom a leg is for, or while it is handed over a slice a turn, waits behind it; other conversations do not.
 */
export class Fanout<S extends Recipient> {
  readonly #house: FanoutSurroundings<S>;
  readonly #handover: Handover<S>;
  readonly #slices: Slices;
  /** Conversations with something under way: what arrives meanwhile waits behind it. */
  readonly #behind = new Map<ConversationId, WaitingArrivals<Leg>>();

  constructor(house: FanoutSurroundings<S>) {
    this.#house = house;
    this.#handover = new Handover(house);
    this.#slices = new Slices(house.clock);
  }

  /** Conversations with something under way. */
  get size(): number {
    return this.#behind.size;
  }

  deliver(arrival: FanoutArrival): void {
    const { c } = arrival;
    const legs = legsOf(arrival);
    const waiting = this.#behind.get(c);
    if (waiting !== undefined) {
      this.#wait(c, waiting, legs);
      return;
    }
    for (const [index, leg] of legs.entries()) {
      const reach = this.#reach(leg);
      const rest = reach === null ? null : this.#send(leg, reach, NOBODY);
      if (reach !== null && rest === null) continue;
      void this.#later(c, rest, legs.slice(reach === null ? index : index + 1));
      return;
    }
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

  /** The log has begun another life: what is under way of the one before is for nobody. */
  anew(c: ConversationId): void {
    this.#behind.delete(c);
  }

  #wait(c: ConversationId, waiting: WaitingArrivals<Leg>, legs: readonly Leg[]): void {
    const dropped = legs.reduce((sum, leg) => sum + waiting.push(leg), 0);
    if (dropped > 0) this.#house.logger.warn({ c, dropped }, "too many events wait; clients read them");
  }

  /** Whom the leg goes to, as of its first event, if that is remembered. */
  #reach({ c, epoch, rows, way, membersVersion }: Leg): Reach | null {
    const { modes, audiences } = this.#house;
    if (modes.isGone(c)) return "gone";
    const travels = way ?? modes.of(c, epoch, rows[0]?.seq ?? 0);
    if (travels === undefined || travels === "pull") return travels ?? null;
    return audiences.at(c, { epoch, membersVersion: membersVersion - changesIn(rows) });
  }

  /** `rest`: of what was begun. */
  async #later(c: ConversationId, rest: Steps | null, legs: readonly Leg[]): Promise<void> {
    const waiting = new WaitingArrivals<Leg>(this.#house.limits.heldEventsMax);
    this.#behind.set(c, waiting);
    this.#wait(c, waiting, legs);
    const goesOn = (): boolean => this.#behind.get(c) === waiting;
    let over: Epoch | null = null;
    if (rest !== null) await this.#finish(c, rest, goesOn);
    while (goesOn()) {
      const leg = waiting.shift();
      if (leg === undefined) break;
      const removed = waiting.takeRemoved();
      // Of the rest of that life it may be remembered how it travelled.
      if (leg.epoch === over) continue;
      const reach = this.#reach(leg) ?? (await this.#read(leg, goesOn));
      if (reach === null || !goesOn()) break;
      if (reach === "over") over = leg.epoch;
      const steps = this.#send(leg, reach, removed);
      if (steps !== null) await this.#finish(c, steps, goesOn);
    }
    if (goesOn()) this.#behind.delete(c);
  }

  /** Asks the store, as often as it takes: what was stored has to be told. null: it is closed, or nobody waits for it. */
  async #read({ c, epoch, rows, way, membersVersion }: Leg, goesOn: () => boolean): Promise<Reach | null> {
    const { audiences, modes, clock, logger } = this.#house;
    const [first, head] = [rows[0]?.seq ?? 0, rows.at(-1)?.seq ?? 0];
    while (goesOn()) {
      try {
        const travels = way ?? modes.of(c, epoch, first) ?? (await modes.read(c, { epoch, head }));
        if (travels !== "push") return travels;
        return await audiences.read(c, { epoch, membersVersion }, changesIn(rows) > 0);
      } catch (error) {
        if (isChatError(error) && error.code === "closed") return null;
        logger.warn({ c }, "unable to read whom an event is for; trying again");
        await new Promise<void>((resolve) => clock.after(READ_AGAIN_MS, resolve));
      }
    }
    return null;
  }

  /** Hands the leg over, as far as one turn may. Gives what is left to do; null: nothing. */
  #send(leg: Leg, reach: Reach, removed: ReadonlyMap<UserId, number>): Steps | null {
    const { c, epoch, rows, after } = leg;
    const { modes, origins } = this.#house;
    // It may have been removed while the store was asked.
    if (reach === "gone" || reach === "over" || modes.isGone(c)) return null;
    modes.learn(c, after ?? (reach === "pull" ? "pull" : "push"), { epoch, head: rows.at(-1)?.seq ?? 0 });
    // Only now: while it waited, its sender may have been told by the answer to a repeat.
    const from = origins(c, epoch, rows, leg.origins);
    const steps = this.#handover.steps(from === undefined ? leg : { ...leg, origins: from }, reach, removed);
    return steps.next().done ? null : steps;
  }

  async #finish(c: ConversationId, steps: Steps, stands: () => boolean): Promise<void> {
    try {
      await this.#slices.run({ steps, goesOn: () => stands() && !this.#house.modes.isGone(c) });
    } catch (error) {
      const name = error instanceof Error ? error.name : typeof error;
      this.#house.logger.error({ c, name }, "unable to hand an event to all; clients read it");
    }
  }
}

const NOBODY: ReadonlyMap<UserId, number> = new Map();
