import type { Body, EventRow } from "@earshot/protocol";
import type { SeenEvent } from "./history-line.ts";
import { LineHash } from "./line-hash.ts";

/** What a host's hook may put into a body: the content under it is the user's all the same. */
export const STAMP = "stamp";

/** What names an event's content: its type, its `re` and its body as it was sent, where the type has one. */
export function contentHash(type: string, re: number | undefined, body: Body | undefined): string {
  const hash = new LineHash();
  const { [STAMP]: _, ...sent } = body ?? {};
  hash.add(`${type} ${re ?? ""} ${body === undefined || type === "delete" ? "" : JSON.stringify(sent)}`);
  return hash.digits;
}

/** What a hook has made of a body, as a line has it. */
export function stampOf(body: Body | undefined): Pick<SeenEvent, "stamp"> {
  const stamp = body?.[STAMP];
  return typeof stamp === "string" ? { stamp } : {};
}

/** A row of a log as a line has it. One in present state that has changed since has no hash: its body is another. */
export function seenEvent(conv: string, epoch: string, row: EventRow): SeenEvent {
  const { seq, type, from, id, re, body, edited, deleted } = row;
  const whole = edited === undefined && deleted !== true;
  const members = type === "meta" || type === "member" ? body?.["members"] : undefined;
  return {
    conv,
    epoch,
    seq,
    type,
    from,
    ...(id === undefined ? {} : { cmid: id }),
    ...(whole ? { hash: contentHash(type, re, body), ...stampOf(body) } : {}),
    ...(Array.isArray(members) ? { members: members as NonNullable<SeenEvent["members"]> } : {}),
  };
}
