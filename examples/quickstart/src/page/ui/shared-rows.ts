/** Rows `from` … of the old list are the rows `to` … of the new one, `count` of them. */
export interface SharedRows {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** What a list has kept of an older one, as one run; what came or went is before or behind it. Pure. */
export function sharedRows<Item>(
  before: readonly Item[],
  items: readonly Item[],
  keyOf: (item: Item) => string,
): SharedRows {
  const [oldFirst, newFirst] = [before[0], items[0]];
  if (oldFirst === undefined || newFirst === undefined) return { from: 0, to: 0, count: 0 };
  const indexOf = (list: readonly Item[], key: string): number => list.findIndex((item) => keyOf(item) === key);
  const to = Math.max(0, indexOf(items, keyOf(oldFirst)));
  const from = to > 0 ? 0 : Math.max(0, indexOf(before, keyOf(newFirst)));
  const most = Math.min(before.length - from, items.length - to);
  let count = 0;
  while (count < most) {
    const [old, fresh] = [before[from + count] as Item, items[to + count] as Item];
    if (old !== fresh && keyOf(old) !== keyOf(fresh)) break;
    count++;
  }
  return { from, to, count };
}
