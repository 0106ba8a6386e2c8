import type { Bus, Envelope, Publication, Subscription, Topic } from "@earshot/core";
import { ChatError } from "@earshot/protocol";
import type { Msg, Subscription as NatsSubscription } from "@nats-io/transport-node";
import { natsFailure } from "./nats-failure.ts";
import { NatsLink } from "./nats-link.ts";
import { readPublications, withText, writePublications } from "./publication-text.ts";
import type { NatsSource } from "./require-connection.ts";
import { Subjects } from "./subjects.ts";
import { TopicListeners } from "./topic-listeners.ts";

export interface NatsBusOptions {
  /** Keeps clusters that share a server apart; part of every subject. Default `default`. */
  readonly namespace?: string;
}

/** More topics than these, and an envelope goes to every node once instead of to each topic. */
const TOPICS_EACH_MAX = 16;
/** The same for all that it weighs, written to each of its topics. */
const BYTES_EACH_MAX = 65_536;
/** What was published and not yet taken by the server; beyond it `publish` rejects. */
const UNTAKEN_BYTES_MAX = 16 * 2 ** 20;

/**
 * A bus on core NATS: a subject for each topic, so that a gateway is sent what it listens to and nothing else; an
 * envelope of many topics goes to every gateway once, which then looks for itself. At most once: NATS keeps nothing, so
 * what is published while a gateway is not connected is missed, and told by `onInterruption` when the link breaks and
 * again when it stands.
 *
 * `connection`: of `@nats-io/transport-node`, or the promise that `connect` gives; made with `natsOptions`. It stays the
 * host's and is never closed here; several engines may share one.
 *
 * `open` rejects with `unavailable` (no server), `unauthenticated`, `forbidden` (the user may not use `earshot.>`) or
 * `invalid` (a connection that gives up reconnecting; a server older than 2.9; a small `max_payload`).
 */
export function natsBus(connection: NatsSource, options: NatsBusOptions = {}): Bus {
  return new NatsBus(connection, options);
}

class NatsBus implements Bus {
  readonly #subjects: Subjects;
  readonly #link: NatsLink;
  readonly #listeners = new TopicListeners();
  readonly #subscriptions = new Map<Topic, NatsSubscription>();
  readonly #interrupted = new Set<() => void>();
  /** Topics that NATS does not let this user subscribe to, and why. */
  readonly #refused = new Map<Topic, Error>();
  #all: NatsSubscription | null = null;
  #untakenBytes = 0;
  #state: "new" | "open" | "closed" = "new";

  constructor(connection: NatsSource, { namespace = "default" }: NatsBusOptions) {
    this.#subjects = new Subjects(namespace);
    const tell = (): void => {
      for (const listener of [...this.#interrupted]) listener();
    };
    this.#link = new NatsLink(connection, {
      of: "bus",
      beacon: (end) => this.#subjects.beacon(end),
      lost: tell,
      restored: tell,
    });
  }

