import type { NodeId } from "@earshot/protocol";
import { LRUCache } from "lru-cache";
import type { Bus, Said, Subscription, Topic } from "../ports/bus.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import { readEnvelope } from "./read-envelope.ts";

/** Who takes what other nodes said, by its kind. */
export type Hearing = { readonly [K in Said["kind"]]: (said: Extract<Said, { readonly kind: K }>) => void };

export interface TopicsSurroundings {
  readonly node: NodeId;
  /** null: a cluster of one. */
  readonly bus: Pick<Bus, "subscribe" | "onInterruption"> | null;
  readonly clock: Pick<Clock, "after">;
  readonly logger: Logger;
  readonly limits: { readonly topicWithinMs: number; readonly heardEnvelopesMax: number };
  readonly hearing: Hearing;
  /** Something of this node has arrived. */
  heard(node: NodeId): void;
}

interface Listening {
  /** How often it was asked for and not forgotten. */
  count: number;
  subscription: Subscription | null;
  /** Resolves when nothing published later can be missed, or when there is no hope of it for now. */
  ready: Promise<void>;
  /** The same, after `topicWithinMs` at the latest. */
  soon: Promise<void>;
}

/** Wait before a topic that the bus refused is asked for again. */
const AGAIN_MS = 5_000;

/**
 * What this node listens to on the bus, each topic once however many ask for it. What is heard goes to the one who
 * takes its kind: once, though it may come by several topics, and never what this node said itself or does not know.
 * Nothing here rejects or throws: without the bus there is the store.
 */
export class Topics {
  readonly #house: TopicsSurroundings;
  readonly #topics = new Map<Topic, Listening>();
  readonly #heard: LRUCache<string, true>;
  /** The bus refused them. */
  readonly #failed = new Set<Topic>();
  #again: Timer | null = null;
  #undo: (() => void) | null = null;
  /** It was logged already that the bus refuses topics. */
  #refused = false;
  /** It was logged already that what comes is not understood, or not taken. */
  #failing = false;

  constructor(house: TopicsSurroundings) {
    this.#house = house;
    this.#heard = new LRUCache({ max: house.limits.heardEnvelopesMax });
  }

  /** Topics listened to, but for `nodes`, which is always. */
  get size(): number {
    return this.#topics.size - (this.#topics.has("nodes") ? 1 : 0);
  }

  /** The bus is open. */
  start(): void {
    this.#undo = this.#house.bus?.onInterruption(() => this.#retry()) ?? null;
  }

  stop(): void {
    this.#undo?.();
    this.#undo = null;
    this.#again?.cancel();
    this.#again = null;
    this.#failed.clear();
    for (const { subscription } of this.#topics.values()) subscription?.cancel();
    this.#topics.clear();
  }

  /** Listens to a topic, until it is forgotten as often. */
  listen(topic: Topic): void {
    const { bus } = this.#house;
    if (bus === null) return;
    const known = this.#topics.get(topic);
    if (known !== undefined) {
      known.count++;
      return;
    }
    const listening: Listening = { count: 1, subscription: null, ready: DONE, soon: DONE };
    this.#topics.set(topic, listening);
    this.#subscribe(bus, topic, listening);
  }

  /** One who asked for it does not any longer. */
  forget(topic: Topic): void {
    const known = this.#topics.get(topic);
    if (known === undefined || --known.count > 0) return;
    this.#topics.delete(topic);
    this.#failed.delete(topic);
    known.subscription?.cancel();
  }

  /** Resolves when nothing said later to a topic that is listened to can be missed; or when `topicWithinMs` have passed, as a dead bus must not keep people out. */
  ready(topic: Topic): Promise<void> {
    return this.#topics.get(topic)?.soon ?? DONE;
  }

  #subscribe(bus: Pick<Bus, "subscribe">, topic: Topic, listening: Listening): void {
    listening.ready = this.#ready(bus, topic, listening);
    listening.soon = this.#soon(listening.ready);
  }

  async #ready(bus: Pick<Bus, "subscribe">, topic: Topic, listening: Listening): Promise<void> {
    let subscription: Subscription | null = null;
    try {
      subscription = bus.subscribe(topic, (given) => this.#hear(given));
      listening.subscription = subscription;
      await subscription.ready;
      this.#failed.delete(topic);
      this.#refused &&= this.#failed.size > 0;
    } catch {
      subscription?.cancel();
      if (this.#topics.get(topic) !== listening || listening.subscription !== subscription) return;
      listening.subscription = null;
      if (!this.#refused)
        this.#house.logger.warn({}, "unable to subscribe; this node reads the store, and tries again");
      this.#refused = true;
      this.#failed.add(topic);
      this.#again ??= this.#house.clock.after(AGAIN_MS, () => this.#retry());
    }
  }

  #soon(ready: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#house.clock.after(this.#house.limits.topicWithinMs, resolve);
      void ready.then(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  /** The bus may be there again. */
  #retry(): void {
    this.#again?.cancel();
    this.#again = null;
    const { bus } = this.#house;
    if (bus === null) return;
    for (const topic of [...this.#failed]) {
      const listening = this.#topics.get(topic);
      if (listening?.subscription === null) this.#subscribe(bus, topic, listening);
    }
  }

  #hear(given: unknown): void {
    try {
      const envelope = readEnvelope(given);
      if (envelope === null) {
        this.#fail("what another node says is not understood; it may be of another version");
        return;
      }
      const { node, n } = envelope;
      if (node === this.#house.node || this.#heard.has(`${node} ${n}`)) return;
      this.#heard.set(`${node} ${n}`, true);
      this.#house.heard(node);
      const take = this.#house.hearing[envelope.kind] as (said: Said) => void;
      take(envelope);
    } catch {
      this.#fail("unable to take what another node says");
    }
  }

  /** Once in a run: a peer says such things as often as it speaks. */
  #fail(why: string): void {
    if (!this.#failing) this.#house.logger.warn({}, why);
    this.#failing = true;
  }
}

const DONE: Promise<void> = Promise.resolve();
