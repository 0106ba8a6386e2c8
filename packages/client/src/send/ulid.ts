import type { Clock } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";

const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const TIME_DIGITS = 10;
const RANDOM_DIGITS = 16;

/**
 * Makes ULIDs that rise, also within one ms and while the wall clock steps back: then the next one
 * takes the next ms. By hand: the `ulid` package reads `node:crypto` as it is imported in Node, and
 * weighs more than these lines.
 */
export function ulidFactory(clock: Clock, random: Random): () => string {
  let ms = 0;
  return () => {
    ms = Math.max(ms + 1, clock.now());
    let id = "";
    for (let left = ms; id.length < TIME_DIGITS; left = Math.floor(left / DIGITS.length)) {
      id = DIGITS.charAt(left % DIGITS.length) + id;
    }
    while (id.length < TIME_DIGITS + RANDOM_DIGITS) id += DIGITS.charAt(random.float() * DIGITS.length);
    return id;
  };
}
