import { type ConversationId, type Epoch, isChatError, type UserId } from "@earshot/protocol";
import { LRUCache } from "lru-cache";
import { FIXED_LIMITS } from "../fixed-limits.ts";
import type { Head } from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { MessageStore } from "../ports/message-store.ts";
import type { Arrival } from "./arrival.ts";
import { firstSeq, fromSeq, splitBefore } from "./split-arrival.ts";

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

/** Where a conversation stands, as others say. */
export type ToldHead = Exclude<Head, { readonly gone: true }>;

interface Gate {
  epoch: Epoch;
  /** Everything up to it has passed; of a gate that only began: was there when somebody's rights were read. */
  last: number;
  /** The newest that passed without whose send it was. */
  lastOfOthers: number;
  /** The highest that really has passed, to whom it concerned then; 0: none that is known. */
  passed: number;
  /** Nothing has passed yet: what lies at or below `last` may be on its way to others. For a while only. */
  begun: boolean;
  /** Since when, monotonic ms. */
  openedAt: number;
  /** Of the members, after `last`; 0: not known. */
  membersVersion: number;
  /** What is early, of the gate's epoch. */
  held: Arrival[];
  /** How far it has to come; the rest as others say, if they did. */
  told: (Pick<ToldHead, "head"> & Partial<ToldHead>) | null;
  /** What waits until the store has said which life of the log this is. null: there is no doubt. */
  doubted: Arrival[] | null;
  /** Lives that are over, the latest last: nothing of them passes any more. */
  over: readonly Epoch[];
  /** The reading that goes on, or went on last. */
  work: Promise<void>;
  reading: boolean;
}

