import type { SeededRandom } from "../seeded-random.ts";
import type { FrameTroubles } from "./frame-filter.ts";
import type { SimulatedTime } from "./time.ts";
import { Trouble } from "./trouble.ts";
import type { WayState } from "./way.ts";

/** One direction of a way through the network. */
export type Direction = "up" | "down";

/** Longest time of a piece on a slow way, in ms. */
const SLOW_UP_TO_MS = 5_000;

/** One device's way through the network, whatever connections it opens: how long it takes, and what is wrong with it. */
export class Path implements FrameTroubles {
  readonly losesAnswers: Trouble;
  readonly losesAcks: Trouble;
  readonly doubles: Trouble;
  readonly swaps: Trouble;
  readonly slow: Trouble;
  readonly repeatsPolls: Trouble;
  readonly #time: SimulatedTime;
  readonly #random: SeededRandom;
  /** ms that it takes at best. */
  readonly #least: number;
  readonly #silences: { readonly [D in Direction]: Trouble<"holds" | "swallows"> };
  readonly #slowReader: Trouble;

  constructor(time: SimulatedTime, random: SeededRandom) {
    this.#time = time;
    this.#random = random;
    this.#least = 1 + random.below(20);
    const trouble = () => new Trouble(time);
    this.losesAnswers = trouble();
    this.losesAcks = trouble();
    this.doubles = trouble();
    this.swaps = trouble();
    this.slow = trouble();
    this.repeatsPolls = trouble();
    this.#slowReader = trouble();
    this.#silences = { up: new Trouble(time), down: new Trouble(time) };
  }

  /** ms that the next piece takes: mostly the least, now and then far more. */
  latency(): number {
    const luck = this.#random.float();
    if (this.slow.on && this.slow.strike()) return this.#least + Math.min(SLOW_UP_TO_MS, Math.floor(40 / (1 - luck)));
    if (luck < 0.8) return this.#least;
    return this.#least + (luck < 0.99 ? Math.floor((luck - 0.8) * 50) : this.#random.below(300));
  }

  /** What becomes of pieces that are written now. */
  state(direction: Direction): WayState {
    const silence = this.#silences[direction];
    const { detail } = silence;
    if (detail !== null && silence.strike()) return detail;
    return direction === "down" && this.#slowReader.on && this.#slowReader.strike() ? "holds" : "open";
  }

  /** ms until what is held goes on. */
  heldFor(direction: Direction): number {
    const until = Math.max(this.#silences[direction].until, direction === "down" ? this.#slowReader.until : 0);
    return Math.max(0, until - this.#time.now);
  }

  /** Nothing passes for `ms`. TCP keeps what was written, or the connections that are there are dead from then on. */
  silence(directions: readonly Direction[], ms: number, fired: () => void): void {
    const how = this.#random.float() < 0.5 ? "holds" : "swallows";
    let isFirst = true;
    const once = (): void => {
      if (isFirst) fired();
      isFirst = false;
    };
    for (const direction of directions) this.#silences[direction].begin(ms, how, once);
  }

  /** The device takes nothing for `ms`. */
  slowReader(ms: number, fired: () => void): void {
    this.#slowReader.begin(ms, null, fired);
  }

  heal(): void {
    const { up, down } = this.#silences;
    const troubles = [this.losesAnswers, this.losesAcks, this.doubles, this.swaps, this.slow, this.repeatsPolls];
    for (const trouble of [...troubles, this.#slowReader, up, down]) trouble.end();
  }
}
