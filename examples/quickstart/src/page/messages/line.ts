import type { Hole, Message, WindowItem } from "@earshot/client";
import { dayKey, dayName } from "../words/time-words.ts";

/** What the look of one item depends on beside the item itself and the one above it. */
export interface LineScene {
  readonly holes: readonly Hole[];
  readonly unreadFrom: number | null;
  /** Whether the log goes on above the first item. */
  readonly hasOlder: boolean;
  readonly pinned: readonly number[];
  /** The message that all of these reply to, in a thread: it is not quoted. */
  readonly thread: number | null;
  /** Unix ms. */
  readonly now: number;
  /** A message by its seq; null: not here. */
  readonly find: (seq: number) => Message | null;
}

/** How an item stands on the screen: what is above it, and what it says of other places. */
export interface Line {
  readonly item: WindowItem;
  /** Stands above it where a new day begins. */
  readonly day: string | null;
  /** Whether messages above it are still missing. */
  readonly hole: boolean;
  /** Whether it is the first that was unread. */
  readonly unread: boolean;
  /** The author is named; those that follow closely are theirs too. */
  readonly opensRun: boolean;
  readonly pinned: boolean;
  /** The message that it replies to; null where that is not here; undefined where it is no reply. */
  readonly quoted: Message | null | undefined;
}

/** Messages of one author closer together than this stand as one run, in ms. */
const RUN_WITHIN_MS = 5 * 60_000;

/** Pure, and told by one item and the one above it alone: so that a list of any length costs what is on the screen. */
export function lineOf(item: WindowItem, before: WindowItem | undefined, scene: LineScene): Line {
  const day = before === undefined || dayKey(before.at) !== dayKey(item.at) ? dayName(item.at, scene.now) : null;
  const hole = hasHoleBetween(before, item, scene.holes);
  const unread = isFirstUnread(item, before, scene);
  const closed = day !== null || hole || unread || before?.kind !== "message";
  const re = item.kind === "message" ? item.re : undefined;
  return {
    item,
    day,
    hole,
    unread,
    opensRun: item.kind === "message" && (closed || !continues(item, before)),
    pinned: item.seq !== null && scene.pinned.includes(item.seq),
    quoted: re === undefined || re === scene.thread ? undefined : scene.find(re),
  };
}

function hasHoleBetween(before: WindowItem | undefined, item: WindowItem, holes: readonly Hole[]): boolean {
  const above = before?.seq ?? null;
  if (above === null) return false;
  return holes.some(({ from }) => from > above && (item.seq === null || from < item.seq));
}

function isFirstUnread(
  { seq }: WindowItem,
  before: WindowItem | undefined,
  { unreadFrom, hasOlder }: LineScene,
): boolean {
  if (unreadFrom === null || seq === null || seq < unreadFrom) return false;
  if (before === undefined) return seq === unreadFrom || !hasOlder;
  return before.seq !== null && before.seq < unreadFrom;
}

function continues(message: Message, before: Message): boolean {
  if (before.own !== message.own) return false;
  return (message.own || before.from === message.from) && message.at - before.at < RUN_WITHIN_MS;
}
