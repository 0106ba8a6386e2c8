import { ChatError, LIMITS } from "@earshot/protocol";
import type { Clock } from "../ports/clock.ts";

export interface UnreadTextsSurroundings {
  readonly clock: Pick<Clock, "endOfTurn">;
  readonly limits: { readonly pollFramesMax: number };
  /** Takes one. */
  take(text: string): void;
}

/** What is read in one turn, in UTF-16 units, and what a short text counts as: as from a socket, so that nobody else waits for long. */
const READ_UNITS = 65_536;
const TEXT_UNITS_MIN = 128;

/** Texts of taken polls on their way to the session: in order, as far as it reads, and within bounds. */
export class UnreadTexts {
  readonly #house: UnreadTextsSurroundings;
  #texts: string[] = [];
  #units = 0;
  #reads = true;
  #later = false;

  constructor(house: UnreadTextsSurroundings) {
    this.#house = house;
  }

  /** Throws `rate_limited` if those that wait leave no room for these. */
  makeRoom(texts: readonly string[], units: number): void {
    const { pollFramesMax } = this.#house.limits;
    if (this.#texts.length + texts.length <= pollFramesMax && this.#units + units <= LIMITS.httpBodyBytesMax) return;
    throw new ChatError("rate_limited", "unable to take poll; those before it are not read yet", {
      retryAfterMs: 1_000,
    });
  }

  add(texts: readonly string[], units: number): void {
    for (const text of texts) this.#texts.push(text);
    this.#units += units;
    this.read();
  }

  pause(): void {
    this.#reads = false;
  }

  resume(): void {
    if (this.#reads) return;
    this.#reads = true;
    this.#readLater();
  }

  /** Hands on what there is, up to the bound of one turn. */
  read(): void {
    for (let units = 0; this.#reads && this.#texts.length > 0; ) {
      if (units >= READ_UNITS) {
        this.#readLater();
        return;
      }
      const text = this.#texts.shift() as string;
      this.#units -= text.length;
      units += Math.max(text.length, TEXT_UNITS_MIN);
      this.#house.take(text);
    }
  }

  /** Forgets what waits. */
  clear(): void {
    this.#texts = [];
    this.#units = 0;
  }

  #readLater(): void {
    if (this.#later) return;
    this.#later = true;
    this.#house.clock.endOfTurn(() => {
      this.#later = false;
      this.read();
    });
  }
}
