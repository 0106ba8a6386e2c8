import type { EventRow, UserId } from "@earshot/protocol";
import { type Conversation, eventAt, type StoredEvent } from "./content.ts";

/** An event as it happened, less what was deleted. */
export function logRow(event: StoredEvent): EventRow {
  const { tick: _tick, edits: _edits, reactions: _reactions, replies: _replies, ...row } = event;
  return row;
}

/** An event as it stands, for one reader; null: for the gateway. */
export function presentRow(conversation: Conversation, event: StoredEvent, reader: UserId | null): EventRow {
  const { tick: _tick, edits, reactions, replies, ...row } = event;
  if (event.type !== "message") return row;
  const answered = replies === undefined ? {} : { replies };
  if (event.deleted) return { ...row, ...answered };
  const edit = lastEdit(conversation, edits);
  return {
    ...row,
    ...(edit?.body === undefined ? {} : { body: edit.body, edited: edit.seq }),
    ...(reactions === undefined || reactions.length === 0
      ? {}
      : {
          reactions: reactions.map(
            ([key, users]) => [key, users.length, reader !== null && users.includes(reader)] as const,
          ),
        }),
    ...answered,
  };
}

function lastEdit(conversation: Conversation, edits: readonly number[] = []): StoredEvent | undefined {
  const standing = edits.findLast((seq) => !eventAt(conversation, seq)?.deleted);
  return standing === undefined ? undefined : eventAt(conversation, standing);
}

export function inPresent(event: StoredEvent): boolean {
  return event.type === "message" || event.type === "member" || event.type === "meta";
}
