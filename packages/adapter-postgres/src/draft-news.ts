import { isChatError } from "@earshot/protocol";
import { Channel, channelOf } from "./channel.ts";
import { type ListenSource, listenClients } from "./listen-client.ts";
import type { PgPool } from "./pg-pool.ts";

/** What a host's transaction says as it commits, in the form of a channel's sayings, of which this is none of its ends. */
export const COMMITTED = "host 0 . committed";
const TEXT = "committed";

/** After a connection that was not to be had; until then drafts are looked for. */
const AGAIN_MS = 30_000;

/**
 * Hears of drafts as their transactions commit: PostgreSQL gives out a NOTIFY with the commit of its transaction, and
 * never without. On a connection of its own, from the first draft on, so that who stores none pays for none. A hint alone:
 * where there is no connection, or a pooler in between, drafts are found by looking for them.
 */
export class DraftNews {
  readonly channelName: string;
  readonly #client: ReturnType<typeof listenClients> | null;
  readonly #trusted: boolean;
  readonly #listeners = new Set<() => void>();
  #channel: Channel | null = null;
  #opening: Promise<void> | null = null;
  /** Not before this, by `performance.now()`. */
  #notBefore = 0;
  #closed = false;

  /** Throws `invalid` where `listen` is to be used and the pool does not say how connections are made. */
  constructor(pool: PgPool, namespace: string | undefined, listen: ListenSource | false | undefined) {
    this.channelName = channelOf(namespace, "drafts");
    this.#trusted = listen !== undefined && listen !== false;
    this.#client = listen === false ? null : this.#clients(pool, listen);
  }

  /** Whether transactions are to say that they have committed. */
  get wanted(): boolean {
    return this.#client !== null;
  }

  on(listener: () => void): () => void {
    const own = (): void => listener();
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  /** Drafts are stored from now on. Nobody waits for it: what is committed before it hears is told of when it does. */
  begin(): void {
    if (this.#client === null || this.#closed || this.#channel !== null) return;
    if (performance.now() < this.#notBefore) return;
    this.#opening = this.#open(this.#client).finally(() => {
      this.#opening = null;
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#listeners.clear();
    await this.#channel?.close();
    await this.#opening;
  }

  async #open(client: ReturnType<typeof listenClients>): Promise<void> {
    const tell = (): void => {
      for (const listener of [...this.#listeners]) listener();
    };
    const channel = new Channel({
      of: "drafts",
      name: this.channelName,
      client,
      trusted: this.#trusted,
      // Beacons of other gateways are no news.
      heard: (text) => text === TEXT && tell(),
      lost: () => {},
      restored: tell,
    });
    this.#channel = channel;
    try {
      await channel.open();
    } catch (error) {
      this.#channel = null;
      const hopeless = isChatError(error) && error.code === "invalid";
      this.#notBefore = hopeless ? Number.POSITIVE_INFINITY : performance.now() + AGAIN_MS;
      return;
    }
    tell();
  }

  #clients(pool: PgPool, listen: ListenSource | undefined): ReturnType<typeof listenClients> | null {
    try {
      return listenClients(pool, listen, this.channelName);
    } catch (error) {
      if (listen !== undefined) throw error;
      return null;
    }
  }
}
