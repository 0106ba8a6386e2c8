import { type ConversationId, isChatError, type NodeId } from "@earshot/protocol";
import { HeldLease } from "../held-lease.ts";
import type { Clock } from "../ports/clock.ts";
import type { Retention } from "../ports/conversation-settings.ts";
import type { Logger } from "../ports/logger.ts";
import type { MessageStore } from "../ports/message-store.ts";
import type { Random } from "../ports/random.ts";
import { againAfterMs, jittered } from "./pace.ts";
import { WakeUp } from "./wake-up.ts";

export interface RetentionSurroundings {
  readonly node: NodeId;
  readonly store: Pick<MessageStore, "conversations" | "expire" | "lease" | "position">;
  readonly clock: Pick<Clock, "after" | "now" | "monotonic">;
  readonly random: Random;
  readonly logger: Logger;
  readonly limits: { readonly retentionEveryMs: number; readonly retentionRowsMax: number };
  /** What the host keeps at most; null: everything. */
  readonly retention: Retention | null;
}

/** Conversations read in one call. */
const CONVERSATIONS = 1_000;
/** Work after which the store is left to others, for as long as it took. */
const WORK_MS = 20;
/** The same between two slices of one conversation, at least. */
const BREATH_MS = 10;
/** How long the work stays this node's without a renewal. */
const LEASE_MS = 30_000;
const NAME = "retention";

/**
 * Takes away what is older, or more, than is to be kept: by a walk over all conversations, a slice at a time,
 * on one node at a time. It goes on where it was, on whatever node, and takes at most half of the store's time.
 */
export class RetentionWalk {
  readonly #house: RetentionSurroundings;
  readonly #lease: HeldLease;
  readonly #pause: WakeUp;
  #work: Promise<void> = Promise.resolve();
  #stopped = false;
  /** ms of work since the last pause. */
  #busyMs = 0;

  constructor(house: RetentionSurroundings) {
    this.#house = house;
    this.#lease = new HeldLease(house, NAME, LEASE_MS);
    this.#pause = new WakeUp(house.clock);
  }

  start(): void {
    this.#work = this.#run();
  }

  /** Resolves when the slice in hand is done, and the work is another node's to take. Never rejects. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#pause.wake();
    await this.#work;
    await this.#lease.giveUp();
  }

  async #run(): Promise<void> {
    const { limits, random, logger } = this.#house;
    // The node that was there first has the work, and keeps it; where this fails the next try tells.
    await this.#lease.claim().catch(() => false);
    for (let failures = 0; !this.#stopped; ) {
      await this.#pause.sleep(
        failures > 0 ? againAfterMs(failures, random) : jittered(limits.retentionEveryMs, random),
      );
      if (this.#stopped) return;
      try {
        if (await this.#lease.claim()) await this.#walk();
        failures = 0;
      } catch (error) {
        failures++;
        const code = isChatError(error) ? error.code : "internal";
        if (!this.#stopped) logger.warn({ code, failures }, "unable to take away what is past retention; trying again");
      }
    }
  }

  /** Once over all conversations, from where it stopped; or as long as it is this node's work. */
  async #walk(): Promise<void> {
    const { store, retention } = this.#house;
    let kept = await store.position(NAME);
    for (;;) {
      const after = kept === null || kept === "" ? null : kept;
      const page = await this.#timed(() => store.conversations(after, CONVERSATIONS));
      for (const { conversation, retention: own } of page) {
        const rule = stricter(retention, own);
        if (rule !== null) await this.#expire(conversation, rule);
        if (this.#over) return;
      }
      const more = page.length >= CONVERSATIONS;
      const to = more ? (page.at(-1)?.conversation ?? "") : "";
      if (to !== (kept ?? "")) kept = await store.position(NAME, { from: kept, to });
      if (!more || kept !== to || this.#over) return;
    }
  }

  get #over(): boolean {
    return this.#stopped || !this.#lease.held;
  }

  async #expire(conversation: ConversationId, { age, messages }: Retention): Promise<void> {
    const { store, clock, limits } = this.#house;
    for (;;) {
      const rule = {
        ...(age === undefined ? {} : { before: clock.now() - age }),
        ...(messages === undefined ? {} : { messages }),
      };
      const expired = await this.#timed(() => store.expire(conversation, rule, limits.retentionRowsMax));
      if (expired === null || !expired.more) return;
      await this.#pause.sleep(BREATH_MS);
      if (this.#over) return;
    }
  }

  /** Works, and then leaves the store to others for as long, in pieces that are worth a timer. */
  async #timed<T>(work: () => Promise<T>): Promise<T> {
    const began = this.#house.clock.monotonic();
    const result = await work();
    this.#busyMs += this.#house.clock.monotonic() - began;
    if (this.#busyMs >= WORK_MS && !this.#stopped) {
      await this.#pause.sleep(this.#busyMs);
      this.#busyMs = 0;
    }
    return result;
  }
}

/** What both allow to be kept; null: everything. Pure. */
function stricter(host: Retention | null, own: Retention | null): Retention | null {
  const age = Math.min(host?.age ?? Number.POSITIVE_INFINITY, own?.age ?? Number.POSITIVE_INFINITY);
  const messages = Math.min(host?.messages ?? Number.POSITIVE_INFINITY, own?.messages ?? Number.POSITIVE_INFINITY);
  if (age === Number.POSITIVE_INFINITY && messages === Number.POSITIVE_INFINITY) return null;
  return {
    ...(age === Number.POSITIVE_INFINITY ? {} : { age }),
    ...(messages === Number.POSITIVE_INFINITY ? {} : { messages }),
  };
}
