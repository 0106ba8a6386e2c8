import { BUCKETS } from "../keys.ts";

/** Where a bucket stands: its clock, and which life of it this is ("" the first). */
export interface BucketMoment {
  readonly at: number;
  readonly life: string;
}

/** The newest change that Redis has told of each bucket: one that has fallen back behind it was put back. */
export class BucketClocks {
  readonly size = BUCKETS;
  readonly #seen = new Array<number>(BUCKETS).fill(0);
  readonly #lives = new Map<number, string>();
  readonly #onNewLife: () => void;

  /** `onNewLife`: a bucket is in another life than it was: something was lost, maybe everything. Must not throw. */
  constructor(onNewLife: () => void) {
    this.#onNewLife = onNewLife;
  }

  seen(bucket: number): number {
    return this.#seen[bucket] ?? 0;
  }

  /** Buckets that are known to be in another life than their first, and which. */
  laterLives(): readonly (readonly [bucket: number, life: string])[] {
    return [...this.#lives].filter(([, life]) => life !== "");
  }

  /** Takes in what a script says of a bucket, "clock life". */
  hear(bucket: number, told: unknown): BucketMoment {
    const [at = "0", life = ""] = String(told).split(" ");
    const moment = { at: Number(at), life };
    if (moment.at > this.seen(bucket)) this.#seen[bucket] = moment.at;
    const before = this.#lives.get(bucket) ?? life;
    this.#lives.set(bucket, life);
    if (before !== life) this.#onNewLife();
    return moment;
  }
}
