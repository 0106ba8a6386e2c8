import { createHash, randomUUID } from "node:crypto";
import { ChatError } from "@earshot/protocol";
import { destroyClient, type PgListenClient } from "./listen-client.ts";
import { listenFailure } from "./listen-failure.ts";
import { isPooled, pooled } from "./refuse-pooler.ts";
import { partsOf, SaidParts } from "./said-parts.ts";
import { type Saying, Sayings } from "./sayings.ts";
import { schemaOf } from "./schema-of.ts";

const BEACON = "";
const BEACON_EVERY_MS = 2_000;
/** Without its own beacon for so long a connection is dead, whatever the operating system says: noticed within 8 s. */
const SILENCE_MS = 6_000;
const OPEN_WITHIN_MS = 5_000;
/** A new connection that takes longer for one step is given up. */
const ANSWER_MS = 10_000;
/** Before another connection is tried: up to this by chance, doubling with each failure. */
const AGAIN_MS = 100;
const AGAIN_MAX_MS = 2_000;
/** PostgreSQL's longest name. */
const NAME_BYTES_MAX = 63;
/** `pg_notify` for each, in one transaction. */
const NOTIFY = "SELECT pg_notify($1, said) FROM unnest($2::text[]) AS said";

export interface ChannelSurroundings {
  /** What it is for, for errors: "bus". */
  readonly of: string;
  readonly name: string;
  client(): PgListenClient;
  /** Whether the host has said which connection to listen on. One that it has not must not go through a pooler. */
  readonly trusted: boolean;
  /** What another end has said. */
  heard(text: string): void;
  /** The connection is gone; another one is tried for. */
  lost(): void;
  /** It listens again: what was said in between was missed. */
  restored(): void;
}

/** The channel of a namespace for one purpose: `earshot_bus`. */
export function channelOf(namespace: string | undefined, purpose: string): string {
  const name = `${schemaOf(namespace)}_${purpose}`;
  if (name.length <= NAME_BYTES_MAX) return name;
  return `earshot_${createHash("sha256").update(name).digest("hex").slice(0, 40)}`;
}

/**
 * One channel of NOTIFY, on a connection of its own that both listens and says: never a pooled one, which would be handed
 * to somebody else. All that is said while a statement is under way goes with the next one, in one transaction: NOTIFY
 * holds a lock of the whole server from before its commit to its end, so there is one a turn at most, and, as
 * `synchronous_commit` is off here, it does not wait for the disk. A beacon to itself tells that the connection lives:
 * LISTEN dies without an event otherwise.
 */
export class Channel {
  readonly #house: ChannelSurroundings;
  readonly #origin = randomUUID().replaceAll("-", "").slice(0, 16);
  readonly #parts = new SaidParts();
  readonly #sayings = new Sayings();
  readonly #waiting = new Set<() => void>();
  #said = 0;
  /** The connection of now; a call of an earlier one is of no interest. */
  #client: PgListenClient | null = null;
  #up = false;
  #closed = false;
  #failures = 0;
  #heardAt = 0;
  #tickedAt = 0;
  #timer: NodeJS.Timeout | null = null;
  #again: NodeJS.Timeout | null = null;
  #beaconHeard: (() => void) | null = null;

  constructor(house: ChannelSurroundings) {
    this.#house = house;
  }

