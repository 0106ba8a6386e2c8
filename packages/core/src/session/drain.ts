import { CLOSE, type CloseCode } from "@earshot/protocol";
import type { Clock } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";

/** A session as the drain sees it. */
export interface DrainedSession {
  /** Tells the client when to come back elsewhere, both in ms; serves on. */
  drain(within: number, delay: number): void;
  end(close: CloseCode): void;
}

export interface DrainSurroundings {
  readonly clock: Clock;
  readonly random: Random;
  /** Those that are here, as they come and go. */
  readonly sessions: ReadonlySet<DrainedSession>;
}

/** Part of the window over which clients leave; in the rest the last of them finish what they await. */
const SPREAD_OVER = 0.8;
/** How often it is looked at whether it is over, in ms. */
const LOOK_EVERY_MS = 50;

/** Delays for `count` clients: each has its own share of the window, and a random place in it. Pure. */
export function drainDelays(count: number, withinMs: number, random: Pick<Random, "float">): readonly number[] {
  const share = (withinMs * SPREAD_OVER) / Math.max(1, count);
  return Array.from({ length: count }, (_, place) => Math.floor((place + random.float()) * share));
}

/**
 * Sends every session elsewhere, spread over the window; who is still here at its end is closed with
 * 4001 (I22). Nobody comes in meanwhile: the transports refuse. Resolves when all have left.
 */
export async function drainSessions(house: DrainSurroundings, withinMs: number): Promise<void> {
  const { clock, random, sessions } = house;
  const delays = drainDelays(sessions.size, withinMs, random);
  for (const [place, session] of [...sessions].entries()) session.drain(withinMs, delays[place] ?? 0);
  await passes(clock, withinMs, () => sessions.size === 0);
  for (const session of [...sessions]) session.end(CLOSE.draining);
}

/** Resolves when so many ms have passed, or `done` by itself. */
export async function passes(clock: Clock, ms: number, done: () => boolean): Promise<void> {
  const until = clock.monotonic() + ms;
  while (!done() && clock.monotonic() < until) {
    const waitMs = Math.min(LOOK_EVERY_MS, until - clock.monotonic());
    await new Promise<void>((resolve) => clock.after(waitMs, resolve));
  }
}
