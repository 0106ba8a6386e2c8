import type { ConsumerInfo, JetStreamManager, StreamInfo } from "@nats-io/jetstream";
import { createInbox, type Msg, type NatsConnection, nanos, type Subscription } from "@nats-io/transport-node";
import { controlOf, type Delivery, deliveryOf } from "./delivery-of.ts";
import { openStream, type StreamPlan } from "./open-stream.ts";

export interface StreamReaderSurroundings {
  readonly connection: NatsConnection;
  readonly streams: JetStreamManager["streams"];
  readonly consumers: JetStreamManager["consumers"];
  readonly plan: StreamPlan;
  /** Whether every seq of the stream is to be seen: of a log. Else later words on a subject stand for earlier ones. */
  readonly complete: boolean;
  take(message: Msg, delivery: Delivery): void;
  /** Of a log something was trimmed before it was read. */
  missed(): void;
  /** The stream was lost and made anew: what was read of it is no more. */
  anew(): void;
}

const HEARTBEAT_MS = 1_000;
/** Without a heartbeat for so long the consumer is gone, whatever was said of it. */
const SILENCE_MS = 4_000;
/** The server forgets a consumer that nobody listens to after so long. */
const FORGOTTEN_AFTER_MS = 30_000;
const AGAIN_MIN_MS = 50;
const AGAIN_MAX_MS = 2_000;

/**
 * Reads a stream in order, from one position on, by one consumer that the server pushes to and does not keep: whatever
 * becomes of consumer, connection or server, it goes on from the position by another one.
 */
export class StreamReader {
  readonly #house: StreamReaderSurroundings;
  #position = 0;
  #created: string | null = null;
  #consumer: ConsumerInfo | null = null;
  #subscription: Subscription | null = null;
  #consumerSeq = 0;
  #heardAt = 0;
  /** Of the attempt that is under way or stands. */
  #life = 0;
  #failures = 0;
  #again: NodeJS.Timeout | null = null;
  #watch: NodeJS.Timeout | null = null;
  #stopped = false;
  readonly #waiting = new Set<{ readonly seq: number; readonly resolve: () => void }>();

  constructor(house: StreamReaderSurroundings) {
    this.#house = house;
  }

  /** Begins behind what is in the stream now, or with its first message. Rejects as JetStream does. */
  async start(from: "end" | "beginning"): Promise<void> {
    const info = await openStream(this.#house.streams, this.#house.plan);
    this.#created = info.created;
    this.#position = from === "end" ? info.state.last_seq : 0;
    await this.#read(++this.#life, info);
    this.#watch = setInterval(() => {
      if (performance.now() - this.#heardAt > SILENCE_MS) this.restart();
    }, HEARTBEAT_MS);
  }

  /** The connection was lost and is back. */
  restart(): void {
    if (this.#stopped) return;
    const life = ++this.#life;
    this.#heardAt = performance.now();
    if (this.#again !== null) clearTimeout(this.#again);
    this.#again = null;
    this.#leave();
    void this.#resume(life);
  }

  /** Resolves when everything that is in the stream now was taken. Rejects as JetStream does. */
  async reached(): Promise<void> {
    const { created, state } = await this.#house.streams.info(this.#house.plan.name);
    if (this.#stopped || state.messages === 0) return;
    // Another life of the stream counts anew: what it holds is read from its beginning.
    if (created !== this.#created && this.#created !== null) this.restart();
    if (created === this.#created && this.#position >= state.last_seq) return;
    await new Promise<void>((resolve) => this.#waiting.add({ seq: state.last_seq, resolve }));
  }

  stop(): void {
    this.#stopped = true;
    this.#life++;
    if (this.#watch !== null) clearInterval(this.#watch);
    if (this.#again !== null) clearTimeout(this.#again);
    this.#leave();
    this.#release(Number.POSITIVE_INFINITY);
  }

  async #resume(life: number): Promise<void> {
    try {
      const info = await openStream(this.#house.streams, this.#house.plan);
      if (life !== this.#life) return;
      this.#look(info);
      await this.#read(life, info);
      this.#failures = 0;
    } catch {
      if (life !== this.#life) return;
      const waitMs = Math.min(AGAIN_MAX_MS, AGAIN_MIN_MS * 2 ** Math.min(this.#failures++, 10));
      this.#again = setTimeout(() => this.restart(), waitMs * (0.5 + Math.random() / 2));
    }
  }

  /** What became of the stream meanwhile. */
  #look({ created, state }: StreamInfo): void {
    if (created !== this.#created || state.last_seq < this.#position) {
      this.#created = created;
      this.#position = 0;
      this.#house.anew();
      // Their seqs are of a life that is over.
      this.#release(Number.POSITIVE_INFINITY);
    }
    if (this.#house.complete && state.first_seq > this.#position + 1) {
      this.#position = state.first_seq - 1;
      this.#house.missed();
    }
  }

  async #read(life: number, { config }: StreamInfo): Promise<void> {
    const { connection, consumers } = this.#house;
    const inbox = createInbox();
    this.#consumerSeq = 0;
    this.#heardAt = performance.now();
    const subscription = connection.subscribe(inbox, {
      callback: (error, message) => {
        if (life !== this.#life) return;
        if (error) this.restart();
        else this.#hear(message);
      },
    });
    this.#subscription = subscription;
    const consumer = await consumers.add(config.name, {
      deliver_subject: inbox,
      deliver_policy: "by_start_sequence",
      opt_start_seq: this.#position + 1,
      ack_policy: "none",
      max_deliver: 1,
      flow_control: true,
      idle_heartbeat: nanos(HEARTBEAT_MS),
      inactive_threshold: nanos(FORGOTTEN_AFTER_MS),
      mem_storage: true,
      num_replicas: 1,
    });
    if (life === this.#life) this.#consumer = consumer;
    else this.#forget(consumer);
  }

  #hear(message: Msg): void {
    this.#heardAt = performance.now();
    const control = controlOf(message);
    if (control?.kind === "flow") message.respond();
    else if (control?.kind === "ended") this.restart();
    else if (control?.kind === "heartbeat") {
      if (control.stalled !== null) this.#house.connection.publish(control.stalled);
      if (control.consumerSeq !== this.#consumerSeq) this.restart();
    } else this.#take(message);
  }

  #take(message: Msg): void {
    const delivery = deliveryOf(message);
    if (delivery === null) return;
    if (delivery.consumerSeq !== this.#consumerSeq + 1) {
      this.restart();
      return;
    }
    this.#consumerSeq = delivery.consumerSeq;
    if (this.#house.complete && delivery.streamSeq !== this.#position + 1) this.#house.missed();
    this.#position = delivery.streamSeq;
    this.#house.take(message, delivery);
    this.#release(this.#position);
  }

  /** Whoever waits for no more than this. */
  #release(position: number): void {
    for (const waiting of this.#waiting) {
      if (waiting.seq > position) continue;
      this.#waiting.delete(waiting);
      waiting.resolve();
    }
  }

  #leave(): void {
    const { connection } = this.#house;
    if (!connection.isClosed()) this.#subscription?.unsubscribe();
    this.#subscription = null;
    if (this.#consumer !== null) this.#forget(this.#consumer);
    this.#consumer = null;
  }

  #forget({ stream_name, name }: ConsumerInfo): void {
    if (!this.#house.connection.isClosed()) void this.#house.consumers.delete(stream_name, name).catch(() => {});
  }
}