  async open(): Promise<void> {
    if (this.#state !== "new") throw new ChatError("conflict", "unable to open bus; it was opened before");
    this.#state = "open";
    try {
      await this.#link.open();
      this.#all = this.#link.connection.subscribe(this.#subjects.all, {
        callback: (error, message) => {
          if (!error) this.#hear(null, message);
        },
      });
      await this.#link.flush("unable to open bus");
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#state = "closed";
    for (const subscription of [this.#all, ...this.#subscriptions.values()]) subscription?.unsubscribe();
    this.#link.close();
    this.#all = null;
    this.#subscriptions.clear();
    this.#listeners.clear();
    this.#interrupted.clear();
  }

  async ping(): Promise<void> {
    this.#requireOpen();
    await this.#link.flush("unable to reach bus");
  }

  async publish(batch: readonly Publication[]): Promise<void> {
    this.#requireOpen();
    if (batch.length === 0) return;
    // What the driver holds while it reconnects it drops in the end: this says so at once.
    if (!this.#link.up || this.#untakenBytes > UNTAKEN_BYTES_MAX) throw this.#link.down("unable to publish");
    const before = this.#untakenBytes;
    let tooLarge = false;
    try {
      for (const publication of batch) tooLarge = !this.#send(publication) || tooLarge;
    } catch (error) {
      this.#untakenBytes = before;
      throw natsFailure("unable to publish", error);
    }
    const bytes = this.#untakenBytes - before;
    try {
      await this.#link.flush("unable to publish");
    } finally {
      this.#untakenBytes -= bytes;
    }
    if (tooLarge) throw new ChatError("too_large", "unable to publish; an envelope is over the server's max_payload");
  }

  subscribe(topic: Topic, on: (envelope: Envelope) => void): Subscription {
    if (this.#state !== "open") {
      const ready = Promise.reject(notOpen());
      ready.catch(() => {});
      return { ready, cancel: () => {} };
    }
    const undo = this.#listeners.add(topic, on);
    if (!this.#subscriptions.has(topic)) this.#subscribe(topic);
    const ready = this.#ready(topic);
    ready.catch(() => {});
    return {
      ready,
      cancel: () => {
        if (undo()) this.#unsubscribe(topic);
      },
    };
  }

  onInterruption(listener: () => void): () => void {
    const own = (): void => listener();
    this.#interrupted.add(own);
    return () => {
      this.#interrupted.delete(own);
    };
  }

  // ---- out

  /** false: it is too large for the server. */
  #send(publication: Publication): boolean {
    const { topics, text } = withText(publication);
    const { connection, name } = this.#link;
    const each = topics.length <= TOPICS_EACH_MAX && topics.length * text.length <= BYTES_EACH_MAX;
    const subjects =
      each || topics.length === 1 ? topics.map((topic) => this.#subjects.topic(topic)) : [this.#subjects.all];
    const bytes = Buffer.from(
      writePublications(name, [{ topics: subjects[0] === this.#subjects.all ? topics : null, text }]),
    );
    if (bytes.length > (connection.info?.max_payload ?? Number.POSITIVE_INFINITY)) return false;
    for (const subject of subjects) connection.publish(subject, bytes);
    this.#untakenBytes += subjects.length * bytes.length;
    return true;
  }

  // ---- in

  #subscribe(topic: Topic): void {
    this.#refused.delete(topic);
    try {
      const subscription = this.#link.connection.subscribe(this.#subjects.topic(topic), {
        callback: (error, message) => {
          if (error) this.#refuse(topic, error);
          else this.#hear(topic, message);
        },
      });
      this.#subscriptions.set(topic, subscription);
    } catch (error) {
      // The host has closed its connection, or drains it.
      this.#refuse(topic, error as Error);
    }
  }

  #unsubscribe(topic: Topic): void {
    this.#subscriptions.get(topic)?.unsubscribe();
    this.#subscriptions.delete(topic);
    this.#refused.delete(topic);
  }

  /** The driver has forgotten the subscription: whoever asks again gets a new one. */
  #refuse(topic: Topic, error: Error): void {
    this.#subscriptions.delete(topic);
    this.#refused.set(topic, error);
  }

  async #ready(topic: Topic): Promise<void> {
    if (!this.#refused.has(topic)) await this.#link.settled();
    const refusal = this.#refused.get(topic);
    if (refusal !== undefined) throw natsFailure("unable to subscribe", refusal);
  }

  #hear(topic: Topic | null, message: Msg): void {
    const said = readPublications(message.string());
    if (said === null || said.origin === this.#link.name) return;
    for (const { topics, text } of said.publications) {
      for (const each of topics ?? (topic === null ? [] : [topic])) this.#listeners.deliver(each, text);
    }
  }

  #requireOpen(): void {
    if (this.#state !== "open") throw notOpen();
  }
}

function notOpen(): ChatError {
  return new ChatError("closed", "unable to use bus; it is not open");
}
