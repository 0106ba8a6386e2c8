import type { UserId } from "@earshot/protocol";
import type { WindowItem } from "../message.ts";
import type { Unread } from "./row-after.ts";

/** A part of a log without holes. */
export interface Part {
  readonly from: number;
  readonly to: number;
  /** By seq. */
  readonly items: readonly WindowItem[];
  /** Index of the first item that is not below `seq`. */
  at(seq: number): number;
}

/** What is unread above `seq` up to `head`, counted from what is here; null where not all of it is (pure). */
export function unreadAbove(seq: number, part: Part, head: number, user: UserId | null): Unread | null {
  if (part.from > seq + 1 || part.to < head) return null;
  const above = part.items.slice(part.at(seq + 1), part.at(head + 1)).filter((item) => item.kind === "message");
  const named = above.filter(
    ({ own, mentions }) => !own && (mentions === "all" || (user !== null && mentions?.includes(user))),
  );
  return { unread: above.length, mentions: named.length };
}
