import type { WindowItem } from "../message.ts";
import { type Change, changed } from "./change.ts";

/** Items that were read as of a head which the cursor had not reached: they hold all changes up to there. */
const asOf = new WeakMap<WindowItem, number>();

/** Says that an item was read as of `head`. */
export function readAsOf(item: WindowItem, head: number): void {
  asOf.set(item, head);
}

/**
 * A part of a log without holes, `from`…`to`, as items in their present state: the newest part, an
 * island around some seq, or the replies to one message.
 */
export class Stretch {
  /** First seq covered. */
  from: number;
  /** Last seq covered. */
  to: number;
  items: WindowItem[];
  hasOlder: boolean;
  /** Whether what happens next is a part of it. */
  readonly live: boolean;
  /** Only replies to this seq. */
  readonly re: number | undefined;
  /** Somebody looks at it. */
  watched = true;

  constructor(from: number, to: number, items: WindowItem[], hasOlder: boolean, live: boolean, re?: number) {
    this.from = from;
    this.to = to;
    this.items = items;
    this.hasOlder = hasOlder;
    this.live = live;
    this.re = re;
  }

  /** Index of the first item that is not below `seq`. */
  at(seq: number): number {
    let [low, high] = [0, this.items.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.items[middle]?.seq ?? 0) < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  covers(seq: number): boolean {
    return this.from <= seq && seq <= this.to;
  }

  /** Somebody else's or one's own: the next event of the log. `change`: what it does to `re`, or without one to all. */
  pass(seq: number, item: WindowItem | null, re: number | undefined, change: Change | null): void {
    if (this.live && seq > this.to) {
      this.to = seq;
      if (item !== null && (this.re === undefined || this.re === re)) this.items.push(item);
    }
    if (change === null) return;
    const [from, to] = re === undefined ? [0, this.items.length] : [this.at(re), this.at(re + 1)];
    for (let at = from; at < to; at++) {
      const target = this.items[at] as WindowItem;
      if (target.kind === "message" && (asOf.get(target) ?? 0) < seq) this.items[at] = changed(target, change);
    }
  }

  /** Takes over what another stretch that touches this one has beyond it; what is here stays as it is. */
  join(other: Stretch): void {
    if (other.to < this.from - 1 || other.from > this.to + 1) return;
    if (other.from < this.from) {
      this.items = other.items.slice(0, other.at(this.from)).concat(this.items);
      this.from = other.from;
      this.hasOlder = other.hasOlder;
    }
    if (!this.live && other.to > this.to) {
      this.items = this.items.concat(other.items.slice(other.at(this.to + 1)));
      this.to = other.to;
    }
  }

  /** Lets go of the oldest beyond a bound. */
  trim(itemsMax: number): void {
    const over = this.items.length - itemsMax;
    if (over <= 0) return;
    this.items.splice(0, over);
    this.from = this.items[0]?.seq ?? this.from;
    this.hasOlder = true;
  }

  /** Puts other objects in the place of the items `from`…`to`. */
  restate(from: number, to: number, replace: (item: WindowItem) => WindowItem): void {
    const end = this.at(to + 1);
    for (let at = this.at(from); at < end; at++) {
      const item = this.items[at] as WindowItem;
      const head = asOf.get(item);
      this.items[at] = replace(item);
      if (head !== undefined) asOf.set(this.items[at] as WindowItem, head);
    }
  }
}
