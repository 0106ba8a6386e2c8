import type { Message, WindowItem } from "@earshot/client";

/** The first item that is not below this seq, of items that rise by seq before those that have none. Pure. */
export function itemFrom(items: readonly WindowItem[], seq: number): WindowItem | null {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((items[middle]?.seq ?? Number.POSITIVE_INFINITY) < seq) low = middle + 1;
    else high = middle;
  }
  return items[low] ?? null;
}

/** The message with this seq; null: not here. */
export function messageAt(items: readonly WindowItem[], seq: number): Message | null {
  const item = itemFrom(items, seq);
  return item?.kind === "message" && item.seq === seq ? item : null;
}

/** The last one that has a seq. */
export function newestSeq(items: readonly WindowItem[]): number {
  for (let at = items.length - 1; at >= 0; at--) {
    const seq = items[at]?.seq ?? null;
    if (seq !== null) return seq;
  }
  return 0;
}

/** Those above this seq, without those that have none yet; newest last. */
export function itemsAbove(items: readonly WindowItem[], above: number): readonly WindowItem[] {
  let at = items.length;
  while (at > 0 && (items[at - 1]?.seq ?? Number.POSITIVE_INFINITY) > above) at--;
  return items.slice(at).filter(({ seq }) => seq !== null);
}
