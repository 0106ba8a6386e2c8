import { ChatError } from "@earshot/protocol";

/** A place in the feed: in what was done to one conversation under one number, after that seq. */
export interface Place {
  readonly change: number;
  readonly conversation: number;
  /** 0: before the first. */
  readonly seq: number;
}

/** Where a reading stands. */
export interface Mark {
  /** Everything below it was read. */
  readonly at: Place;
  /**
   * null: nothing will ever come below `at`. A number: something may, since this walk has come among what other
   * transactions may still come between; at its end the next one begins here. So an item may come twice, and none
   * is skipped.
   */
  readonly again: number | null;
}

/** What is to be known of the store to read its marks, and to give them. */
export interface Horizon {
  readonly life: string;
  /** Every transaction with a number below it has ended, and is seen by whoever begins to read now. */
  readonly settled: number;
  /** Nothing that was there then has this number. */
  readonly end: number;
}

export function startOf(change: number): Place {
  return { change, conversation: 0, seq: 0 };
}

export const FEED_START: Mark = { at: startOf(0), again: null };

export function formatMark({ at: { change, conversation, seq }, again }: Mark, { life }: Horizon): string {
  return `${change}-${conversation}-${seq}.${again ?? ""}.${life}`;
}

const PATTERN = /^(\d{1,16})-(\d{1,16})-(\d{1,16})\.(\d{1,16})?\.([0-9a-f]{16})$/;

/** null: not one that this store has given out. */
export function parseMark(text: string, { life, end }: Horizon): Mark | null {
  const [, change, conversation, seq, again, ofLife] = PATTERN.exec(text) ?? [];
  if (change === undefined || ofLife !== life) return null;
  const at = { change: Number(change), conversation: Number(conversation), seq: Number(seq) };
  const mark = { at, again: again === undefined ? null : Number(again) };
  // Above its floor a walk may have come farther than the horizon that is asked for now.
  return (mark.again ?? at.change) > end ? null : mark;
}

/** As `parseMark`; throws `invalid` where it is null. */
export function readMark(text: string, horizon: Horizon): Mark {
  const mark = parseMark(text, horizon);
  if (mark === null) throw new ChatError("invalid", "unable to read feed; the mark is not one of this store");
  return mark;
}

/** The mark after a page that ended at a place, and is not the walk's last. */
export function markAfter({ again }: Mark, place: Place, { settled }: Horizon): Mark {
  if (again !== null) return { at: place, again };
  return { at: place, again: place.change < settled ? null : settled };
}

/** The mark after the walk's last page. */
export function markAtEnd({ at, again }: Mark, { settled }: Horizon): Mark {
  return { at: startOf(again ?? Math.max(settled, at.change)), again: null };
}
