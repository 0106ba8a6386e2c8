import type { ConversationId, Epoch, UserId } from "@earshot/protocol";

/** One member's watermarks that are not written yet. */
export interface HeldWatermark {
  readonly user: UserId;
  readonly c: ConversationId;
  /** The life of the log that the seqs are of; null: not known. */
  epoch: Epoch | null;
  /** 0: as it is. */
  delivered: number;
  read: number | undefined;
  /** When `read` was last asked for, as a number that rises. */
  readAsked: number;
  /** Others are told even if nothing rises by this write. */
  announce: boolean;
  readonly waiters: { resolve(): void; reject(error: unknown): void }[];
  /** When it is to be written, monotonic ms. */
  dueAt: number;
  lane: Set<HeldWatermark> | null;
}

/**
 * Watermarks by member and by the time when they are due: one lane for each time that is waited, in
 * which they stand in the order of their moment. Bounded. Pure.
 */
export class HeldWatermarks {
  readonly #max: number;
  readonly #perUserMax: number;
  readonly #users = new Map<UserId, Map<ConversationId, HeldWatermark>>();
  /** By the time waited, in ms. */
  readonly #lanes = new Map<number, Set<HeldWatermark>>();
  #writing = 0;
  #count = 0;

  /** `max`: of all, taken ones too; `perUserMax`: held of one user. */
  constructor(max: number, perUserMax = max) {
    this.#max = max;
    this.#perUserMax = perUserMax;
  }

  /** Held, or taken and not settled yet. */
  get size(): number {
    return this.#count + this.#writing;
  }

  /** When the first is due; null: none is held. */
  get dueAt(): number | null {
    let first: number | null = null;
    for (const lane of this.#lanes.values()) {
      for (const { dueAt } of lane) {
        first = Math.min(first ?? dueAt, dueAt);
        break;
      }
    }
    return first;
  }

  isDue(now: number): boolean {
    return (this.dueAt ?? Number.POSITIVE_INFINITY) <= now;
  }

  get(user: UserId, c: ConversationId): HeldWatermark | undefined {
    return this.#users.get(user)?.get(c);
  }

  /** Of one user, or of all. */
  *of(user?: UserId): Iterable<HeldWatermark> {
    const users = user === undefined ? this.#users.values() : [this.#users.get(user) ?? new Map()];
    for (const conversations of users) yield* conversations.values() as Iterable<HeldWatermark>;
  }

  /**
   * What is held of a member, a new one if nothing was; null: there is no room for one more. `epoch`: the life of the
   * log that what comes is of, in which seqs of another one say nothing (I19); null: not known.
   */
  hold(user: UserId, c: ConversationId, epoch: Epoch | null = null): HeldWatermark | null {
    const known = this.get(user, c);
    if (known !== undefined) {
      if (!sameLife(known.epoch, epoch)) Object.assign(known, { delivered: 0, read: undefined });
      known.epoch = epoch ?? known.epoch;
      return known;
    }
    if (this.size >= this.#max || (this.#users.get(user)?.size ?? 0) >= this.#perUserMax) return null;
    const held: HeldWatermark = {
      user,
      c,
      epoch,
      delivered: 0,
      read: undefined,
      readAsked: 0,
      announce: false,
      waiters: [],
      dueAt: Number.POSITIVE_INFINITY,
      lane: null,
    };
    this.#add(held);
    return held;
  }

  /** It is due within `ms` from now, or when it was if that is sooner. */
  due(held: HeldWatermark, ms: number, now: number): void {
    if (held.dueAt <= now + ms) return;
    held.lane?.delete(held);
    let lane = this.#lanes.get(ms);
    if (lane === undefined) {
      lane = new Set();
      this.#lanes.set(ms, lane);
    }
    lane.add(held);
    held.lane = lane;
    held.dueAt = now + ms;
  }

  /** Takes up to `max` that are due. Each has to be settled, or restored. */
  take(now: number, max: number): readonly HeldWatermark[] {
    const taken: HeldWatermark[] = [];
    for (const lane of this.#lanes.values()) {
      for (const held of lane) {
        if (held.dueAt > now || taken.length === max) break;
        this.forget(held);
        taken.push(held);
      }
    }
    this.#writing += taken.length;
    return taken;
  }

  /** One that was taken is written, or given up. */
  settled(): void {
    this.#writing--;
  }

  /** One that was taken could not be written: it is due again, together with what came meanwhile. */
  restore(held: HeldWatermark, ms: number, now: number): void {
    this.#writing--;
    const newer = this.get(held.user, held.c);
    if (newer === undefined) {
      Object.assign(held, { dueAt: Number.POSITIVE_INFINITY, lane: null });
      this.#add(held);
      this.due(held, ms, now);
      return;
    }
    if (sameLife(newer.epoch, held.epoch)) {
      newer.epoch ??= held.epoch;
      newer.delivered = Math.max(newer.delivered, held.delivered);
      if (held.read !== undefined) newer.read = Math.max(newer.read ?? 0, held.read);
    }
    newer.readAsked = Math.max(newer.readAsked, held.readAsked);
    newer.announce ||= held.announce;
    this.due(newer, ms, now);
  }

  forget(held: HeldWatermark): void {
    held.lane?.delete(held);
    held.lane = null;
    const conversations = this.#users.get(held.user);
    if (conversations === undefined || !conversations.delete(held.c)) return;
    this.#count--;
    if (conversations.size === 0) this.#users.delete(held.user);
  }

  #add(held: HeldWatermark): void {
    const conversations = this.#users.get(held.user);
    if (conversations === undefined) this.#users.set(held.user, new Map([[held.c, held]]));
    else conversations.set(held.c, held);
    this.#count++;
  }
}

/** Unless it is known that they are two. */
function sameLife(one: Epoch | null, other: Epoch | null): boolean {
  return one === null || other === null || one === other;
}
