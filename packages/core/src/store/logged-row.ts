import type { EventRow } from "@earshot/protocol";
import type { Append } from "../ports/append.ts";

/** What the log keeps of an entry; a field that was not given is absent. */
export function loggedRow({ type, key, user, at, body, re, mentions, slot }: Append): Omit<EventRow, "seq" | "ord"> {
  return {
    type,
    ...(key === undefined ? {} : { id: key.id }),
    from: user,
    at,
    ...(body === undefined ? {} : { body }),
    ...(re === undefined ? {} : { re }),
    ...(mentions === undefined ? {} : { mentions }),
    ...(slot === undefined ? {} : { slot }),
  };
}

/** The row of what was deleted or erased. */
export function withoutContent({ body: _body, mentions: _mentions, ...row }: EventRow): EventRow {
  return Object.freeze({ ...row, deleted: true });
}
