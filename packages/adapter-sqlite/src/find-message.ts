/**
 * `ord` rises with messages alone, so a message stands where a value of `ord` begins. These find one in
 * a few steps, however many other events lie between: doubling steps first, then halving ones.
 */

/** `ord` of the event at a seq; 0 below the first. */
export type OrdAt = (seq: number) => number;

/** Seq of the newest message in from…to, or null. `to` is at most the head. */
export function newestMessage(ordAt: OrdAt, from: number, to: number): number | null {
  const ord = ordAt(to);
  // `low` is always before the last value, `high` always at it.
  let low = from - 1;
  let high = to;
  if (to < from || ord === ordAt(low)) return null;
  for (let step = 1; high - step > low; step *= 2) {
    if (ordAt(high - step) !== ord) {
      low = high - step;
      break;
    }
    high -= step;
  }
  return firstFrom((seq) => ordAt(seq) === ord, low, high);
}

/** Seq of the oldest message in from…to, or null. `to` is at most the head. */
export function oldestMessage(ordAt: OrdAt, from: number, to: number): number | null {
  const ord = ordAt(from - 1);
  // `low` is always at that value, `high` always after it.
  let low = from - 1;
  let high = to;
  if (to < from || ord === ordAt(to)) return null;
  for (let step = 1; low + step < high; step *= 2) {
    if (ordAt(low + step) !== ord) {
      high = low + step;
      break;
    }
    low += step;
  }
  return firstFrom((seq) => ordAt(seq) !== ord, low, high);
}

/** The first seq of which it holds: not of `low`, and of everything from `high` down to it. */
export function firstFrom(holds: (seq: number) => boolean, low: number, high: number): number {
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}
