import type { ConversationId } from "@earshot/protocol";
import type { Head } from "../ports/bus.ts";
import type { Clock, Timer } from "../ports/clock.ts";

export interface HeadsAgainSurroundings {
  readonly clock: Pick<Clock, "after">;
  readonly limits: {
    readonly headsAgainMs: number;
    readonly headsAgainMax: number;
    readonly changesPerPageMax: number;
  };
  tell(heads: readonly Head[]): void;
}

/**
 * Heads of what was published, told once more when it must have arrived: who lost the last envelope of a
 * conversation notices (I26). Each waits for one to two times `headsAgainMs`. Bounded: of more the digest tells.
 */
export class HeadsAgain {
  readonly #house: HeadsAgainSurroundings;
  /** Put in this span. */
  #fresh = new Map<ConversationId, Head>();
  /** Put in the one before. */
  #due = new Map<ConversationId, Head>();
  #timer: Timer | null = null;

  constructor(house: HeadsAgainSurroundings) {
    this.#house = house;
  }

  put(head: Head): void {
    const { clock, limits } = this.#house;
    const known = this.#fresh.get(head.c);
    if (known !== undefined && !replaces(head, known)) return;
    if (known === undefined && this.#fresh.size + this.#due.size >= limits.headsAgainMax) return;
    this.#fresh.set(head.c, head);
    this.#timer ??= clock.after(limits.headsAgainMs, () => this.#turn());
  }

  /** Tells at once what waits: the node is leaving. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = null;
    const heads = new Map([...this.#due, ...this.#fresh]);
    this.#due = new Map();
    this.#fresh = new Map();
    this.#tell(heads);
  }

  #turn(): void {
    const { clock, limits } = this.#house;
    const due = this.#due;
    this.#due = this.#fresh;
    this.#fresh = new Map();
    this.#timer = this.#due.size === 0 ? null : clock.after(limits.headsAgainMs, () => this.#turn());
    this.#tell(due);
  }

  /** No more in one envelope than in a page of the store's changes. */
  #tell(told: ReadonlyMap<ConversationId, Head>): void {
    const heads = [...told.values()];
    const { changesPerPageMax } = this.#house.limits;
    for (let from = 0; from < heads.length; from += changesPerPageMax)
      this.#house.tell(heads.slice(from, from + changesPerPageMax));
  }
}

/** Unless it is an earlier one of the same life, which was only said later. */
function replaces(head: Head, known: Head): boolean {
  if ("gone" in head || "gone" in known) return "gone" in head;
  return head.epoch !== known.epoch || head.head >= known.head;
}
