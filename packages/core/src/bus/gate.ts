import type { Epoch } from "@earshot/protocol";
import { FIXED_LIMITS } from "../fixed-limits.ts";
import type { Head } from "../ports/bus.ts";
import type { EventPage } from "../ports/pages.ts";
import type { Arrival } from "./arrival.ts";
import { firstSeq, fromSeq, splitBefore } from "./split-arrival.ts";

/** Where a conversation stands, as others say. */
export type ToldHead = Exclude<Head, { readonly gone: true }>;

export interface GateSurroundings {
  readonly heldEventsMax: number;
  /** In ms. */
  monotonic(): number;
  pass(arrival: Arrival): void;
}

/** Where a gate begins. */
export interface GateBeginning {
  readonly epoch: Epoch;
  /** What lies at or below it is not waited for. */
  readonly last: number;
  /** The highest that has passed before; 0: none that is known. */
  readonly passed: number;
  /** Somebody's rights were read there: what lies at or below `last` may be on its way to others. */
  readonly begun: boolean;
  readonly doubted: boolean;
}

export interface Settling {
  readonly another: boolean;
  readonly asked: number;
  /** The highest that had passed in that life before; 0: none that is known. */
  readonly passed: number;
}

/** By then what was on its way, or lost, when a gate began has come. */
const BEGUN_MS = 30_000;

/**
 * One conversation's: what of its log has passed, what is early, and what is in doubt. Decides what passes, and what has to
 * be read for it; reads nothing itself.
 */
export class Gate {
  readonly #house: GateSurroundings;
  #epoch: Epoch;
  /** Everything up to it has passed; where it only began: was there when somebody's rights were read. */
  #last: number;
  /** The newest that passed without whose send it was. */
  #lastOfOthers = 0;
  /** The highest that really has passed, to whom it concerned then; 0: none that is known. */
  #passed: number;
  /** Nothing has passed yet: what lies at or below `#last` may be on its way to others. For a while only. */
  #begun: boolean;
  /** Since when, monotonic ms. */
  #openedAt: number;
  #membersVersion = 0;
  /** What is early, of this life. */
  #held: Arrival[] = [];
  /** How far it has to come; the rest as others say, if they did. */
  #told: (Pick<ToldHead, "head"> & Partial<ToldHead>) | null = null;
  /** What waits until the store has said which life of the log this is. null: there is no doubt. */
  #doubted: Arrival[] | null;
  /** Lives that are over, the latest last: nothing of them passes any more. */
  #over: readonly Epoch[] = [];

  constructor(house: GateSurroundings, { epoch, last, passed, begun, doubted }: GateBeginning) {
    this.#house = house;
    this.#epoch = epoch;
    this.#last = Math.max(last, passed);
    this.#passed = passed;
    this.#begun = begun;
    this.#openedAt = house.monotonic();
    this.#doubted = doubted ? [] : null;
  }

  get epoch(): Epoch {
    return this.#epoch;
  }

  /** The highest that really has passed; 0: none that is known. */
  get passed(): number {
    return this.#passed;
  }

  /** Of the members, after what has passed; 0: not known. */
  get membersVersion(): number {
    return this.#membersVersion;
  }

  get inDoubt(): boolean {
    return this.#doubted !== null;
  }

  /** Of what waits in doubt, how much: what comes later was not there yet when the store was asked. */
  get doubts(): number {
    return this.#doubted?.length ?? 0;
  }

  /** Something has to be read: which life this is, or what is missing. */
  get wants(): boolean {
    return this.#doubted !== null || this.#held.length > 0 || (this.#told !== null && this.#told.head > this.#last);
  }

  isOver(epoch: Epoch): boolean {
    return this.#over.includes(epoch);
  }

  /** Whether this event has passed with whose send it was. */
  passedAsOwn(epoch: Epoch, seq: number): boolean {
    return this.#doubted === null && this.#epoch === epoch && this.#last >= seq && this.#lastOfOthers < seq;
  }

  /** How what has passed stands to what somebody says. */
  against(told: ToldHead): "behind" | "even" {
    if (this.isOver(told.epoch)) return "even";
    const missed = this.#mayMiss(told) || told.head > this.#last;
    return this.#epoch !== told.epoch || missed ? "behind" : "even";
  }

