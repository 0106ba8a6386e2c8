import type { UserId } from "@earshot/protocol";
import { type JetStreamManager, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { type KV, Kvm } from "@nats-io/kv";
import type { Msg } from "@nats-io/transport-node";
import type { Delivery } from "./delivery-of.ts";
import { natsFailure, passingFailure } from "./nats-failure.ts";
import { NatsLink } from "./nats-link.ts";
import type { StreamPlan } from "./open-stream.ts";
import {
  bucketOf,
  type NatsPresenceOptions,
  type PresencePlans,
  presencePlans,
  SEEN_USERS_MAX,
} from "./presence-plans.ts";
import {
  type LeaseRecord,
  presenceKeyOf,
  recordOf,
  type SessionRecord,
  seenKey,
  seenUserOf,
  tickKey,
} from "./presence-records.ts";
import { PresenceReplica } from "./presence-replica.ts";
import type { NatsSource } from "./require-connection.ts";
import { SeenUsers } from "./seen-users.ts";
import { ServerClock } from "./server-clock.ts";
import { StreamReader } from "./stream-reader.ts";
import { Subjects } from "./subjects.ts";

const ANSWER_MS = 5_000;
const SEEN_ATTEMPTS_MAX = 4;
/** JetStream's code for a key that was written since. */
const WRITTEN_SINCE = 10_071;

/** The two buckets, what they hold, and the server's clock. */
export class PresenceBuckets {
  readonly clock = new ServerClock();
  readonly replica: PresenceReplica;
  readonly seen: SeenUsers;
  readonly #link: NatsLink;
  readonly #plans: PresencePlans;
  #readers: readonly StreamReader[] = [];
  #sessions: KV | null = null;
  #lastSeen: KV | null = null;
  #reaching: Promise<void> | null = null;
  #next: Promise<void> | null = null;
  /** Of the question that is under way. */
  #giveUp: (() => void) | null = null;

  constructor(connection: NatsSource, options: NatsPresenceOptions, changed: (user: UserId) => void) {
    const { namespace = "default", seenUsersMax = SEEN_USERS_MAX } = options;
    const subjects = new Subjects(namespace);
    this.replica = new PresenceReplica(changed);
    this.seen = new SeenUsers(seenUsersMax);
    this.#plans = presencePlans(namespace, options);
    this.#link = new NatsLink(connection, {
      of: "presence store",
      beacon: (end) => subjects.beacon(end),
      lost: () => this.#giveUp?.(),
      restored: () => {
        for (const reader of this.#readers) reader.restart();
      },
    });
  }

  async open(): Promise<void> {
    try {
      await this.#link.open();
      const { connection } = this.#link;
      const api = await jetstreamManager(connection, { timeout: ANSWER_MS });
      const readers = [
        this.#reader(
          api,
          this.#plans.sessions,
          (key, text, delivery) => this.#take(key, text, delivery),
          () => this.replica.clear(),
        ),
        this.#reader(
          api,
          this.#plans.seen,
          (key, text, delivery) => this.#takeSeen(key, text, delivery),
          () => this.seen.clear(),
        ),
      ];
      this.#readers = readers;
      for (const reader of readers) await reader.start("beginning");
      const buckets = new Kvm(jetstream(connection, { timeout: ANSWER_MS }));
      this.#sessions = await buckets.open(bucketOf(this.#plans.sessions));
      this.#lastSeen = await buckets.open(bucketOf(this.#plans.seen));
      await this.#sessions.put(tickKey(this.#link.name), "1");
      await this.reached();
    } catch (error) {
      throw natsFailure("unable to open presence store", error);
    }
  }

  close(): void {
    for (const reader of this.#readers) reader.stop();
    this.#link.close();
  }

  /** Resolves when everything that was written before is known here; one question for all who ask at once. */
  reached(): Promise<void> {
    if (this.#reaching === null) {
      this.#reaching = this.#reach().finally(() => {
        this.#reaching = null;
      });
      return this.#reaching;
    }
    // What is under way may have asked before the caller's last write.
    this.#next ??= this.#reaching
      .catch(() => {})
      .then(() => {
        this.#next = null;
        return this.reached();
      });
    return this.#next;
  }

  /** Has the server stamp something, so that its time is known. */
  tick(): void {
    void this.#sessions?.put(tickKey(this.#link.name), "1").catch(() => {});
  }

  put(key: string, record: SessionRecord): Promise<unknown> {
    return this.#written(this.#sessions?.put(key, JSON.stringify(record)));
  }

  delete(key: string): Promise<unknown> {
    return this.#written(this.#sessions?.delete(key));
  }

  /** Writes over that revision alone (0: where there is none). false: it was written since. */
  replace(key: string, record: LeaseRecord, revision: number): Promise<boolean> {
    return this.#replaced(this.#sessions, key, JSON.stringify(record), revision);
  }

  /** The user was here at `at`, or later. */
  async see(user: UserId, at: number): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const known = this.seen.get(user);
      if (known !== undefined && known.at >= at) return;
      const text = JSON.stringify({ at });
      if (attempt === SEEN_ATTEMPTS_MAX) {
        // The key is there, and not known here: it was forgotten, as the oldest of many.
        await this.#written(this.#lastSeen?.put(seenKey(user), text));
        return;
      }
      if (await this.#replaced(this.#lastSeen, seenKey(user), text, known?.revision ?? 0)) return;
      await this.reached();
    }
  }

  // ---- writing

  async #written(answer: Promise<unknown> | undefined): Promise<void> {
    try {
      await answer;
    } catch (error) {
      throw passingFailure("unable to write presence", error);
    }
  }

  async #replaced(bucket: KV | null, key: string, text: string, previousSeq: number): Promise<boolean> {
    try {
      await bucket?.put(key, text, { previousSeq });
      return true;
    } catch (error) {
      if ((error as { readonly code?: unknown } | null)?.code === WRITTEN_SINCE) return false;
      throw passingFailure("unable to write presence", error);
    }
  }

  // ---- reading

  async #reach(): Promise<void> {
    if (!this.#link.up) throw this.#link.down("unable to use presence store");
    const { promise: late, reject } = Promise.withResolvers<never>();
    this.#giveUp = () => reject(this.#link.down("unable to read presence"));
    const timer = setTimeout(this.#giveUp, ANSWER_MS);
    try {
      await Promise.race([Promise.all(this.#readers.map((reader) => reader.reached())), late]);
    } catch (error) {
      throw passingFailure("unable to read presence", error);
    } finally {
      clearTimeout(timer);
      this.#giveUp = null;
    }
  }

  #reader(
    { streams, consumers }: JetStreamManager,
    plan: StreamPlan,
    take: (key: string, text: string, delivery: Delivery) => void,
    anew: () => void,
  ): StreamReader {
    const prefix = `$KV.${bucketOf(plan)}.`;
    return new StreamReader({
      connection: this.#link.connection,
      streams,
      consumers,
      plan,
      complete: false,
      take: (message: Msg, delivery) => {
        this.clock.observe(delivery.at);
        take(message.subject.slice(prefix.length), message.string(), delivery);
      },
      missed: () => {},
      anew,
    });
  }

  #take(key: string, text: string, { at: stamp, streamSeq: revision }: Delivery): void {
    const about = presenceKeyOf(key);
    if (about === null) return;
    const at = Math.floor(stamp);
    const record = recordOf(text);
    if (about.kind === "lease") {
      if (record !== null) this.replica.putLease(about.node, { ...(record as unknown as LeaseRecord), at, revision });
    } else if (record === null) this.replica.deleteSession(about.node, about.session);
    else this.replica.putSession({ ...(record as unknown as SessionRecord), ...about, at });
  }

  #takeSeen(key: string, text: string, { streamSeq: revision }: Delivery): void {
    const user = seenUserOf(key);
    const at = recordOf(text)?.["at"];
    if (user !== null && typeof at === "number") this.seen.put(user, { at, revision });
  }
}
