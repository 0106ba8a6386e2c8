import type { Population } from "../population.ts";

/** What the program jitter-program.ts is asked. */
export interface JitterRequest {
  readonly port: number;
  /** One conversation; its first member sends, the others are cut. */
  readonly population: Population;
  readonly messages: number;
  /** Between two messages, in ms. */
  readonly apartMs: number;
  /** Between the beginnings of two cuts of one client, in ms. */
  readonly cutEveryMs: number;
  readonly cutMs: number;
}

export interface JitterAnswer {
  /** Messages times clients, and how many of them were shown in the end. */
  readonly expected: number;
  readonly delivered: number;
  /** Messages that a window showed twice, or at another place than their own. */
  readonly shownTwice: number;
  /** Cuts, and those in which messages were missed. */
  readonly cuts: number;
  readonly replays: number;
  /** From when the network was back until the last missed message was shown, in ms. */
  readonly replayP50Ms: number;
  readonly replayP95Ms: number;
  readonly replayP99Ms: number;
  readonly replayMaxMs: number;
  /** Messages that came while the network was there, from the sender's call, in ms. */
  readonly liveP50Ms: number;
  readonly liveP99Ms: number;
}
