import type { Random } from "./ports/random.ts";

/** How far above its lower bound a delay that the gateway named may come, as a part of it. */
const UPWARD_PART = 0.25;

/** A delay that the gateway named as the least, in ms: jittered upward, so that those it told the same do not meet. */
export function atLeast(ms: number, random: Random): number {
  return ms * (1 + UPWARD_PART * random.float());
}
