import { ChatError, type Durability, isChatError } from "@earshot/protocol";
import { checkedDurability, type EnteredStore, enterStore, nameOfStore } from "./enter-store.ts";
import { PortState } from "./port-state.ts";
import type { RedisClient } from "./redis-client.ts";
import { repairIndexes } from "./store/repair-indexes.ts";
import type { StoreLink } from "./store/store-link.ts";
import { purgeBucket } from "./store/upkeep.ts";

export interface OpenStoreOptions {
  readonly namespace: string;
  readonly durability: Exclude<Durability, "replicated"> | null;
  readonly commandTimeoutMs: number;
}

/** Told to who may come again, in ms. */
const RETRY_MS = 1_000;
/** What others left behind can wait until this node has begun, in ms. */
const LEFTOVERS_AFTER_MS = 1_000;

/** The one life of a store: its connection, what is in hand on it, and what goes on behind. */
export class OpenStore {
  readonly #client: RedisClient;
  readonly #options: OpenStoreOptions;
  readonly #state = new PortState("store");
  readonly #inHand = new Set<Promise<unknown>>();
  #entered: EnteredStore | null = null;
  #leftovers: NodeJS.Timeout | null = null;
  /** Since the last check began to run; 0: none runs. */
  #checksAsked = 0;
  #durability: Durability = "memory";
  /** Why Redis is not to be written to: its settings are others since a restart or failover. */
  #refusal: ChatError | null = null;

  constructor(client: RedisClient, options: OpenStoreOptions) {
    this.#client = client;
    this.#options = options;
  }

  get durability(): Durability {
    return this.#durability;
  }

  open(): Promise<void> {
    return this.#state.open(async () => {
      const entered = await enterStore(this.#client, { ...this.#options, onReady: () => this.#checkAgain() });
      if (this.#state.isClosed) {
        await entered.connection.close();
        return;
      }
      this.#entered = entered;
      this.#durability = entered.durability;
      this.#leftovers = setTimeout(() => this.#takeUp(), LEFTOVERS_AFTER_MS).unref();
    });
  }

  /** Waits for what is in hand. */
  async close(): Promise<void> {
    this.#state.close();
    if (this.#leftovers !== null) clearTimeout(this.#leftovers);
    while (this.#inHand.size > 0) await Promise.allSettled(this.#inHand);
    const entered = this.#entered;
    this.#entered = null;
    await entered?.connection.close();
  }

  async use<Answer>(run: (link: StoreLink) => Promise<Answer>): Promise<Answer> {
    this.#state.require();
    if (this.#refusal !== null) await this.#check();
    if (this.#refusal !== null) throw this.#refusal;
    const entered = this.#entered;
    if (entered === null) throw this.#state.notOpen();
    return this.#hold(run(entered.link));
  }

  /** Goes on behind: takes away what is left of removed conversations. */
  purge(bucket: number): void {
    const link = this.#entered?.link;
    if (link === undefined || this.#state.isClosed) return;
    // What fails now is left for whoever removes the next one there, or opens the store.
    this.#hold(purgeBucket(link, bucket, () => this.#state.isClosed)).catch(() => {});
  }

  /** What a node that died has left behind. */
  #takeUp(): void {
    const buckets = this.#entered?.link.clocks.size ?? 0;
    for (let bucket = 0; bucket < buckets; bucket++) this.purge(bucket);
    this.#repair();
  }

  /** Goes on behind as well; what fails is left for the next check, or whoever opens the store. */
  #repair(): void {
    const link = this.#entered?.link;
    if (link === undefined || this.#state.isClosed) return;
    this.#hold(repairIndexes(link, () => this.#state.isClosed)).catch(() => {});
  }

  /** The server may be another one, or have lost something. */
  #checkAgain(): void {
    this.#checksAsked += 1;
    if (this.#state.isClosed || this.#checksAsked > 1) return;
    this.#hold(this.#checkWhileAsked()).catch(() => {});
  }

  /** Once for all that was noticed meanwhile: a failover puts many buckets back at once. */
  async #checkWhileAsked(): Promise<void> {
    for (let asked = 0; asked !== this.#checksAsked && !this.#state.isClosed; ) {
      asked = this.#checksAsked;
      await this.#check();
    }
    this.#checksAsked = 0;
  }

  async #check(): Promise<void> {
    const entered = this.#entered;
    if (entered === null) return;
    const { connection, link } = entered;
    try {
      this.#durability = await checkedDurability(connection, this.#options.durability);
      link.life = await nameOfStore(connection, link.keys);
      this.#refusal = null;
      await link.rewindAll();
      this.#repair();
    } catch (error) {
      if (!isChatError(error) || error.code !== "invalid") return;
      this.#refusal = new ChatError("unavailable", error.message, { cause: error, retryAfterMs: RETRY_MS });
    }
  }

  async #hold<Answer>(running: Promise<Answer>): Promise<Answer> {
    this.#inHand.add(running);
    try {
      return await running;
    } finally {
      this.#inHand.delete(running);
    }
  }
}
