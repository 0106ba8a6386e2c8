import { ChatError, type ConversationId, type Epoch, type EventRow, isChatError } from "@earshot/protocol";
import type { Append, AppendResult } from "../ports/append.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { MessageStore } from "../ports/message-store.ts";
import { nextBatch, type Order, type QueuedEntry } from "./next-batch.ts";
import { SlowConversations } from "./slow-conversations.ts";
import { Untold } from "./untold.ts";

/** An entry that was numbered, as it leaves for the bus. */
export interface Committed {
  readonly entry: Append;
  readonly result: Extract<AppendResult, { readonly kind: "event" }>;
  /** Whose send it was: that one is answered with `sent` instead. */
  readonly origin: object | null;
}

export interface SequencerSurroundings {
  readonly store: Pick<MessageStore, "append" | "range" | "settings">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: {
    readonly batchEntriesMax: number;
    readonly sequencerEntriesMax: number;
    readonly rememberedMax: number;
  };
  /** Told of everything that was numbered, in the order of the commit. Must not throw. */
  committed(batch: readonly Committed[]): void;
  /** Told of the newest events of a conversation after an answer was lost; some may have been told before. Must not throw. */
  found(c: ConversationId, epoch: Epoch, rows: readonly EventRow[]): void;
  /** Told, before anybody else, that an entry of an order is refused with a wait: what is not here yet of it must not follow. Must not throw. */
  refused(order: Order, retryAfterMs: number): void;
}

interface Waiting extends QueuedEntry {
  readonly origin: object | null;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: ChatError) => void;
  behindMs: number | null;
}

/** A batch that is with the store; null: what became of it is not known. */
interface Handed {
  readonly batch: readonly Waiting[];
  readonly answered: Promise<readonly AppendResult[] | null>;
}

/** Tries of one batch whose result is unknown, and the wait before each further one. */
const RETRY_WAITS_MS = [50, 250, 1_000] as const;
/** What a client is told to wait when the store cannot answer. */
const UNAVAILABLE_RETRY_MS = 1_000;
/** Wait before a log is read again for what may be untold. */
const LOOK_AGAIN_MS = 1_000;

/**
 * Group commit: gathers the appends that arrive while the last commit is in flight, and hands them
 * to the store as one batch. Nothing is added when idle; under load a commit carries hundreds.
 *
 * A batch that fails has an unknown result (trap 8): it is appended again under the same keys, which
 * tells, and only then refused with `unavailable`. Entries of a refused entry's order that came
 * later are refused with it, so that none overtakes it (I11). What slow mode may refuse is therefore the
 * last of its order in a batch.
 */
export class Sequencer {
  readonly #house: SequencerSurroundings;
  readonly #slow: SlowConversations;
  readonly #untold: Untold;
  #waiting: Waiting[] = [];
  #running = false;
  #lookAgain: Timer | null = null;
  #idle: (() => void)[] = [];

  constructor(house: SequencerSurroundings) {
    this.#house = house;
    this.#slow = new SlowConversations(house.store, house.limits.rememberedMax);
    this.#untold = new Untold(house);
  }

