import { type ConversationId, type Epoch, isChatError, type UserId } from "@earshot/protocol";
import { LRUCache } from "lru-cache";
import type { Clock } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { MessageStore } from "../ports/message-store.ts";
import type { EventPage } from "../ports/pages.ts";
import type { Arrival } from "./arrival.ts";
import { Gate, type GateSurroundings, type ToldHead } from "./gate.ts";
import { firstSeq } from "./split-arrival.ts";

export interface OrderGateSurroundings {
  readonly store: Pick<MessageStore, "range">;
  readonly clock: Pick<Clock, "after" | "monotonic">;
  readonly logger: Logger;
  readonly limits: { readonly heldEventsMax: number; readonly rememberedMax: number };
  /** Takes arrivals of one conversation in the order of seq, without a hole or a repeat. */
  pass(arrival: Arrival): void;
  /**
   * Another life of the log has begun (I19): what was remembered of the one before is void, and so are the rights in
   * it. Nothing of the new one passes before it resolves. Rejects as the store does: it is called again then.
   */
  anew(c: ConversationId, epoch: Epoch): Promise<void>;
  /** The store has no such conversation any more, and cannot say who its members were. */
  gone(c: ConversationId, members: readonly UserId[]): void;
}

/** A conversation's gate, and how it is read for. */
interface Watched {
  readonly gate: Gate;
  /** The reading that goes on, or went on last. */
  work: Promise<void>;
  reading: boolean;
}

/** How far a log has passed that concerns nobody here any more. */
interface Left extends Pick<Gate, "epoch" | "passed"> {
  /** How often the store had been put back by then. */
  readonly asOf: number;
}

/** Until what this node has written itself has come by itself, with whose it is. */
const GRACE_MS = 1_000;
/** Wait before the store is asked again when it could not answer. */
const READ_AGAIN_MS = 1_000;
const PAGE_ROWS = 200;
const PAGE_BYTES = 262_144;
/** No log's. */
const NO_EPOCH = "";
const DONE: Promise<void> = Promise.resolve();

/**
 * Where what this node committed meets what others tell of. Lets the events of a conversation pass in seq order,
 * once; what is early waits while the hole before it is read from the store, the truth behind the hints (I26). A
 * conversation never heard of starts with the first event that comes, or where somebody's rights were read. An
 * epoch other than the gate's is confirmed by the store first, and one that is over never comes back (I19).
 */
export class OrderGate {
  readonly #house: OrderGateSurroundings;
  readonly #gateHouse: GateSurroundings;
  readonly #gates: LRUCache<ConversationId, Watched>;
  /** How far those that concern nobody any more have passed: what tells of it late does not pass a second time. */
  readonly #left: LRUCache<ConversationId, Left>;
  /** How often the store was put back. */
  #putBacks = 0;

