import { randomUUID } from "node:crypto";
import { ChatError } from "@earshot/protocol";
import type { NatsConnection, Status, Subscription } from "@nats-io/transport-node";
import { breakConnection } from "./break-connection.ts";
import { natsFailure } from "./nats-failure.ts";
import { held, type NatsSource, requireConnection } from "./require-connection.ts";

const BEACON_EVERY_MS = 2_000;
/** Without its own beacon for so long a link is dead, whatever the operating system says: noticed within 8 s. */
const SILENCE_MS = 6_000;
/** An answer that takes longer counts as none. */
const ANSWER_MS = 5_000;

export interface NatsLinkSurroundings {
  /** What is linked, for errors: "bus". */
  readonly of: string;
  /** A subject that nobody but this end uses, by the end's name. */
  beacon(end: string): string;
  /** The connection is gone; the driver opens it anew. */
  lost(): void;
  /** The server knows of every subscription again. What was said in between, and what was on its way, was missed. */
  restored(): void;
}

/**
 * One end's use of the host's connection: knows whether it stands. The driver reconnects and subscribes again by
 * itself, but does not notice a link on which nothing comes through any longer: this does, by a beacon to itself.
 */
export class NatsLink {
  /** This end's name, of this life of it. */
  readonly name = randomUUID().replaceAll("-", "");
  readonly #house: NatsLinkSurroundings;
  readonly #source: NatsSource;
  readonly #waiting = new Set<() => void>();
  #settling: Promise<void> | null = null;
  #connection: NatsConnection | null = null;
  #statuses: AsyncIterable<Status> | null = null;
  #beacon: Subscription | null = null;
  #timer: NodeJS.Timeout | null = null;
  #heardAt = 0;
  #tickedAt = 0;
  #up = false;
  #closed = false;

  constructor(source: NatsSource, house: NatsLinkSurroundings) {
    this.#source = held(source);
    this.#house = house;
  }

  /** Whether what is published now has a server to go to. */
  get up(): boolean {
    return this.#up;
  }

  get connection(): NatsConnection {
    if (this.#connection === null) throw this.#notOpen();
    return this.#connection;
  }

  /** Rejects, in one sentence, where the adapters cannot keep their promises: see `requireConnection`; and where no beacon comes back. */
  async open(): Promise<void> {
    const doing = `unable to open ${this.#house.of}`;
    this.#connection = await requireConnection(this.#source, doing);
    if (this.#closed) throw this.#notOpen();
    this.#statuses = this.#connection.status();
    void this.#follow(this.#statuses);
    try {
      await this.#firstBeacon(this.#connection);
    } catch (error) {
      this.close();
      throw natsFailure(doing, error);
    }
    this.#up = true;
    this.#tickedAt = performance.now();
    this.#timer = setInterval(() => this.#tick(), BEACON_EVERY_MS);
  }

  /** The connection stays open: it is the host's. */
  close(): void {
    this.#closed = true;
    this.#up = false;
    if (this.#timer !== null) clearInterval(this.#timer);
    if (this.#connection?.isClosed() === false) this.#beacon?.unsubscribe();
    (this.#statuses as { stop?(): void } | null)?.stop?.();
    this.#wake();
  }

  /** Resolves when the server has taken all that was said before. Rejects with `unavailable` if nobody knows. */
  async flush(doing: string): Promise<void> {
    if (!this.#up) throw this.down(doing);
    try {
      await within(this.connection.flush());
    } catch (error) {
      throw this.#closed ? this.#notOpen() : natsFailure(doing, error);
    }
  }

  /** The same, however often the connection breaks meanwhile; rejects with `closed` alone. One question for all who ask in a turn. */
  settled(): Promise<void> {
    this.#settling ??= Promise.resolve().then(() => {
      this.#settling = null;
      return this.#settle();
    });
    return this.#settling;
  }

  async #settle(): Promise<void> {
    while (!this.#closed) {
      try {
        return await this.flush("unable to subscribe");
      } catch {
        if (!this.#closed && !this.#up) await new Promise<void>((resolve) => this.#waiting.add(resolve));
      }
    }
    throw this.#notOpen();
  }

  down(doing: string): ChatError {
    return new ChatError("unavailable", `${doing}; the NATS server cannot be reached just now`, {
      retryAfterMs: 1_000,
    });
  }

  // ---- the beacon

  async #firstBeacon(connection: NatsConnection): Promise<void> {
    const subject = this.#house.beacon(this.name);
    await within(
      new Promise<void>((resolve, reject) => {
        const heard = (): void => {
          this.#heardAt = performance.now();
          resolve();
        };
        this.#beacon = connection.subscribe(subject, { callback: (error) => (error ? reject(error) : heard()) });
        void this.#refusal(connection, subject).then(reject);
        connection.publish(subject);
      }),
    );
  }

  /** Resolves with the error if NATS does not let this end publish there: that comes as a status alone. */
  async #refusal(connection: NatsConnection, subject: string): Promise<Error> {
    const statuses = connection.status();
    setTimeout(() => (statuses as { stop?(): void }).stop?.(), ANSWER_MS).unref();
    for await (const status of statuses) {
      if (status.type !== "error") continue;
      const { error } = status as { readonly error: Error & { readonly subject?: string } };
      if (error.name === "PermissionViolationError" && error.subject === subject) return error;
    }
    return new Promise(() => {});
  }

  #tick(): void {
    const now = performance.now();
    // A process that stood still has not read yet what came meanwhile.
    if (now - this.#tickedAt > 2 * BEACON_EVERY_MS) this.#heardAt = now;
    this.#tickedAt = now;
    if (!this.#up || this.#connection === null || this.#connection.isClosed()) return;
    if (now - this.#heardAt > SILENCE_MS) {
      this.#fall();
      breakConnection(this.#connection);
      return;
    }
    try {
      this.#connection.publish(this.#house.beacon(this.name));
    } catch {
      // The host drains its connection: that it is closed comes as a status.
    }
  }

  // ---- what the driver says

  async #follow(statuses: AsyncIterable<Status>): Promise<void> {
    for await (const { type } of statuses) {
      if (this.#closed) return;
      if (type === "disconnect" || type === "close") this.#fall();
      else if (type === "reconnect") void this.#rise();
    }
  }

  #fall(): void {
    if (!this.#up) return;
    this.#up = false;
    this.#house.lost();
  }

  async #rise(): Promise<void> {
    try {
      await within(this.connection.flush());
    } catch (error) {
      // Nothing comes through. Or it broke again, and another reconnect follows.
      if (error instanceof Error && error.name === "TimeoutError" && !this.#closed) breakConnection(this.connection);
      return;
    }
    if (this.#closed || this.#up) return;
    this.#up = true;
    this.#heardAt = performance.now();
    this.#wake();
    this.#house.restored();
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  #notOpen(): ChatError {
    return new ChatError("closed", `unable to use ${this.#house.of}; it is not open`);
  }
}

/** The same answer, or a TimeoutError. */
function within<T>(answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(Object.assign(new Error("no answer"), { name: "TimeoutError" }));
    }, ANSWER_MS);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
