import type { Random } from "../ports/random.ts";

/** Longest wait between two tries of what fails. */
const AGAIN_MAX_MS = 30_000;
const AGAIN_FIRST_MS = 1_000;

/** A wait of three to five quarters of `ms`, so that nodes that began together do not stay together. */
export function jittered(ms: number, random: Random): number {
  return ms * (0.75 + random.float() / 2);
}

/** The wait before what has failed so many times in a row is tried again: 1 s, doubling up to 30 s, of it a half to the whole. */
export function againAfterMs(failures: number, random: Random): number {
  const cap = Math.min(AGAIN_MAX_MS, AGAIN_FIRST_MS * 2 ** Math.min(failures - 1, 16));
  return cap * (0.5 + random.float() / 2);
}
