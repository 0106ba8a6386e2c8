import type { ChatError } from "@earshot/protocol";
import type { Random } from "./ports/random.ts";

/** How far above its lower bound a delay that the gateway named may come, as a part of it. */
const UPWARD_PART = 0.25;
/** Wait before asking again for what failed without a `retry`, in ms. */
const FAILED_MS = 5_000;

/** A delay that the gateway named as the least, in ms: jittered upward, so that those it told the same do not meet. */
export function atLeast(ms: number, random: Random): number {
  return ms * (1 + UPWARD_PART * random.float());
}

/** Time until what was refused so is asked again, in ms. */
export function waitAfter({ retryAfterMs }: ChatError, random: Random): number {
  return retryAfterMs === undefined ? FAILED_MS : atLeast(retryAfterMs, random);
}
