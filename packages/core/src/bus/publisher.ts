import type { ConversationId, UserId } from "@earshot/protocol";
import type { Bus, Envelope, Publication, Subscription, Topic } from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { Arrival } from "./order-gate.ts";

export interface PublisherSurroundings {
  readonly node: string;
  /** null: a cluster of one. */
  readonly bus: Bus | null;
  readonly logger: Logger;
  readonly clock: Pick<Clock, "after">;
  readonly limits: { readonly topicWithinMs: number };
  /** This node's own delivery. */
  arrive(arrival: Arrival): void;
  /** Who has to hear of it: the members at `membersVersion` or later. */
  members(c: ConversationId, membersVersion: number): Promise<Iterable<UserId>>;
}

/**
 * Tells of what was committed: this node's sessions first, then the other nodes, as a hint that may
 * be lost. Listens for what other nodes tell of users that have a session here.
 */
export class Publisher {
  readonly #house: PublisherSurroundings;
  readonly #topics = new Map<Topic, { readonly subscription: Subscription; readonly ready: Promise<void> }>();

  constructor(house: PublisherSurroundings) {
    this.#house = house;
  }

  /** Topics listened to. */
  get size(): number {
    return this.#topics.size;
  }

  /** After a commit. Never throws; a bus that fails costs latency only. */
  publish(arrival: Arrival): void {
    this.#house.arrive(arrival);
    if (this.#house.bus !== null) void this.#tell(this.#house.bus, arrival);
  }

  /** Listens for a user's events; resolves when none published later can be missed. Never rejects: without the bus there is the log. */
  listen(user: UserId): Promise<void> {
    const { bus, logger } = this.#house;
    if (bus === null) return Promise.resolve();
    const topic: Topic = `u:${user}`;
    const known = this.#topics.get(topic);
    if (known !== undefined) return known.ready;
    const subscription = bus.subscribe(topic, (envelope) => this.#hear(envelope));
    const ready = subscription.ready.catch(() => logger.warn({}, "unable to subscribe; this node will read the log"));
    this.#topics.set(topic, { subscription, ready });
    return ready;
  }

  /** The same, at the latest when `topicWithinMs` have passed: a dead bus must not keep people out. */
  async listening(user: UserId): Promise<void> {
    const { clock, limits } = this.#house;
    await new Promise<void>((resolve) => {
      const timer = clock.after(limits.topicWithinMs, resolve);
      void this.listen(user).then(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  /** The user's last session here has ended. */
  forget(user: UserId): void {
    const topic: Topic = `u:${user}`;
    this.#topics.get(topic)?.subscription.cancel();
    this.#topics.delete(topic);
  }

  #hear(envelope: Envelope): void {
    if (envelope.v !== 1 || envelope.node === this.#house.node) return;
    const { c, epoch, rows, membersVersion } = envelope;
    this.#house.arrive({ c, epoch, rows, membersVersion });
  }

  async #tell(bus: Bus, { c, epoch, rows, membersVersion }: Arrival): Promise<void> {
    try {
      const users = new Set<UserId>(await this.#house.members(c, membersVersion));
      for (const row of rows) {
        if (row.type === "member") for (const [user] of changedIn(row.body)) users.add(user);
      }
      const envelope: Envelope = { v: 1, node: this.#house.node, c, epoch, membersVersion, rows };
      const publication: Publication = { topics: [...users].map((user): Topic => `u:${user}`), envelope };
      await bus.publish([publication]);
    } catch {
      this.#house.logger.warn({ c }, "unable to publish; other nodes will read the log");
    }
  }
}

function changedIn(body: unknown): readonly (readonly [UserId, unknown])[] {
  return (body as { readonly members?: readonly (readonly [UserId, unknown])[] } | undefined)?.members ?? [];
}
