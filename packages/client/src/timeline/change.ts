import type { EventRow, UserId } from "@earshot/protocol";
import type { Message, Reaction } from "../message.ts";

/** What an event does to the message that its `re` names; an erasure, to all messages. */
export interface Change extends Pick<EventRow, "type" | "body" | "deleted"> {
  /** 0 for what is not in the log yet. */
  readonly seq: number;
  /** Whether it is this user's. */
  readonly own: boolean;
  /** Another's reaction: whether they had it before; absent where that was not heard. */
  readonly had?: boolean | undefined;
  /** Others who are known to have that reaction. */
  readonly known?: number;
}

/** The user whose content an event says to be erased: a `meta` event of the gateway. Undefined for every other event (pure). */
export function erasedBy({ type, body }: Pick<EventRow, "type" | "body">): UserId | undefined {
  return type === "meta" ? (body?.["erased"] as UserId | undefined) : undefined;
}

/** A message after one more event; the same object where that changes nothing (pure). */
export function changed(message: Message, change: Change): Message {
  const { type, seq, body = {} } = change;
  if (type === "message") return Object.freeze({ ...message, replies: message.replies + 1 });
  if (message.deleted) return message;
  if (type === "delete" || (type === "edit" && change.deleted) || erasedBy(change) === message.from) {
    const { mentions, edited, ...rest } = message;
    return Object.freeze({ ...rest, body: {}, deleted: true, reactions: [] });
  }
  if (type === "edit") return Object.freeze({ ...message, body, edited: seq });
  const reactions = type === "react" ? reacted(message.reactions, change) : message.reactions;
  return reactions === message.reactions ? message : Object.freeze({ ...message, reactions });
}

/**
 * Pages tell how many have reacted, not who. Of whom nothing was heard it is believed that their event
 * changes something, unless all who have reacted are known.
 */
function reacted(reactions: readonly Reaction[], change: Change): readonly Reaction[] {
  const { body = {}, own, had, known = 0 } = change;
  const { key } = body;
  const on = body["on"] === true;
  const { count, mine } = reactions.find((each) => each.key === key) ?? { count: 0, mine: false };
  const was = own ? mine : (had ?? (!on && count - Number(mine) > known));
  if (was === on || typeof key !== "string") return reactions;
  const next = { key, count: count + (on ? 1 : -1), mine: own ? on : mine };
  if (count === 0) return [...reactions, next];
  return reactions.map((each) => (each.key === key ? next : each)).filter((each) => each.count > 0);
}
