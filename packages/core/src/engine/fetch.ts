import { ChatError, type EventsFrame, type FetchFrame, LIMITS } from "@earshot/protocol";
import type { Access, MessageStore } from "../ports/message-store.ts";
import type { Caller } from "./caller.ts";
import { readAfter, readBefore } from "./page.ts";

export interface FetchSurroundings {
  readonly store: Pick<MessageStore, "range">;
  access(user: string, c: string): Promise<Access | null>;
}

export type FetchRequest = Omit<FetchFrame, "t" | "id">;

/**
 * One page of a log: after a seq oldest first, else the newest, or those before a seq. Resolves with a
 * page without `id`. Rejects with `not_found`, or `invalid` for what this server does not page by.
 */
export async function fetchPage(house: FetchSurroundings, caller: Caller, request: FetchRequest): Promise<EventsFrame> {
  if (request.around !== undefined || request.re !== undefined) {
    throw new ChatError("invalid", "unable to fetch; this server pages by after, before or the newest");
  }
  const access = await house.access(caller.user, request.c);
  if (access === null) throw notFound();
  const bounds = {
    rows: Math.min(request.limit ?? LIMITS.pageRowsMax, LIMITS.pageRowsMax),
    bytes: LIMITS.pageBytesMax,
  };
  const page =
    request.after === undefined
      ? await readBefore(house.store, request.c, access, request.before ?? access.head + 1, bounds)
      : await readAfter(house.store, request.c, access, request.after, bounds);
  if (page === null) throw notFound();
  return { t: "events", c: request.c, ...page };
}

function notFound(): ChatError {
  return new ChatError("not_found", "unable to fetch; no such conversation");
}
