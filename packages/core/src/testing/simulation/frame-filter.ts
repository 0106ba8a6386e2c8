import type { Trouble } from "./trouble.ts";

/** What is wrong with a device's frames now. */
export interface FrameTroubles {
  readonly losesAnswers: Trouble;
  readonly losesAcks: Trouble;
  readonly doubles: Trouble;
  readonly swaps: Trouble;
}

/** Frames of a gateway that may come twice: all that its client does not count or that do not open or end a stay. */
const DOUBLED_DOWN =
  /^\{"t":"(?:sent|events|subscribed|unsubscribed|inbox|receipt|tally|heads|typing|presence|error|again)"/;
/** Frames of a client that mean the same if they come twice. */
const DOUBLED_UP = /^\{"t":"(?:send|read|ack|have|fetch|subscribe|typing|active|skip)"/;
/** What answers something. */
const ANSWER = /^\{"t":"(?:sent|subscribed|inbox|events|error)"/;
const EVENT = '{"t":"event"';
const ACK = '{"t":"ack"';

/** One connection's frames as something between its ends leaves them: some lost, some twice, some in another order. */
export class FrameFilter {
  readonly #troubles: FrameTroubles;
  readonly #chance: () => number;
  /** Counted frames that have come down by it. */
  #counted = 0;

  constructor(troubles: FrameTroubles, chance: () => number) {
    this.#troubles = troubles;
    this.#chance = chance;
  }

  up(texts: readonly string[]): readonly string[] {
    const { losesAcks, doubles } = this.#troubles;
    let passed = texts;
    if (losesAcks.on) passed = passed.filter((text) => !(text.startsWith(ACK) && losesAcks.strike()));
    if (doubles.on) passed = passed.flatMap((text) => (this.#twice(DOUBLED_UP, text) ? [text, text] : [text]));
    return passed;
  }

  down(texts: readonly string[]): readonly string[] {
    const { losesAnswers, doubles, swaps } = this.#troubles;
    let passed = texts;
    if (swaps.on) passed = this.#swapped(passed);
    if (doubles.on) passed = passed.flatMap((text) => this.#doubled(text));
    else for (const text of passed) if (text.startsWith(EVENT)) this.#counted++;
    if (losesAnswers.on) {
      passed = passed.filter((text) => !(ANSWER.test(text) && this.#chance() < 0.7 && losesAnswers.strike()));
    }
    return passed;
  }

  /** A counted frame's copy is an `again`: as such the protocol knows it, a second `event` would be another one. */
  #doubled(text: string): readonly string[] {
    if (!text.startsWith(EVENT)) return this.#twice(DOUBLED_DOWN, text) ? [text, text] : [text];
    this.#counted++;
    if (this.#chance() >= 0.5) return [text];
    this.#troubles.doubles.strike();
    return [text, `{"t":"again","n":${this.#counted},"frame":${text}}`];
  }

  #twice(which: RegExp, text: string): boolean {
    return which.test(text) && this.#chance() < 0.5 && this.#troubles.doubles.strike();
  }

  /** Neighbouring counted frames change places. */
  #swapped(texts: readonly string[]): readonly string[] {
    const swapped = [...texts];
    for (let at = 1; at < swapped.length; at++) {
      const [before, after] = [swapped[at - 1] as string, swapped[at] as string];
      if (!before.startsWith(EVENT) || !after.startsWith(EVENT) || this.#chance() >= 0.5) continue;
      this.#troubles.swaps.strike();
      swapped[at - 1] = after;
      swapped[at] = before;
    }
    return swapped;
  }
}