  arrive(arrival: Arrival): void {
    if (this.isOver(arrival.epoch)) return;
    if (this.#doubted === null && this.#epoch === arrival.epoch) this.#take(arrival);
    else this.#doubt(arrival);
  }

  /** Somebody says where it stands. */
  heed(told: ToldHead): void {
    if (this.isOver(told.epoch)) return;
    if (this.#epoch !== told.epoch) {
      this.doubt();
      return;
    }
    if (this.#mayMiss(told)) this.#last = Math.max(this.#passed, Math.min(this.#last, told.head - 1));
    if (told.head > (this.#told?.head ?? this.#last)) this.#told = told;
  }

  /** Some part of the log was read, in that life. */
  seen(epoch: Epoch): void {
    if (this.#epoch !== epoch && !this.isOver(epoch)) this.doubt();
  }

  /** Which life this is the store has to say. */
  doubt(): void {
    this.#doubted ??= [];
  }

  // ---- what was read

  /** What is missing: above `after`, below `before`. No further than is needed: what this node has just written comes by itself, with whose it is. */
  get hole(): { readonly after: number; readonly before: number } {
    const told = (this.#told?.head ?? Number.POSITIVE_INFINITY) + 1;
    return { after: this.#last, before: Math.min(told, ...this.#held.map(firstSeq)) };
  }

  /** What the store has behind `after`, where the hole began. false: nothing came of it, and more is waited for. */
  fill(c: string, after: number, { epoch, rows, head }: EventPage): boolean {
    const last = this.#last;
    if (epoch !== this.#epoch) {
      this.doubt();
      return true;
    }
    // What came meanwhile was below what was there when the gate began: this is behind a hole now, and is read again.
    if (last < after) return true;
    const at = rows.at(-1);
    if (at !== undefined) {
      const { mode, membersVersion = 0 } = this.#told?.head === at.seq ? this.#told : {};
      const arrival: Arrival = { c, epoch, rows, membersVersion, ...(mode && { mode }) };
      // More may be held by now than when the hole was measured.
      this.#pass(splitBefore(arrival, this.#held)[0]);
    }
    this.#release();
    if (this.#last !== last) return true;
    // The store alone knows how far the log goes; of what others have already it only does not know yet.
    if (this.#told !== null && head < this.#told.head) this.#told = null;
    return this.#held.length === 0;
  }

  /** Whether what the store says is of another life. Where a log was put back without a new epoch its seqs come again, too. */
  isAnother({ epoch, head }: Pick<EventPage, "epoch" | "head">): boolean {
    return this.#epoch !== epoch || head < this.#last;
  }

  /** Whether what the store says goes further. */
  isShortOf({ epoch, head }: Pick<EventPage, "epoch" | "head">): boolean {
    return this.#epoch === epoch && head > (this.#told?.head ?? this.#last);
  }

  /** The store has said how far it goes, where nobody else may. */
  reach(head: number): void {
    this.#told = { head };
  }

  /**
   * The store has said which life this is, by its newest row. `another`: than this one, as `isAnother` said; `asked`: the
   * doubts that there were when it was asked.
   */
  settle(c: string, { epoch, rows, head }: EventPage, { another, asked, passed }: Settling): void {
    const doubted = this.#doubted ?? [];
    const lives = new Set([...this.#over, this.#epoch, ...doubted.slice(0, asked).map((arrival) => arrival.epoch)]);
    lives.delete(epoch);
    this.#over = [...lives].slice(-FIXED_LIMITS.endedLivesMax);
    const ours = doubted.filter((arrival) => arrival.epoch === epoch);
    // What came while the store answered may be of a life that is newer still.
    const others = doubted.filter((arrival) => arrival.epoch !== epoch && !this.isOver(arrival.epoch));
    this.#doubted = others.length === 0 ? null : others;
    if (another) {
      this.#beginAnew(epoch, head, passed);
      // Who is told of any event of the new life reads it anew; and a head that was told meanwhile is not lost.
      ours.push({ c, epoch, rows, membersVersion: 0 });
    }
    for (const arrival of ours) this.#take(arrival);
  }

  #beginAnew(epoch: Epoch, head: number, passed: number): void {
    this.#epoch = epoch;
    this.#last = head - 1;
    this.#lastOfOthers = 0;
    this.#passed = passed;
    this.#begun = true;
    this.#openedAt = this.#house.monotonic();
    this.#membersVersion = 0;
    this.#held = [];
    this.#told = null;
  }

  // ---- in order

  /** Nothing has passed: what was there already may be lost to those who came before. Of a `pull` conversation they are told by heads. */
  #mayMiss({ epoch, mode }: ToldHead): boolean {
    return this.#isBegun() && this.#epoch === epoch && mode === "push";
  }

  #isBegun(): boolean {
    this.#begun &&= this.#house.monotonic() - this.#openedAt < BEGUN_MS;
    return this.#begun;
  }

  #take(arrival: Arrival): void {
    const first = firstSeq(arrival);
    if (this.#isBegun()) {
      this.#last = Math.max(this.#passed, Math.min(this.#last, first - 1));
      this.#begun = first > this.#last + 1;
    }
    if (first <= this.#last + 1) {
      const [now, later] = splitBefore(arrival, this.#held);
      this.#pass(now);
      if (later !== null) this.#held.push(later);
      this.#release();
    } else if (this.#held.length < this.#house.heldEventsMax) {
      this.#held.push(arrival);
    }
  }

  #pass(arrival: Arrival): void {
    const news = fromSeq(arrival, this.#last + 1);
    if (news === null) return;
    this.#begun = false;
    this.#last = this.#passed = news.rows.at(-1)?.seq ?? this.#last;
    if (news.origins === undefined) this.#lastOfOthers = this.#last;
    this.#membersVersion = news.membersVersion;
    if (this.#told !== null && this.#told.head <= this.#last) this.#told = null;
    this.#house.pass(news);
  }

  #release(): void {
    if (this.#held.length === 0) return;
    const held = this.#held.sort((a, b) => firstSeq(a) - firstSeq(b));
    this.#held = [];
    for (const arrival of held) {
      if (firstSeq(arrival) <= this.#last + 1) this.#pass(arrival);
      else this.#held.push(arrival);
    }
  }

  #doubt(arrival: Arrival): void {
    this.doubt();
    if (this.doubts < this.#house.heldEventsMax) this.#doubted?.push(arrival);
  }
}