  /** Rejects, in one sentence, if there is no connection, or if nothing comes back on it. */
  async open(): Promise<void> {
    const doing = `unable to open ${this.#house.of}`;
    try {
      await this.#connect();
      if (!this.#house.trusted && this.#client !== null && (await isPooled(this.#client))) throw pooled(doing);
      await this.#firstBeacon(doing);
    } catch (error) {
      await this.close();
      throw listenFailure(doing, error);
    }
    this.#tickedAt = performance.now();
    this.#timer = setInterval(() => this.#tick(), BEACON_EVERY_MS);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#up = false;
    if (this.#timer !== null) clearInterval(this.#timer);
    if (this.#again !== null) clearTimeout(this.#again);
    const client = this.#client;
    this.#client = null;
    this.#sayings.giveUp(this.#notOpen());
    this.#wake();
    if (client !== null) destroyClient(client);
  }

  /** Resolves when every listening end has it on its way. One that is not heard by them all is told of by nobody: NOTIFY is a hint. */
  say(text: string): Promise<void> {
    if (this.#closed) return Promise.reject(this.#notOpen());
    if (!this.#up || this.#sayings.full) return Promise.reject(this.#down());
    const { idle } = this.#sayings;
    const said = this.#sayings.add(text);
    // What else is said in this turn goes with it.
    if (idle) queueMicrotask(() => void this.#sayNext());
    return said;
  }

  /** Rejects with `unavailable` if the server does not answer. */
  async ping(): Promise<void> {
    await this.say(BEACON);
  }

  /** Resolves when it listens; rejects with `closed` alone. */
  async listening(): Promise<void> {
    while (!this.#up && !this.#closed) await new Promise<void>((resolve) => this.#waiting.add(resolve));
    if (this.#closed) throw this.#notOpen();
  }

  // ---- the connection

  async #connect(): Promise<void> {
    const client = this.#house.client();
    this.#client = client;
    // A death comes as an error 57P01, another error and an end: whichever is first counts.
    client.on("error", () => this.#fall(client));
    client.on("end", () => this.#fall(client));
    client.on("notification", ({ payload = "" }) => {
      if (client === this.#client) this.#hear(payload);
    });
    try {
      await within(client.connect());
      await within(client.query(`SET synchronous_commit = off; LISTEN "${this.#house.name}"`));
    } catch (error) {
      if (this.#client === client) this.#client = null;
      destroyClient(client);
      throw error;
    }
    if (this.#client !== client) throw new Error("the connection broke again");
    this.#heardAt = performance.now();
    this.#up = true;
    this.#failures = 0;
    this.#wake();
  }

  #fall(client: PgListenClient): void {
    if (client !== this.#client) return;
    this.#client = null;
    const wasUp = this.#up;
    this.#up = false;
    destroyClient(client);
    this.#parts.clear();
    this.#sayings.giveUp(this.#down());
    if (!wasUp) return;
    this.#house.lost();
    this.#reconnect();
  }

  #reconnect(): void {
    if (this.#closed) return;
    const waitMs = Math.random() * Math.min(AGAIN_MAX_MS, AGAIN_MS * 2 ** Math.min(this.#failures++, 10));
    this.#again = setTimeout(() => {
      this.#connect().then(
        () => this.#house.restored(),
        () => this.#reconnect(),
      );
    }, waitMs);
  }

  // ---- the beacon

  async #firstBeacon(doing: string): Promise<void> {
    const heard = new Promise<boolean>((resolve) => {
      this.#beaconHeard = () => resolve(true);
      setTimeout(() => resolve(false), OPEN_WITHIN_MS).unref();
    });
    await this.say(BEACON);
    if (!(await heard)) throw pooled(doing);
  }

  #tick(): void {
    const now = performance.now();
    // A process that stood still has not read yet what came meanwhile.
    if (now - this.#tickedAt > 2 * BEACON_EVERY_MS) this.#heardAt = now;
    this.#tickedAt = now;
    if (!this.#up || this.#client === null) return;
    if (now - this.#heardAt > SILENCE_MS) this.#fall(this.#client);
    else this.say(BEACON).catch(() => {});
  }

  // ---- in and out

  #hear(payload: string): void {
    const said = this.#parts.take(payload);
    if (said === null) return;
    if (said.origin !== this.#origin) {
      this.#house.heard(said.text);
      return;
    }
    this.#heardAt = performance.now();
    this.#beaconHeard?.();
  }

  async #sayNext(): Promise<void> {
    for (let client = this.#client; client !== null; client = this.#client) {
      const batch = this.#sayings.take();
      if (batch === null) return;
      const error = await this.#notify(client, batch);
      if (!this.#sayings.done(batch, error)) return;
    }
  }

  async #notify(client: PgListenClient, batch: readonly Saying[]): Promise<ChatError | null> {
    const parts = batch.flatMap(({ text }) => {
      const own = partsOf(this.#origin, this.#said, text);
      this.#said += own.length;
      return own;
    });
    try {
      await client.query({ text: NOTIFY, values: [this.#house.name, parts] });
      return null;
    } catch (error) {
      return listenFailure("unable to publish", error);
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  #down(): ChatError {
    return new ChatError("unavailable", `unable to use ${this.#house.of}; PostgreSQL cannot be reached just now`, {
      retryAfterMs: 1_000,
    });
  }

  #notOpen(): ChatError {
    return new ChatError("closed", `unable to use ${this.#house.of}; it is not open`);
  }
}

/** The same answer, or none in time. */
async function within(answer: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("no answer")), ANSWER_MS);
  });
  await Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