/** Until what this node has written itself has come by itself, with whose it is. */
const GRACE_MS = 1_000;
/** By then what was on its way, or lost, when a gate began has come. */
const BEGUN_MS = 30_000;
/** How far a log has passed that concerns nobody here any more. */
interface Left extends Pick<Gate, "epoch" | "passed"> {
  /** How often the store had been put back by then. */
  readonly asOf: number;
}

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
  readonly #gates: LRUCache<ConversationId, Gate>;
  /** How far those that concern nobody any more have passed: what tells of it late does not pass a second time. */
  readonly #left: LRUCache<ConversationId, Left>;
  /** How often the store was put back. */
  #putBacks = 0;

  constructor(house: OrderGateSurroundings) {
    this.#house = house;
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
    const gate = this.#gates.get(c) ?? this.#open(c, epoch, firstSeq(arrival) - 1, false);
    if (gate.over.includes(epoch)) return;
    if (gate.doubted === null && gate.epoch === epoch) this.#take(gate, arrival);
    else this.#doubt(gate, arrival);
    this.#work(c, gate);
  }

  /** The store says, as somebody's rights were read, where it stands: what comes above that can be noticed to be missing. */
  begin(c: ConversationId, epoch: Epoch, head: number): void {
    const gate = this.#gates.get(c);
    if (gate === undefined) this.#open(c, epoch, head, true);
    else this.seen(c, epoch);
  }

  /** How what has passed stands to what somebody says. */
  against(told: ToldHead): "unknown" | "behind" | "even" {
    const gate = this.#gates.peek(told.c);
    if (gate === undefined) return "unknown";
    if (gate.over.includes(told.epoch)) return "even";
    const missed = this.#mayMiss(gate, told) || told.head > gate.last;
    return gate.epoch !== told.epoch || missed ? "behind" : "even";
  }

  /** Somebody says where it stands. Reads what has not come. false: the conversation is not known here, and nothing was done. */
  behind(told: ToldHead): boolean {
    const gate = this.#gates.get(told.c);
    if (gate === undefined) return false;
    if (gate.over.includes(told.epoch)) return true;
    if (gate.epoch !== told.epoch) gate.doubted ??= [];
    else {
      if (this.#mayMiss(gate, told)) gate.last = Math.max(gate.passed, Math.min(gate.last, told.head - 1));
      if (told.head > (gate.told?.head ?? gate.last)) gate.told = told;
    }
    this.#work(told.c, gate);
    return true;
  }

  /** A conversation that was not known: its newest event passes. */
  newest(told: ToldHead): void {
    if (!this.#gates.has(told.c)) this.#open(told.c, told.epoch, told.head - 1, false);
    this.behind(told);
  }

  /** The store was put back: asks it whether this is still the life of the log that it was. Resolves when it has answered, or failed to for now. */
  doubt(c: ConversationId): Promise<void> {
    const gate = this.#gates.peek(c) ?? this.#open(c, NO_EPOCH, 0, true);
    gate.doubted ??= [];
    this.#work(c, gate);
    return gate.work;
  }

  /**
   * Whether this event, committed here, has gone on with whose send it was. false: it waits for others or for the store,
   * or came from there before its commit was known here.
   */
  passedAsOwn(c: ConversationId, epoch: Epoch, seq: number): boolean {
    const gate = this.#gates.peek(c);
    if (gate === undefined || gate.doubted !== null || gate.epoch !== epoch) return false;
    return gate.last >= seq && gate.lastOfOthers < seq;
  }

  /** In which life of the log what has passed was, and the version of the members behind it (0: not known); null: it is not known. */
  standing(c: ConversationId): { readonly epoch: Epoch; readonly membersVersion: number } | null {
    return this.#gates.peek(c) ?? null;
  }

  /** The life that the log is in; null: it is not known, or in doubt. */
  life(c: ConversationId): Epoch | null {
    const gate = this.#gates.peek(c);
    return gate === undefined || gate.doubted !== null || gate.epoch === NO_EPOCH ? null : gate.epoch;
  }

  /** Some part of the log was read, in that life. */
  seen(c: ConversationId, epoch: Epoch): void {
    const gate = this.#gates.peek(c);
    if (gate === undefined || gate.epoch === epoch || gate.over.includes(epoch)) return;
    gate.doubted ??= [];
    this.#work(c, gate);
  }

  /** Nobody here is concerned by it: how far it gets meanwhile is not followed. */
  forget(c: ConversationId): void {
    const gate = this.#gates.peek(c);
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

  #open(c: ConversationId, epoch: Epoch, last: number, begun: boolean): Gate {
    // Which life it is in the store says first: until then it is as left.
    const left = epoch === NO_EPOCH ? undefined : this.#left.get(c);
    const passed = epoch === NO_EPOCH ? 0 : this.#passedBefore(c, epoch, begun ? last : Number.POSITIVE_INFINITY);
    const gate: Gate = {
      epoch,
      last: Math.max(last, passed),
      lastOfOthers: 0,
      passed,
      begun,
      openedAt: this.#house.clock.monotonic(),
      membersVersion: 0,
      held: [],
      told: null,
      // Where somebody's rights were read (`begun`) the store has just said how far it goes.
      doubted: !begun && passed > 0 && left?.asOf !== this.#putBacks ? [] : null,
      over: [],
      work: DONE,
      reading: false,
    };
    this.#gates.set(c, gate);
    return gate;
  }

  /** How far it has passed in this life, before it concerned nobody; 0: that is not known, or the log was put back with its old epoch and is shorter. */
  #passedBefore(c: ConversationId, epoch: Epoch, head: number): number {
    const left = this.#left.get(c);
    this.#left.delete(c);
    return left?.epoch === epoch && left.passed <= head ? left.passed : 0;
  }

  /** Nothing has passed: what was there already may be lost to those who came before. Of a `pull` conversation they are told by heads. */
  #mayMiss(gate: Gate, { epoch, mode }: ToldHead): boolean {
    return this.#isBegun(gate) && gate.epoch === epoch && mode === "push";
  }

  #isBegun(gate: Gate): boolean {
    gate.begun &&= this.#house.clock.monotonic() - gate.openedAt < BEGUN_MS;
    return gate.begun;
  }

  // ---- in order

  #take(gate: Gate, arrival: Arrival): void {
    const first = firstSeq(arrival);
    if (this.#isBegun(gate)) {
      gate.last = Math.max(gate.passed, Math.min(gate.last, first - 1));
      gate.begun = first > gate.last + 1;
    }
    if (first <= gate.last + 1) {
      const [now, later] = splitBefore(arrival, gate.held);
      this.#pass(gate, now);
      if (later !== null) gate.held.push(later);
      this.#release(gate);
    } else if (gate.held.length < this.#house.limits.heldEventsMax) {
      gate.held.push(arrival);
    }
  }

  #pass(gate: Gate, arrival: Arrival): void {
    const news = fromSeq(arrival, gate.last + 1);
    if (news === null) return;
    gate.begun = false;
    gate.last = gate.passed = news.rows.at(-1)?.seq ?? gate.last;
    if (news.origins === undefined) gate.lastOfOthers = gate.last;
    gate.membersVersion = news.membersVersion;
    if (gate.told !== null && gate.told.head <= gate.last) gate.told = null;
    this.#house.pass(news);
  }

  #release(gate: Gate): void {
    if (gate.held.length === 0) return;
    const held = gate.held.sort((a, b) => firstSeq(a) - firstSeq(b));
    gate.held = [];
    for (const arrival of held) {
      if (firstSeq(arrival) <= gate.last + 1) this.#pass(gate, arrival);
      else gate.held.push(arrival);
    }
  }

  #doubt(gate: Gate, arrival: Arrival): void {
    gate.doubted ??= [];
    if (gate.doubted.length < this.#house.limits.heldEventsMax) gate.doubted.push(arrival);
  }

  // ---- from the store

  /** Reads what is missing, one read at a time. */
  #work(c: ConversationId, gate: Gate): void {
    if (!gate.reading && wants(gate)) gate.work = this.#read(c, gate);
  }

  async #read(c: ConversationId, gate: Gate): Promise<void> {
    gate.reading = true;
    try {
      while (wants(gate) && this.#stands(c, gate)) {
        if (gate.doubted !== null) await this.#confirm(c, gate);
        else await this.#readOn(c, gate);
      }
      gate.reading = false;
    } catch (error) {
      if (isChatError(error) && error.code === "closed") return;
      this.#house.logger.warn({ c }, "unable to read a hole; trying again");
      this.#house.clock.after(READ_AGAIN_MS, () => void this.#read(c, gate));
    }
  }

  #stands(c: ConversationId, gate: Gate): boolean {
    return this.#gates.peek(c) === gate;
  }

  async #readOn(c: ConversationId, gate: Gate): Promise<void> {
    const { last } = gate;
    // No further than is needed: what this node has just written comes by itself, with whose it is.
    const before = Math.min((gate.told?.head ?? Number.POSITIVE_INFINITY) + 1, ...gate.held.map(firstSeq));
    const query = { conversation: c, view: "log", after: last, before, from: "oldest" } as const;
    const page = await this.#house.store.range({ ...query, rows: PAGE_ROWS, bytes: PAGE_BYTES });
    if (!this.#stands(c, gate)) return;
    if (page === null) return this.#gone(c);
    if (page.epoch !== gate.epoch) {
      gate.doubted ??= [];
      return;
    }
    // What came meanwhile was below what was there when the gate began: this is behind a hole now, and is read again.
    if (gate.last < last) return;
    const at = page.rows.at(-1);
    if (at !== undefined) {
      const { epoch, told } = gate;
      const { mode, membersVersion = 0 } = told?.head === at.seq ? told : {};
      const arrival: Arrival = { c, epoch, rows: page.rows, membersVersion, ...(mode && { mode }) };
      // More may be held by now than when the hole was measured.
      this.#pass(gate, splitBefore(arrival, gate.held)[0]);
    }
    this.#release(gate);
    if (gate.last !== last) return;
    // The store alone knows how far the log goes; of what others have already it only does not know yet.
    if (gate.told !== null && page.head < gate.told.head) gate.told = null;
    if (gate.held.length > 0) throw new Error("the store does not have it yet");
  }

  /** Asks which life of the log this is, and goes on in that. */
  async #confirm(c: ConversationId, gate: Gate): Promise<void> {
    const asked = gate.doubted?.length ?? 0;
    const newest = { conversation: c, view: "log", from: "newest", rows: 1, bytes: 1 } as const;
    const page = await this.#house.store.range(newest);
    if (!this.#stands(c, gate)) return;
    if (page === null) return this.#gone(c);
    const { epoch, rows, head } = page;
    // Where a log was put back without a new epoch its seqs come again, too.
    const begins = gate.epoch !== epoch || head < gate.last;
    if (begins) {
      await this.#house.anew(c, epoch);
      if (!this.#stands(c, gate)) return;
    }
    const doubted = gate.doubted ?? [];
    const lives = new Set([...gate.over, gate.epoch, ...doubted.slice(0, asked).map((arrival) => arrival.epoch)]);
    lives.delete(epoch);
    gate.over = [...lives].slice(-FIXED_LIMITS.endedLivesMax);
    const ours = doubted.filter((arrival) => arrival.epoch === epoch);
    // What came while the store answered may be of a life that is newer still.
    const others = doubted.filter((arrival) => arrival.epoch !== epoch && !gate.over.includes(arrival.epoch));
    gate.doubted = others.length === 0 ? null : others;
    if (begins) {
      const openedAt = this.#house.clock.monotonic();
      Object.assign(gate, {
        epoch,
        last: head - 1,
        lastOfOthers: 0,
        passed: this.#passedBefore(c, epoch, head),
        begun: true,
        openedAt,
        membersVersion: 0,
        held: [],
        told: null,
      });
      // Who is told of any event of the new life reads it anew; and a head that was told meanwhile is not lost.
      ours.push({ c, epoch, rows, membersVersion: 0 });
    } else if (head > gate.last) {
      this.#house.clock.after(GRACE_MS, () => this.#reaches(c, gate, { epoch, head }));
    }
    for (const arrival of ours) this.#take(gate, arrival);
  }

  /** The store has said how far it goes, where nobody else may. */
  #reaches(c: ConversationId, gate: Gate, { epoch, head }: Pick<ToldHead, "epoch" | "head">): void {
    if (!this.#stands(c, gate) || gate.epoch !== epoch || head <= (gate.told?.head ?? gate.last)) return;
    gate.told = { head };
    this.#work(c, gate);
  }

  #gone(c: ConversationId): void {
    this.remove(c);
    this.#house.gone(c, []);
  }
}

function wants({ doubted, held, told, last }: Gate): boolean {
  return doubted !== null || held.length > 0 || (told !== null && told.head > last);
}
