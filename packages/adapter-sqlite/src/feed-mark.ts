import type { StoreMark } from "./inbox-cursor.ts";
import { Refusal } from "./refusal.ts";

/** Where a reading of the feed stands: in the stretch that began with that change, after that seq. */
export interface FeedMark {
  readonly change: number;
  /** 0: before the stretch. */
  readonly seq: number;
}

export const FEED_START: FeedMark = { change: Number.MIN_SAFE_INTEGER, seq: 0 };

/** Where what comes next will stand. */
export function feedEnd({ change }: StoreMark): FeedMark {
  return { change: change + 1, seq: 0 };
}

export function formatFeedMark({ change, seq }: FeedMark, { life }: StoreMark): string {
  return `${change}.${seq}.${life}`;
}

const PATTERN = /^(-?\d{1,16})\.(\d{1,16})\.([0-9a-f]{16})$/;

/** As `parseFeedMark`; rejects where it is null. */
export function readFeedMark(text: string, store: StoreMark): FeedMark {
  const mark = parseFeedMark(text, store);
  if (mark === null) throw new Refusal("invalid", "unable to read feed; the mark is not one of this store");
  return mark;
}

/** null: not one that this store has given out. */
export function parseFeedMark(text: string, store: StoreMark): FeedMark | null {
  const [, change, seq, life] = PATTERN.exec(text) ?? [];
  if (change === undefined || life !== store.life || Number(change) > feedEnd(store).change) return null;
  return { change: Number(change), seq: Number(seq) };
}
