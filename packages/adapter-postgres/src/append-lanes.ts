import type { Append, AppendResult } from "@earshot/core";
import { isPassing } from "./failure.ts";

/** Entries of one transaction at most. */
const BATCH_ENTRIES_MAX = 500;

/** null in the place of an entry: its conversation is locked by somebody else; only without `wait`. */
export type RunBatch = (entries: readonly Append[], wait: boolean) => Promise<readonly (AppendResult | null)[]>;

/** One call of `append`. */
interface Call {
  readonly results: AppendResult[];
  left: number;
  readonly resolve: (results: readonly AppendResult[]) => void;
  readonly reject: (error: unknown) => void;
}

interface Waiting {
  readonly entry: Append;
  readonly call: Call;
  readonly place: number;
}

/**
 * Group commit: what arrives while a transaction runs leaves in the next one. There is one lane of them as a rule,
 * since more make the batches smaller. A conversation that somebody else has locked goes apart, in a
 * transaction of its own that waits for it, so that no other waits with it.
 */
export class AppendLanes {
  readonly #run: RunBatch;
  readonly #lanes: number;
  /** Conversations that may go apart at once: each takes a connection. */
  readonly #apartMax: number;
  #waiting: Waiting[] = [];
  /** Conversations of transactions that run: what comes for them meanwhile waits for their end. */
  readonly #busy = new Set<string>();
  #running = 0;
  #apart = 0;

  constructor(run: RunBatch, lanes: number, apartMax: number) {
    this.#run = run;
    this.#lanes = lanes;
    this.#apartMax = apartMax;
  }

  append(entries: readonly Append[]): Promise<readonly AppendResult[]> {
    if (entries.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      const call: Call = { results: new Array(entries.length), left: entries.length, resolve, reject };
      for (const [place, entry] of entries.entries()) this.#waiting.push({ entry, call, place });
      this.#wake();
    });
  }

  #wake(): void {
    while (this.#running < this.#lanes) {
      const batch = this.#take();
      if (batch.length === 0) return;
      this.#running += 1;
      void this.#runShared(batch).finally(() => {
        this.#running -= 1;
        this.#wake();
      });
    }
  }

  /** The next batch: in the order of arrival, but for what is busy. */
  #take(): Waiting[] {
    if (this.#waiting.length <= BATCH_ENTRIES_MAX && this.#busy.size === 0) return this.#waiting.splice(0);
    const batch: Waiting[] = [];
    const later: Waiting[] = [];
    for (const waiting of this.#waiting) {
      const free = batch.length < BATCH_ENTRIES_MAX && !this.#busy.has(waiting.entry.conversation);
      (free ? batch : later).push(waiting);
    }
    this.#waiting = later;
    return batch;
  }

  async #runShared(batch: readonly Waiting[]): Promise<void> {
    const conversations = new Set(batch.map(({ entry }) => entry.conversation));
    for (const id of conversations) this.#busy.add(id);
    // One alone keeps nobody waiting but its own.
    const held = await this.#answer(batch, conversations.size === 1 || this.#apart >= this.#apartMax);
    for (const id of conversations) this.#busy.delete(id);
    for (const [id, own] of grouped(held, ({ entry }) => entry.conversation)) {
      if (this.#apart >= this.#apartMax) this.#waiting.unshift(...own);
      else this.#goApart(id, own);
    }
  }

  #goApart(id: string, batch: readonly Waiting[]): void {
    this.#apart += 1;
    this.#busy.add(id);
    void this.#answer(batch, true).finally(() => {
      this.#apart -= 1;
      this.#busy.delete(id);
      this.#wake();
    });
  }

  /** What was not answered, because somebody else has locked its conversation. */
  async #answer(batch: readonly Waiting[], wait: boolean): Promise<readonly Waiting[]> {
    const held: Waiting[] = [];
    try {
      const results = await this.#run(
        batch.map(({ entry }) => entry),
        wait,
      );
      for (const [n, waiting] of batch.entries()) {
        const result = results[n];
        if (result) settle(waiting, result);
        else held.push(waiting);
      }
    } catch (error) {
      await this.#fail(batch, error);
    }
    return held;
  }

  /** One call that cannot be written must not take the others with it. */
  async #fail(batch: readonly Waiting[], error: unknown): Promise<void> {
    const byCall = grouped(batch, ({ call }) => call);
    if (byCall.size === 1 || isPassing(error)) {
      for (const call of byCall.keys()) call.reject(error);
      return;
    }
    for (const own of byCall.values()) await this.#answer(own, true);
  }
}

function settle({ call, place }: Waiting, result: AppendResult): void {
  call.results[place] = result;
  call.left -= 1;
  if (call.left === 0) call.resolve(call.results);
}

function grouped<Key>(batch: readonly Waiting[], keyOf: (waiting: Waiting) => Key): ReadonlyMap<Key, Waiting[]> {
  const groups = new Map<Key, Waiting[]>();
  for (const waiting of batch) {
    const key = keyOf(waiting);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [waiting]);
    else group.push(waiting);
  }
  return groups;
}
