import { CLOSE, type CloseCode, type UserId } from "@earshot/protocol";
import type { RevokedEnvelope, Topic } from "../ports/bus.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { MessageStore } from "../ports/message-store.ts";
import type { Random } from "../ports/random.ts";
import { jittered } from "./pace.ts";

/** A session that a revocation may end. */
export interface RevocableSession {
  /** The newest revocation that was known when its user was found good. */
  readonly mark: number;
  end(close: CloseCode): void;
}

export interface RevocationsSurroundings {
  readonly store: Pick<MessageStore, "revoke" | "revocations">;
  readonly clock: Pick<Clock, "after" | "monotonic">;
  readonly random: Random;
  readonly logger: Logger;
  readonly limits: {
    readonly heartbeatMs: number;
    readonly resumeGraceMs: number;
    readonly revocationsEveryMs: number;
    readonly revocationsKeptMs: number;
    readonly rememberedMax: number;
  };
  sessionsOf(user: UserId): Iterable<RevocableSession>;
  /** Every session of this node. */
  allSessions(): Iterable<RevocableSession>;
  tellNodes(topics: readonly Topic[], said: RevokedEnvelope): void;
}

/** Revocations read in one call. */
const ROWS = 1_000;

interface Remembered {
  readonly mark: number;
  /** Monotonic ms; what was signed before has run out by then. */
  readonly until: number;
}

/**
 * Whose credentials hold no longer (S10, S12). Every revocation has a mark of the store, and what is signed
 * or established here carries the newest mark that this node knew then: a higher one of its user voids it. Bounded:
 * beyond the bound the oldest are forgotten, and what was signed before them is refused, whosever it is.
 *
 * A node that cannot ask the store signs for a shorter and shorter time, so that nothing signed in ignorance
 * outlives what the others remember.
 */
export class Revocations {
  readonly #house: RevocationsSurroundings;
  /** Oldest first. */
  readonly #remembered = new Map<UserId, Remembered>();
  /** What carries a lower mark is refused. */
  #floor = 0;
  #mark = 0;
  /** When the store was last asked and answered, monotonic ms. */
  #askedAt: number | null = null;
  #looks: Promise<void> = Promise.resolve();
  /** A look that was hinted at has not begun yet. */
  #hinted = false;
  #failing = false;
  #timer: Timer | null = null;
  #stopped = false;

  constructor(house: RevocationsSurroundings) {
    this.#house = house;
  }

  /** Every revocation up to it is known here: what is signed now carries it. */
  get mark(): number {
    return this.#mark;
  }

  /** Users remembered. */
  get size(): number {
    return this.#remembered.size;
  }

  /** How long a resume token holds that is signed now, ms. */
  get tokenMs(): number {
    const { clock, limits } = this.#house;
    const ignorantMs = clock.monotonic() - (this.#askedAt ?? 0) - 2 * limits.revocationsEveryMs;
    return Math.max(0, this.#lifeMs - Math.max(0, ignorantMs));
  }

  /** Whether what was signed or established at `mark` for the user holds still. */
  holds(user: UserId, mark: number): boolean {
    return mark >= this.#floor && mark >= (this.#remembered.get(user)?.mark ?? 0);
  }

  /** Reads what is known already, and from then on looks again and again. Rejects as the store does. */
  async start(): Promise<void> {
    await this.#look();
    this.#arm();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#timer = null;
  }

  /**
   * Voids what was signed for the user, and ends their sessions here with 4100; on other nodes that happens
   * when they look, as they are told to. Rejects as the store does: nothing is certain then, and it has to be asked for again.
   */
  async revoke(user: UserId): Promise<void> {
    this.#learn(user, await this.#house.store.revoke(user, this.#keptMs));
    this.#house.tellNodes([`u:${user}`], { kind: "revoked", user });
    // Who comes with new credentials from now on is above it.
    await this.#look().catch(() => {});
  }

  /** Another node says that it has revoked somebody: what it wrote is looked for now. */
  hinted(): void {
    if (this.#hinted || this.#stopped) return;
    this.#hinted = true;
    this.#look().catch(() => {});
  }

  /** Two heartbeats and the grace (protocol, section 3). */
  get #lifeMs(): number {
    const { heartbeatMs, resumeGraceMs } = this.#house.limits;
    return 2 * heartbeatMs + resumeGraceMs;
  }

  /** A token may be signed by who last looked a while ago. */
  get #rememberMs(): number {
    return this.#lifeMs + 4 * this.#house.limits.revocationsEveryMs;
  }

  get #keptMs(): number {
    return Math.max(this.#house.limits.revocationsKeptMs, this.#rememberMs);
  }

  #arm(): void {
    if (this.#stopped) return;
    const { clock, limits, random } = this.#house;
    this.#timer = clock.after(jittered(limits.revocationsEveryMs, random), () => {
      this.#look().then(
        () => this.#arm(),
        () => this.#arm(),
      );
    });
  }

  /** One look after the other. */
  #look(): Promise<void> {
    const look = this.#looks.then(() => this.#read());
    this.#looks = look.catch(() => {});
    return look;
  }

  async #read(): Promise<void> {
    const { store, clock, logger } = this.#house;
    this.#hinted = false;
    const askedAt = clock.monotonic();
    try {
      for (let more = true; more; ) {
        const page = await store.revocations(this.#mark, ROWS);
        for (const [user, mark] of page.revoked) this.#learn(user, mark);
        this.#mark = Math.max(this.#mark, page.mark);
        more = page.more;
      }
    } catch (error) {
      if (!this.#failing) logger.warn({}, "unable to read revocations; trying again");
      this.#failing = true;
      throw error;
    }
    this.#failing = false;
    this.#forget();
    const before = this.#askedAt;
    this.#askedAt = askedAt;
    if (before !== null && askedAt - before > this.#keptMs) this.#endAll();
  }

  #learn(user: UserId, mark: number): void {
    if (mark <= (this.#remembered.get(user)?.mark ?? 0)) return;
    this.#remembered.delete(user);
    this.#remembered.set(user, { mark, until: this.#house.clock.monotonic() + this.#rememberMs });
    const [oldest] = this.#remembered;
    if (this.#remembered.size > this.#house.limits.rememberedMax && oldest !== undefined) {
      this.#remembered.delete(oldest[0]);
      this.#floor = Math.max(this.#floor, oldest[1].mark);
    }
    for (const session of this.#house.sessionsOf(user)) if (session.mark < mark) session.end(CLOSE.expired);
  }

  #forget(): void {
    const now = this.#house.clock.monotonic();
    for (const [user, { until }] of this.#remembered) {
      if (now < until) return;
      this.#remembered.delete(user);
    }
  }

  /** The store may have forgotten whom it revoked while this node could not ask: everybody shows anew who they are. */
  #endAll(): void {
    this.#house.logger.warn({}, "unable to tell who was revoked meanwhile; every session has to authenticate again");
    for (const session of [...this.#house.allSessions()]) session.end(CLOSE.expired);
  }
}