  constructor(house: OrderGateSurroundings) {
    this.#house = house;
    this.#gateHouse = {
      heldEventsMax: house.limits.heldEventsMax,
      monotonic: () => house.clock.monotonic(),
      pass: (arrival) => house.pass(arrival),
    };
    this.#gates = new LRUCache({ max: house.limits.rememberedMax });
    this.#left = new LRUCache({ max: house.limits.rememberedMax });
  }

  /** Conversations that it knows, those unused for longest last. */
  known(): Iterable<ConversationId> {
    return [...this.#gates.keys()];
  }

  arrive(arrival: Arrival): void {
    const { c, epoch, rows } = arrival;
    if (rows.length === 0) return;
    const watched = this.#gates.get(c) ?? this.#open(c, epoch, firstSeq(arrival) - 1, false);
    watched.gate.arrive(arrival);
    this.#work(c, watched);
  }

  /** The store says, as somebody's rights were read, where it stands: what comes above that can be noticed to be missing. */
  begin(c: ConversationId, epoch: Epoch, head: number): void {
    const watched = this.#gates.get(c);
    if (watched === undefined) this.#open(c, epoch, head, true);
    else if (watched.gate.epoch !== epoch) this.seen(c, epoch);
  }

  /** How what has passed stands to what somebody says. */
  against(told: ToldHead): "unknown" | "behind" | "even" {
    return this.#gates.peek(told.c)?.gate.against(told) ?? "unknown";
  }

  /** Somebody says where it stands. Reads what has not come. false: the conversation is not known here, and nothing was done. */
  behind(told: ToldHead): boolean {
    const watched = this.#gates.get(told.c);
    if (watched === undefined) return false;
    watched.gate.heed(told);
    this.#work(told.c, watched);
    return true;
  }

  /** A conversation that was not known: its newest event passes. */
  newest(told: ToldHead): void {
    if (!this.#gates.has(told.c)) this.#open(told.c, told.epoch, told.head - 1, false);
    this.behind(told);
  }

  /** The store was put back: asks it whether this is still the life of the log that it was. Resolves when it has answered, or failed to for now. */
  doubt(c: ConversationId): Promise<void> {
    const watched = this.#gates.peek(c) ?? this.#open(c, NO_EPOCH, 0, true);
    watched.gate.doubt();
    this.#work(c, watched);
    return watched.work;
  }

  /**
   * Whether this event, committed here, has gone on with whose send it was. false: it waits for others or for the store,
   * or came from there before its commit was known here.
   */
  passedAsOwn(c: ConversationId, epoch: Epoch, seq: number): boolean {
    return this.#gates.peek(c)?.gate.passedAsOwn(epoch, seq) === true;
  }

  /** In which life of the log what has passed was, and the version of the members behind it (0: not known); null: it is not known. */
  standing(c: ConversationId): { readonly epoch: Epoch; readonly membersVersion: number } | null {
    return this.#gates.peek(c)?.gate ?? null;
  }

  /** The life that the log is in; null: it is not known, or in doubt. */
  life(c: ConversationId): Epoch | null {
    const gate = this.#gates.peek(c)?.gate;
    return gate === undefined || gate.inDoubt || gate.epoch === NO_EPOCH ? null : gate.epoch;
  }

  /** Some part of the log was read, in that life. */
  seen(c: ConversationId, epoch: Epoch): void {
    const watched = this.#gates.peek(c);
    if (watched === undefined) return;
    watched.gate.seen(epoch);
    this.#work(c, watched);
  }

  /** Nobody here is concerned by it: how far it gets meanwhile is not followed. */
  forget(c: ConversationId): void {
    const gate = this.#gates.peek(c)?.gate;
    if (gate !== undefined && gate.passed > 0)
      this.#left.set(c, { epoch: gate.epoch, passed: gate.passed, asOf: this.#putBacks });
    this.#gates.delete(c);
  }

  /** The store was put back: of those that concern nobody it is asked whether they stand so far, once something is told of them. */
  doubtLeft(): void {
    this.#putBacks++;
  }

  /** It was removed, for all: whatever still comes of it the store has to confirm. */
  remove(c: ConversationId): void {
    this.#left.delete(c);
    this.#open(c, NO_EPOCH, 0, true);
  }

  #open(c: ConversationId, epoch: Epoch, last: number, begun: boolean): Watched {
    // Which life it is in the store says first: until then it is as left.
    const left = epoch === NO_EPOCH ? undefined : this.#left.get(c);
    const passed = epoch === NO_EPOCH ? 0 : this.#passedBefore(c, epoch, begun ? last : Number.POSITIVE_INFINITY);
    // Where somebody's rights were read (`begun`) the store has just said how far it goes.
    const doubted = !begun && passed > 0 && left?.asOf !== this.#putBacks;
    const gate = new Gate(this.#gateHouse, { epoch, last, passed, begun, doubted });
    const watched: Watched = { gate, work: DONE, reading: false };
    this.#gates.set(c, watched);
    return watched;
  }

  /** How far it has passed in this life, before it concerned nobody; 0: that is not known, or the log was put back with its old epoch and is shorter. */
  #passedBefore(c: ConversationId, epoch: Epoch, head: number): number {
    const left = this.#left.get(c);
    this.#left.delete(c);
    return left?.epoch === epoch && left.passed <= head ? left.passed : 0;
  }

  // ---- from the store

  /** Reads what is missing, one read at a time. */
  #work(c: ConversationId, watched: Watched): void {
    if (!watched.reading && watched.gate.wants) watched.work = this.#read(c, watched);
  }

  async #read(c: ConversationId, watched: Watched): Promise<void> {
    watched.reading = true;
    const { gate } = watched;
    try {
      while (gate.wants && this.#stands(c, gate)) {
        if (gate.inDoubt) await this.#confirm(c, watched);
        else await this.#readOn(c, gate);
      }
      watched.reading = false;
    } catch (error) {
      if (isChatError(error) && error.code === "closed") return;
      this.#house.logger.warn({ c }, "unable to read a hole; trying again");
      this.#house.clock.after(READ_AGAIN_MS, () => void this.#read(c, watched));
    }
  }

  #stands(c: ConversationId, gate: Gate): boolean {
    return this.#gates.peek(c)?.gate === gate;
  }

  async #readOn(c: ConversationId, gate: Gate): Promise<void> {
    const { hole } = gate;
    const query = { conversation: c, view: "log", ...hole, from: "oldest" } as const;
    const page = await this.#house.store.range({ ...query, rows: PAGE_ROWS, bytes: PAGE_BYTES });
    if (!this.#stands(c, gate)) return;
    if (page === null) return this.#gone(c);
    if (!gate.fill(c, hole.after, page)) throw new Error("the store does not have it yet");
  }

  /** Asks which life of the log this is, and goes on in that. */
  async #confirm(c: ConversationId, watched: Watched): Promise<void> {
    const { gate } = watched;
    const asked = gate.doubts;
    const newest = { conversation: c, view: "log", from: "newest", rows: 1, bytes: 1 } as const;
    const page = await this.#house.store.range(newest);
    if (!this.#stands(c, gate)) return;
    if (page === null) return this.#gone(c);
    const another = gate.isAnother(page);
    if (another) {
      await this.#house.anew(c, page.epoch);
      if (!this.#stands(c, gate)) return;
    }
    const passed = another ? this.#passedBefore(c, page.epoch, page.head) : 0;
    gate.settle(c, page, { another, asked, passed });
    if (gate.isShortOf(page)) this.#house.clock.after(GRACE_MS, () => this.#reaches(c, watched, page));
  }

  /** The store has said how far it goes, where nobody else may. */
  #reaches(c: ConversationId, watched: Watched, page: Pick<EventPage, "epoch" | "head">): void {
    if (!this.#stands(c, watched.gate) || !watched.gate.isShortOf(page)) return;
    watched.gate.reach(page.head);
    this.#work(c, watched);
  }

  #gone(c: ConversationId): void {
    this.remove(c);
    this.#house.gone(c, []);
  }
}
