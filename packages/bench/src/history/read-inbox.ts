import type { Actor, MessageStore } from "@earshot/core";
import { fill } from "./fill.ts";
import type { HistoryAnswer, HistoryRequest } from "./history-request.ts";
import { PageMeter } from "./page-meter.ts";

type InboxAnswer = Awaited<ReturnType<Actor["inbox"]>>;

/** Times that the first page is read before, and that behind a cursor after it. */
const READS = 50;

/** Reads an inbox all the way down, and then what has changed since. Throws if a conversation is missing. */
export async function readInbox(
  actor: Actor,
  store: MessageStore,
  ids: readonly string[],
  { inboxRows, serverPid }: HistoryRequest,
): Promise<Pick<HistoryAnswer, "inbox" | "changed">> {
  // What follows is to be measured, not its compilation.
  for (let n = 0; n < READS; n++) await actor.inbox(null, { limit: inboxRows });
  const down = new PageMeter(serverPid);
  const seen = new Set<string>();
  let cursor: string | null = null;
  for (let more = true; more; ) {
    const at: string | null = cursor;
    const page: InboxAnswer = await down.page(() => actor.inbox(at, { limit: inboxRows }));
    for (const row of page.conversations) seen.add(row.c);
    cursor = page.cursor;
    more = page.more;
  }
  if (ids.some((id) => !seen.has(id))) throw new Error(`the inbox showed ${seen.size} conversations of ${ids.length}`);
  const inbox = down.costs();
  const changing = Math.ceil(inboxRows / 10);
  await fill(store, changing, (n) => ids[n] ?? "");
  const since = new PageMeter(serverPid);
  for (let n = 0; n < READS; n++) {
    const page = await since.page(() => actor.inbox(cursor, { limit: inboxRows }));
    if (page.conversations.length < changing) throw new Error("what has changed is not in the page");
  }
  return { inbox, changed: since.costs() };
}
