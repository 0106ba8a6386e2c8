import type { Bus, Envelope, Publication, Subscription, Topic } from "@earshot/core";
import { ChatError } from "@earshot/protocol";
import { Channel, channelOf } from "./channel.ts";
import { type ListenSource, listenClients } from "./listen-client.ts";
import type { PgPool } from "./pg-pool.ts";
import { readLines, writeLines } from "./publication-lines.ts";
import { TopicListeners } from "./topic-listeners.ts";

export interface PostgresBusOptions {
  /** Keeps clusters that share a database apart; part of the channel's name. Default `default`. */
  readonly namespace?: string;
  /** A connection straight to PostgreSQL. Needed where the pool goes through a pooler, on which LISTEN does not hold. Default: as the pool connects. */
  readonly listen?: ListenSource;
}

/** Envelopes that are said as one text. */
const TEXT_CHARACTERS_MAX = 65_536;

/**
 * A bus on LISTEN and NOTIFY: a cluster without another system. Each engine has one connection of its own for it,
 * beside the pool. At most once: what is published while a gateway is not connected is missed, and told by
 * `onInterruption` when its connection breaks and again when it listens.
 *
 * One channel for everything, with the topics in front of each envelope. A channel for each topic would make PostgreSQL
 * walk, for every notification, through the list of all that a connection listens to, one for each user of a gateway;
 * hashed channels would still bring most of them to every gateway. A look at the topics costs a gateway a microsecond.
 *
 * Envelopes travel whole: a larger one as several notifications of 8,000 bytes, which come together and in order as
 * they are of one transaction. A table for them would cost a write, a read for each gateway and a sweep, and lose
 * what it holds in a crash all the same. Every gateway is sent everything, and NOTIFY commits one at a time for the
 * whole server: for more than some thousand messages a second, or some ten gateways, take NATS or Redis.
 *
 * `pool`: a `pg.Pool`, which says how to connect and is not used otherwise. `open` rejects with `unavailable` (no server),
 * `unauthenticated`, or `invalid` (no such database; a pooler in between).
 */
export function postgresBus(pool: PgPool, options: PostgresBusOptions = {}): Bus {
  return new PostgresBus(pool, options);
}

class PostgresBus implements Bus {
  readonly #channel: Channel;
  readonly #listeners = new TopicListeners();
  readonly #interrupted = new Set<() => void>();
  #state: "new" | "open" | "closed" = "new";

  constructor(pool: PgPool, { namespace, listen }: PostgresBusOptions) {
    const tell = (): void => {
      for (const listener of [...this.#interrupted]) listener();
    };
    const name = channelOf(namespace, "bus");
    this.#channel = new Channel({
      of: "bus",
      name,
      client: listenClients(pool, listen, name),
      trusted: listen !== undefined,
      heard: (text) => this.#hear(text),
      lost: tell,
      restored: tell,
    });
  }

  async open(): Promise<void> {
    if (this.#state !== "new") throw new ChatError("conflict", "unable to open bus; it was opened before");
    this.#state = "open";
    await this.#channel.open();
  }

  async close(): Promise<void> {
    this.#state = "closed";
    this.#listeners.clear();
    this.#interrupted.clear();
    await this.#channel.close();
  }

  async ping(): Promise<void> {
    this.#requireOpen();
    await this.#channel.ping();
  }

  async publish(batch: readonly Publication[]): Promise<void> {
    this.#requireOpen();
    await Promise.all(textsOf(batch).map((text) => this.#channel.say(text)));
  }

  subscribe(topic: Topic, on: (envelope: Envelope) => void): Subscription {
    if (this.#state !== "open") {
      const ready = Promise.reject(notOpen());
      ready.catch(() => {});
      return { ready, cancel: () => {} };
    }
    const undo = this.#listeners.add(topic, on);
    const ready = this.#channel.listening();
    ready.catch(() => {});
    return { ready, cancel: () => void undo() };
  }

  onInterruption(listener: () => void): () => void {
    const own = (): void => listener();
    this.#interrupted.add(own);
    return () => {
      this.#interrupted.delete(own);
    };
  }

  #hear(said: string): void {
    for (const { topics, text } of readLines(said)) {
      for (const topic of topics) this.#listeners.deliver(topic, text);
    }
  }

  #requireOpen(): void {
    if (this.#state !== "open") throw notOpen();
  }
}

/** Some together: a notification costs the server more than its bytes. */
function textsOf(batch: readonly Publication[]): readonly string[] {
  const texts: string[] = [];
  let lines: string[] = [];
  let characters = 0;
  const flush = (): void => {
    if (lines.length > 0) texts.push(lines.join("\n"));
    lines = [];
    characters = 0;
  };
  for (const publication of batch) {
    if (publication.topics.length === 0) continue;
    const written = writeLines(publication);
    if (characters + written.length > TEXT_CHARACTERS_MAX) flush();
    lines.push(written);
    characters += written.length;
  }
  flush();
  return texts;
}

function notOpen(): ChatError {
  return new ChatError("closed", "unable to use bus; it is not open");
}
