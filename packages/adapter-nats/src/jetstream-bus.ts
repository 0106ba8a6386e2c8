import type { Bus, Envelope, Publication, Subscription, Topic } from "@earshot/core";
import { ChatError } from "@earshot/protocol";
import { type JetStreamClient, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import { natsFailure, passingFailure } from "./nats-failure.ts";
import { NatsLink } from "./nats-link.ts";
import type { StreamPlan } from "./open-stream.ts";
import { readPublications, withText, writePublications } from "./publication-text.ts";
import type { NatsSource } from "./require-connection.ts";
import { StreamReader } from "./stream-reader.ts";
import { Subjects } from "./subjects.ts";
import { TopicListeners } from "./topic-listeners.ts";

export interface JetStreamBusOptions {
  /** Keeps clusters that share a server apart; part of the stream's name and subject. Default `default`. */
  readonly namespace?: string;
  /** How long the stream keeps what was published, in ms: a gateway that was away for longer reads the store. Default 600,000. */
  readonly keepMs?: number;
  /** The same in bytes. Default 268,435,456. */
  readonly keepBytes?: number;
  /** Servers of a NATS cluster that hold the stream: 1 to 5. Default 1. */
  readonly replicas?: number;
  /** Default `file`. `memory`: a server that restarts has forgotten it. */
  readonly storage?: "file" | "memory";
}

const ANSWER_MS = 2_000;
/** How long it is tried to have a message stored. */
const TRIED_MS = 10_000;
const AGAIN_MS = 200;
/** Publications that are written as one message of the stream; a larger one is a message of its own. */
const MESSAGE_BYTES_MAX = 131_072;
/** What was published and is not stored yet; beyond it `publish` rejects. */
const UNSTORED_BYTES_MAX = 16 * 2 ** 20;

/**
 * A bus on one JetStream stream, which every gateway reads whole, by one consumer of its own, from the position it has
 * reached: what is published while it is not connected arrives when it is back. `onInterruption` is called where the
 * stream has forgotten something before it was read, or was lost. Publishing is tried for 10 s, under one message id,
 * which the stream drops when it comes again within two minutes; after that an envelope may come twice.
 *
 * JetStream acknowledges what it has written, not what is on the disk: a server syncs every two minutes unless
 * `sync_interval` says otherwise (nats-server 2.10), so a power cut may take acknowledged envelopes with it, and one
 * replica of them is one disk. A bus is a hint: nothing but latency is lost with it, and no store should be built so.
 *
 * `connection` and the errors of `open` are as with `natsBus`; `invalid` also where JetStream is not enabled,
 * `forbidden` where the account may not use it.
 */
export function jetstreamBus(connection: NatsSource, options: JetStreamBusOptions = {}): Bus {
  return new JetStreamBus(connection, options);
}

class JetStreamBus implements Bus {
  readonly #subjects: Subjects;
  readonly #plan: StreamPlan;
  readonly #link: NatsLink;
  readonly #listeners = new TopicListeners();
  readonly #interrupted = new Set<() => void>();
  #jetstream: JetStreamClient | null = null;
  #reader: StreamReader | null = null;
  #messages = 0;
  #unstoredBytes = 0;
  #state: "new" | "open" | "closed" = "new";

  constructor(connection: NatsSource, options: JetStreamBusOptions) {
    const { namespace = "default" } = options;
    this.#subjects = new Subjects(namespace);
    this.#plan = planOf(this.#subjects.log, namespace, options);
    this.#link = new NatsLink(connection, {
      of: "bus",
      beacon: (end) => this.#subjects.beacon(end),
      lost: () => {},
      restored: () => this.#reader?.restart(),
    });
  }

  async open(): Promise<void> {
    if (this.#state !== "new") throw new ChatError("conflict", "unable to open bus; it was opened before");
    this.#state = "open";
    try {
      await this.#link.open();
      const { connection } = this.#link;
      const { streams, consumers } = await jetstreamManager(connection, { timeout: ANSWER_MS });
      this.#jetstream = jetstream(connection, { timeout: ANSWER_MS });
      const missed = (): void => this.#tell();
      this.#reader = new StreamReader({
        connection,
        streams,
        consumers,
        plan: this.#plan,
        complete: true,
        take: (message) => this.#hear(message.string()),
        missed,
        anew: missed,
      });
      await this.#reader.start("end");
    } catch (error) {
      await this.close();
      throw natsFailure("unable to open bus", error);
    }
  }

  async close(): Promise<void> {
    this.#state = "closed";
    this.#reader?.stop();
    this.#link.close();
    this.#listeners.clear();
    this.#interrupted.clear();
  }

  async ping(): Promise<void> {
    this.#requireOpen();
    await this.#link.flush("unable to reach bus");
  }

  async publish(batch: readonly Publication[]): Promise<void> {
    this.#requireOpen();
    const messages = this.#messagesOf(batch);
    const bytes = messages.reduce((sum, message) => sum + message.length, 0);
    if (this.#unstoredBytes + bytes > UNSTORED_BYTES_MAX) throw this.#link.down("unable to publish");
    this.#unstoredBytes += bytes;
    try {
      await Promise.all(messages.map((message) => this.#store(message)));
    } finally {
      this.#unstoredBytes -= bytes;
    }
  }

  subscribe(topic: Topic, on: (envelope: Envelope) => void): Subscription {
    if (this.#state !== "open") {
      const ready = Promise.reject(notOpen());
      ready.catch(() => {});
      return { ready, cancel: () => {} };
    }
    const undo = this.#listeners.add(topic, on);
    // The stream is read whole, from a position that is kept: nothing later can be missed.
    return { ready: Promise.resolve(), cancel: () => void undo() };
  }

  onInterruption(listener: () => void): () => void {
    const own = (): void => listener();
    this.#interrupted.add(own);
    return () => {
      this.#interrupted.delete(own);
    };
  }

  // ---- out

  #messagesOf(batch: readonly Publication[]): readonly Uint8Array[] {
    const messages: Uint8Array[] = [];
    let gathered: ReturnType<typeof withText>[] = [];
    let size = 0;
    const flush = (): void => {
      if (gathered.length > 0) messages.push(Buffer.from(writePublications(this.#link.name, gathered)));
      gathered = [];
      size = 0;
    };
    for (const publication of batch) {
      if (publication.topics.length === 0) continue;
      const written = withText(publication);
      if (size + written.text.length > MESSAGE_BYTES_MAX) flush();
      gathered.push(written);
      size += written.text.length;
    }
    flush();
    return messages;
  }

  /** Tries for a while: what the stream has under this id already it does not take twice. */
  async #store(message: Uint8Array): Promise<void> {
    const msgID = `${this.#link.name}-${++this.#messages}`;
    const until = performance.now() + TRIED_MS;
    if (message.length > (this.#link.connection.info?.max_payload ?? Number.POSITIVE_INFINITY)) {
      throw new ChatError("too_large", "unable to publish; an envelope is over the server's max_payload");
    }
    for (;;) {
      try {
        await this.#jetstream?.publish(this.#subjects.log, message, { msgID });
        return;
      } catch (error) {
        this.#requireOpen();
        if (performance.now() > until || this.#link.connection.isClosed())
          throw passingFailure("unable to publish", error);
        await new Promise<void>((resolve) => setTimeout(resolve, AGAIN_MS * (0.5 + Math.random())));
      }
    }
  }

  // ---- in

  #hear(text: string): void {
    const said = readPublications(text);
    if (said === null || said.origin === this.#link.name) return;
    for (const { topics, text: envelope } of said.publications) {
      for (const topic of topics ?? []) this.#listeners.deliver(topic, envelope);
    }
  }

  #tell(): void {
    for (const listener of [...this.#interrupted]) listener();
  }

  #requireOpen(): void {
    if (this.#state !== "open") throw notOpen();
  }
}

function planOf(
  subject: string,
  namespace: string,
  { keepMs = 600_000, keepBytes = 256 * 2 ** 20, replicas = 1, storage = "file" }: JetStreamBusOptions,
): StreamPlan {
  return {
    name: `earshot_${namespace}_bus`,
    subjects: [subject],
    retention: "limits",
    discard: "old",
    storage,
    num_replicas: replicas,
    max_age: nanos(keepMs),
    max_bytes: keepBytes,
    duplicate_window: nanos(Math.min(keepMs, 120_000)),
  };
}

function notOpen(): ChatError {
  return new ChatError("closed", "unable to use bus; it is not open");
}