  /**
   * Appends one entry. Entries of one `order` are appended in the order given. Rejects with
   * `unavailable` (with `retry`) or, behind one of its order that was so rejected, `blocked`.
   */
  append(entry: Append, order: Order | null = null, origin: object | null = null): Promise<AppendResult> {
    if (this.#waiting.length >= this.#house.limits.sequencerEntriesMax) {
      if (order !== null) this.#house.refused(order, UNAVAILABLE_RETRY_MS);
      return Promise.reject(unavailable("too many messages wait for the store"));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, order, origin, resolve, reject, behindMs: null });
      this.#wake();
    });
  }

  /**
   * Something may have been stored in a conversation at `since`, Unix ms, whose answer was lost: its log is read
   * between two commits, until that succeeds, so that what nobody was told of is told.
   */
  look(c: ConversationId, since: number): void {
    this.#untold.add(c, since);
    this.#wake();
  }

  /** Another life of its log has begun: its settings may be others. */
  anew(c: ConversationId): void {
    this.#slow.forget(c);
  }

  /** Resolves when nothing waits and nothing is in flight. */
  async idle(): Promise<void> {
    if (this.#running) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Gives up what may be untold; call when idle. */
  stop(): void {
    this.#lookAgain?.cancel();
    this.#lookAgain = null;
  }

  #wake(): void {
    if (this.#running) return;
    this.#running = true;
    this.#house.clock.endOfTurn(() => void this.#run());
  }

  async #run(): Promise<void> {
    let next: Handed | null = null;
    do {
      const { batch, answered }: Handed = next ?? this.#hand();
      const results: readonly AppendResult[] | null = await answered;
      // What was looked up meanwhile may be from before it.
      for (const { entry } of batch) if (entry.settings !== undefined) this.#slow.forget(entry.conversation);
      next = null;
      if (results === null) this.#refuse(batch);
      else {
        this.#holdBack(batch, results);
        if (this.#isFull()) {
          next = this.#hand();
          // It is on its way before anything else is done.
          await new Promise<void>((resolve) => this.#house.clock.endOfTurn(resolve));
        }
        this.#settle(batch, results);
      }
      // Between two commits: nothing of this node is stored just now that it is about to tell.
      if (next === null) await this.#untold.look();
    } while (next !== null || this.#waiting.length > 0);
    this.#running = false;
    if (this.#untold.size > 0) this.#lookLater();
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #lookLater(): void {
    this.#lookAgain ??= this.#house.clock.after(LOOK_AGAIN_MS, () => {
      this.#lookAgain = null;
      this.#wake();
    });
  }

  /** Hands the next batch to the store. */
  #hand(): Handed {
    const { batch, later } = nextBatch(this.#waiting, this.#house.limits.batchEntriesMax, (c) => this.#slow.maybe(c));
    this.#waiting = later;
    return { batch, answered: this.#answers(batch) };
  }

  /** What the store says, asked as often as it takes; null: nobody knows. */
  async #answers(batch: readonly Waiting[]): Promise<readonly AppendResult[] | null> {
    if (batch.length === 0) return [];
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#append(batch, attempt > 0);
      } catch (error) {
        const wait = RETRY_WAITS_MS[attempt];
        const code = isChatError(error) ? error.code : "internal";
        this.#house.logger.warn({ code, entries: batch.length, attempt }, "append failed; its result is unknown");
        if (wait === undefined || code === "closed") {
          for (const { entry } of batch) this.#untold.add(entry.conversation, entry.at);
          return null;
        }
        await new Promise<void>((resolve) => this.#house.clock.after(wait, resolve));
      }
    }
  }

  async #append(batch: readonly Waiting[], repeated: boolean): Promise<readonly AppendResult[]> {
    const results = await this.#house.store.append(
      batch.map(({ entry, behindMs }): Append => (behindMs === null ? entry : { ...entry, lookup: true })),
    );
    if (results.length !== batch.length)
      throw new ChatError("internal", "unable to append; the store left entries unanswered");
    if (!repeated) return results;
    // An entry without a key cannot be known again: it is refused as `stale` by its own first try.
    for (const [index, { entry }] of batch.entries()) {
      if (entry.key === undefined && results[index]?.kind === "refused") this.#untold.add(entry.conversation, entry.at);
    }
    const own = ownDuplicates(batch, results);
    return Promise.all(
      results.map((result, index) => (own.has(index) ? this.#firstResult(batch[index]?.entry, result) : result)),
    );
  }

  /** What waits fills a batch, so that it gains nothing by waiting until the last one is told. */
  #isFull(): boolean {
    return this.#waiting.length >= this.#house.limits.batchEntriesMax && this.#untold.size === 0;
  }

  /** What waits behind a refusal with a wait, and what is still to come of its order, is not appended. */
  #holdBack(batch: readonly Waiting[], results: readonly AppendResult[]): void {
    const waits = new Map<Order, number>();
    results.forEach((result, index) => {
      const order = batch[index]?.order ?? null;
      if (result.kind === "refused" && result.code === "too_soon" && order !== null) {
        waits.set(order, result.retryAfterMs);
      }
    });
    if (waits.size === 0) return;
    for (const [order, wait] of waits) this.#house.refused(order, wait);
    for (const waiting of this.#waiting) {
      if (waiting.order !== null) waiting.behindMs ??= waits.get(waiting.order) ?? null;
    }
  }

  /** Tells what became of a batch. */
  #settle(batch: readonly Waiting[], results: readonly AppendResult[]): void {
    const committed: Committed[] = [];
    batch.forEach((waiting, index) => {
      const result = results[index] as AppendResult;
      const { entry, origin, behindMs } = waiting;
      if (result.kind === "event") committed.push({ entry, result, origin });
      const absent = result.kind === "refused" && result.code === "absent";
      if (absent && behindMs !== null) waiting.reject(blocked(behindMs));
      else waiting.resolve(result);
    });
    if (committed.length === 0) return;
    try {
      this.#house.committed(committed);
    } catch (error) {
      // What is stored stays stored and answered; its readers find it in the log.
      this.#house.logger.error(
        { name: error instanceof Error ? error.name : typeof error },
        "unable to deliver a commit",
      );
    }
  }

  /** The event of a first try whose answer was lost: nobody was told of it yet. Which members it was for is not known any longer. */
  async #firstResult(entry: Append | undefined, result: AppendResult): Promise<AppendResult> {
    if (entry === undefined || result.kind !== "duplicate") return result;
    const { store } = this.#house;
    const { conversation } = entry;
    const after = result.seq - 1;
    const [page, settings] = await Promise.all([
      store.range({ conversation, view: "log", after, from: "oldest", rows: 1, bytes: 1 }),
      store.settings(conversation),
    ]);
    const row = page?.rows[0];
    if (!page || !settings || row?.seq !== result.seq || page.epoch !== result.epoch) return result;
    return { kind: "event", epoch: page.epoch, row, mode: settings.mode, membersVersion: 0 };
  }

  #refuse(batch: readonly Waiting[]): void {
    const failed = new Set<Order>();
    for (const waiting of batch) this.#reject(waiting, failed);
    for (const order of failed) this.#house.refused(order, UNAVAILABLE_RETRY_MS);
    const behind = this.#waiting.filter((waiting) => waiting.order !== null && failed.has(waiting.order));
    if (behind.length === 0) return;
    this.#waiting = this.#waiting.filter((waiting) => waiting.order === null || !failed.has(waiting.order));
    for (const waiting of behind) this.#reject(waiting, failed);
  }

  #reject(waiting: Waiting, failed: Set<Order>): void {
    const { order } = waiting;
    if (order !== null && failed.has(order)) {
      waiting.reject(blocked(UNAVAILABLE_RETRY_MS));
      return;
    }
    if (order !== null) failed.add(order);
    waiting.reject(unavailable("the store did not answer"));
  }
}

/**
 * In a repeated batch, the duplicates that are the first try's own events: stored at the very moment
 * that the entry carries. An older one is a client's repeat, and so is a second one of the same key.
 */
function ownDuplicates(batch: readonly Waiting[], results: readonly AppendResult[]): ReadonlySet<number> {
  const own = new Set<number>();
  const events = new Set<string>();
  for (const [index, { entry, behindMs }] of batch.entries()) {
    const result = results[index];
    if (result?.kind !== "duplicate" || result.at !== entry.at) continue;
    if (entry.lookup === true || behindMs !== null) continue;
    const event = `${entry.conversation} ${result.seq}`;
    if (!events.has(event)) own.add(index);
    events.add(event);
  }
  return own;
}

function blocked(retryAfterMs: number): ChatError {
  return new ChatError("blocked", "unable to send message; an earlier one has to be answered first", { retryAfterMs });
}

function unavailable(why: string): ChatError {
  return new ChatError("unavailable", `unable to store event; ${why}`, { retryAfterMs: UNAVAILABLE_RETRY_MS });
}
