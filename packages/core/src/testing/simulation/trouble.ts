import type { SimulatedTime } from "./time.ts";

/** Something that is wrong for a while, and says when it first mattered: only then has it happened. */
export class Trouble<Detail = null> {
  readonly #time: SimulatedTime;
  #until = 0;
  #detail: Detail | null = null;
  #fired: (() => void) | null = null;

  constructor(time: SimulatedTime) {
    this.#time = time;
  }

  /** It goes wrong, for `ms`. An earlier one ends with it. */
  begin(ms: number, detail: Detail, fired: () => void): void {
    this.#until = this.#time.now + ms;
    this.#detail = detail;
    this.#fired = fired;
  }

  end(): void {
    this.#until = 0;
  }

  get on(): boolean {
    return this.#until > this.#time.now;
  }

  /** When it ends, virtual ms. */
  get until(): number {
    return this.#until;
  }

  /** What is wrong, if it is now. */
  get detail(): Detail | null {
    return this.on ? this.#detail : null;
  }

  /** It matters, just now. Gives true, for conditions. */
  strike(): true {
    const fired = this.#fired;
    this.#fired = null;
    fired?.();
    return true;
  }
}
