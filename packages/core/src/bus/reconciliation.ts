import { isChatError, type NodeId } from "@earshot/protocol";
import { FIXED_LIMITS } from "../fixed-limits.ts";
import { HeldLease } from "../held-lease.ts";
import type { Bus, Head, HeadsEnvelope, Said, Topic } from "../ports/bus.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { MessageStore } from "../ports/message-store.ts";
import type { Change } from "../ports/pages.ts";
import type { Random } from "../ports/random.ts";

export interface ReconciliationSurroundings {
  readonly node: NodeId;
  /** null: a cluster of one, in which nothing can be missed. */
  readonly bus: Pick<Bus, "onInterruption"> | null;
  readonly store: Pick<MessageStore, "changes" | "feedEnd" | "lease">;
  readonly clock: Pick<Clock, "after" | "monotonic">;
  readonly random: Pick<Random, "float">;
  readonly logger: Logger;
  readonly limits: {
    readonly changesEveryMs: number;
    readonly changesPerPageMax: number;
    readonly digestWithinMs: number;
    readonly digestLeaseMs: number;
  };
  tellNodes(topics: readonly Topic[], said: Said): void;
  /** Where conversations stand that have changed. */
  take(heads: readonly Head[]): void;
  /** The store was put back: everything that is known of any conversation has to be looked at. */
  lookAtAll(): Promise<void>;
}

/** What an envelope that is on its way while the store is read has until its event is read, too. */
const GRACE_MS = 200;
/** The name of the lease of the node that reads for all. */
const LEASE = "digest";

/**
 * Finds what the bus lost: lost last events, dead publishers, conversations that this node never heard of (I26, trap
 * 1). One node of the cluster, by lease, reads what has changed in the store and tells the others in a digest; a
 * node that has heard none for `digestWithinMs`, or whose bus was interrupted, reads for itself, at once and then
 * every `changesEveryMs`. Every digest says from which mark to which it was read, so that one that was lost is noticed
 * with the next. The mark begins at the feed's end.
 */
export class Reconciliation {
  readonly #house: ReconciliationSurroundings;
  readonly #lease: HeldLease;
  /** Every change up to it was looked at; null: it has to be looked at everything. */
  #mark: string | null = null;
  /** When a digest was heard last, monotonic ms; null: none, or what came since is not to be relied on. */
  #heardAt: number | null = null;
  /** Readings and digests, one after the other. */
  #turns: Promise<void> = Promise.resolve();
  #waiting = 0;
  #timer: Timer | null = null;
  #undo: (() => void) | null = null;
  #leaving = false;
  #stopped = false;
  #failing = false;

  constructor(house: ReconciliationSurroundings) {
    this.#house = house;
    this.#lease = new HeldLease(house, LEASE, house.limits.digestLeaseMs);
  }

  /** Whether this node reads for all. */
  get reads(): boolean {
    return this.#lease.held;
  }

  /** Store and bus are open, nobody is here yet. Rejects as the store does. */
  async start(): Promise<void> {
    const { bus, store } = this.#house;
    if (bus === null) return;
    this.#mark = await store.feedEnd();
    this.#undo = bus.onInterruption(() => this.#interrupted());
    this.#arm();
  }

  /** This node is leaving: another reads for all from now on. Never rejects. */
  async leave(): Promise<void> {
    this.#leaving = true;
    await this.#lease.giveUp();
  }

  /** Ends. Never rejects. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#undo?.();
    this.#timer?.cancel();
    await this.leave();
  }

  /** Another node's digest. */
  heard({ digest, heads }: Pick<HeadsEnvelope, "digest" | "heads">): void {
    if (digest === null || this.#lease.held) return;
    const heardAt = this.#house.clock.monotonic();
    this.#heardAt = heardAt;
    if (this.#waiting >= FIXED_LIMITS.waitingDigestsMax) return;
    this.#behind(async () => {
      if (digest.mark === this.#mark) return;
      if (digest.after === null) await this.#anew();
      else if (digest.after !== this.#mark) await this.#read(false);
      else await this.#take(heads, heardAt);
      this.#mark = digest.mark;
    });
  }

  // ---- when

  /** The bus may have lost anything. */
  #interrupted(): void {
    this.#heardAt = null;
    this.#timer?.cancel();
    this.#look();
  }

  get #silent(): boolean {
    return this.#silentInMs <= 0;
  }

