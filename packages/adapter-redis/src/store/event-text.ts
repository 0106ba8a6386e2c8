import type { Append } from "@earshot/core";
import { type Body, type EventRow, type EventType, type Mentions, parseJson } from "@earshot/protocol";

/** Everything but `ord` and the stretch, which scripts put before it. JSON holds no line ends, and no id does. */
export function eventTail({
  type,
  at,
  user,
  key,
  re,
  slot,
  mentions,
  body,
}: Pick<Append, "type" | "at" | "user" | "key" | "re" | "slot" | "mentions" | "body">): string {
  return [type, at, user, key?.id ?? "", re ?? "", json(slot), json(mentions), "", json(body)].join("\n");
}

function json(value: unknown): string {
  return value === undefined ? "" : JSON.stringify(value);
}

/** A row of the log, from its seq and text. */
export function eventRow(seq: number, text: string): EventRow {
  const [ord, , type, at, from = "", id, re, slot, mentions, deleted, body] = text.split("\n");
  return {
    seq,
    ord: Number(ord),
    type: type as EventType,
    ...(id ? { id } : {}),
    from,
    at: Number(at),
    ...(body ? { body: parseJson(body) as Body } : {}),
    ...(re ? { re: Number(re) } : {}),
    ...(mentions ? { mentions: parseJson(mentions) as Mentions } : {}),
    ...(slot ? { slot: parseJson(slot) as string } : {}),
    ...(deleted === "1" ? { deleted: true } : {}),
  };
}

/** As present_row of shared.lua has it. */
export type RowTexts = readonly [
  seq: string,
  event: string,
  edited?: string,
  edit?: string,
  reactions?: string,
  replies?: number,
];

/** A row of either view. */
export function rowOf([seq, event, edited = "", edit = "", reactions = "", replies = 0]: RowTexts): EventRow {
  const row = eventRow(Number(seq), event);
  const body = edit === "" ? undefined : eventRow(Number(edited), edit).body;
  return {
    ...row,
    ...(body === undefined ? {} : { body, edited: Number(edited) }),
    ...(reactions === "" ? {} : { reactions: reactions.split("\n").map(reactionOf) }),
    ...(replies === 0 ? {} : { replies }),
  };
}

type Reaction = NonNullable<EventRow["reactions"]>[number];

/** "count mine key". */
function reactionOf(line: string): Reaction {
  const [, count, mine, key = '""'] = /^(\d+) (\d) (.*)$/s.exec(line) ?? [];
  return [parseJson(key) as string, Number(count), mine === "1"];
}