  /** ms until this node has not heard of the one that reads for too long. */
  get #silentInMs(): number {
    if (this.#heardAt === null) return 0;
    return this.#heardAt + this.#house.limits.digestWithinMs - this.#house.clock.monotonic();
  }

  #arm(): void {
    if (this.#stopped) return;
    const { clock, limits, random } = this.#house;
    // Within a fifth of it, by chance: nodes that began together do not stay together.
    const everyMs = limits.changesEveryMs * (0.9 + random.float() / 5);
    const waitMs = this.#lease.held || this.#silent ? everyMs : this.#silentInMs;
    this.#timer?.cancel();
    this.#timer = clock.after(waitMs, () => this.#look());
  }

  #look(): void {
    this.#timer = null;
    this.#behind(async () => {
      if (!this.#lease.held && !this.#silent) return;
      await this.#read(await this.#readsForAll());
    }, true);
  }

  async #readsForAll(): Promise<boolean> {
    if (this.#lease.held || this.#leaving) return this.#lease.held;
    return this.#lease.claim();
  }

  #behind(turn: () => Promise<void>, again = false): void {
    this.#waiting++;
    this.#turns = this.#turns
      .then(() => (this.#stopped ? undefined : turn()))
      .then(
        () => {
          this.#failing = false;
        },
        (error: unknown) => this.#failed(error),
      )
      .then(() => {
        this.#waiting--;
        if (again) this.#arm();
      });
  }

  #failed(error: unknown): void {
    if (isChatError(error) && error.code === "closed") this.#stopped = true;
    else if (!this.#failing) this.#house.logger.warn({}, "unable to read what has changed; trying again");
    this.#failing = true;
  }

  // ---- what

  /** Reads every change since the mark. `forAll`: and tells the other nodes. */
  async #read(forAll: boolean): Promise<void> {
    const { store, clock, limits } = this.#house;
    for (let more = true; more && !this.#stopped; ) {
      const after = this.#mark;
      const page = after === null ? null : await store.changes(after, limits.changesPerPageMax).catch(nullIfInvalid);
      if (page === null) {
        const mark = await this.#anew();
        if (forAll) this.#tell(null, mark, []);
        return;
      }
      const heads = page.changes.map(headOf);
      if (forAll) this.#tell(after, page.mark, heads);
      // What the earlier pages tell of was written a while ago.
      await this.#take(heads, forAll && !page.more ? clock.monotonic() : null);
      this.#mark = page.mark;
      more = page.more;
    }
  }

  /** The store does not know the mark: it was put back. Gives the one to go on from. */
  async #anew(): Promise<string> {
    this.#mark = null;
    const mark = await this.#house.store.feedEnd();
    await this.#house.lookAtAll();
    this.#mark = mark;
    return mark;
  }

  #tell(after: string | null, mark: string, heads: readonly Head[]): void {
    this.#house.tellNodes(["nodes"], { kind: "heads", digest: { after, mark }, heads });
  }

  /** `readAt`: while the bus is well, what was just written then may still be on its way. */
  async #take(heads: readonly Head[], readAt: number | null): Promise<void> {
    if (heads.length === 0) return;
    const { clock } = this.#house;
    const waitMs = readAt === null ? 0 : readAt + GRACE_MS - clock.monotonic();
    if (waitMs > 0) await new Promise<void>((resolve) => clock.after(waitMs, resolve));
    if (!this.#stopped) this.#house.take(heads);
  }
}

function headOf(change: Change): Head {
  const { conversation: c } = change;
  if ("gone" in change) return { c, gone: true };
  const { epoch, head, ord, mode, membersVersion } = change;
  return { c, epoch, head, ord, mode, membersVersion };
}

function nullIfInvalid(error: unknown): null {
  if (isChatError(error) && error.code === "invalid") return null;
  throw error;
}
