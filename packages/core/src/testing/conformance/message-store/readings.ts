import type { ConversationId, EventRow, UserId } from "@earshot/protocol";
import type { ConversationSettings } from "../../../ports/conversation-settings.ts";
import type { MessageStore } from "../../../ports/message-store.ts";
import type { Access, Change, ChangePage, EventPage, FeedItem, FeedPage, RangeQuery } from "../../../ports/pages.ts";

/** Access of somebody who is a member. */
export async function accessOf(store: MessageStore, user: UserId, c: ConversationId): Promise<Access> {
  const [access] = await store.access([{ user, conversation: c }]);
  if (!access) throw new Error(`${user} is no member of ${c}`);
  return access;
}

/** Settings of a conversation that there is. */
export async function settingsOf(store: MessageStore, c: ConversationId): Promise<ConversationSettings> {
  const settings = await store.settings(c);
  if (settings === null) throw new Error(`no conversation ${c}`);
  return settings;
}

/** More than any case writes. */
export const ROOM = { rows: 100_000, bytes: 1e9 } as const;

/** The whole log, in one page; of a reader, what they may have. */
export async function logOf(store: MessageStore, c: ConversationId, reader?: UserId): Promise<EventPage> {
  return pageOf(store, { conversation: c, view: "log", from: "oldest", ...ROOM, ...(reader ? { reader } : {}) });
}

/** Everything in its present state, in one page; of a reader, what they may have. */
export async function presentOf(store: MessageStore, c: ConversationId, reader?: UserId): Promise<EventPage> {
  return pageOf(store, { conversation: c, view: "present", from: "oldest", ...ROOM, ...(reader ? { reader } : {}) });
}

/** A page that there is. */
export async function pageOf(store: MessageStore, query: RangeQuery): Promise<EventPage> {
  const page = await store.range(query);
  if (page === null) throw new Error(`no conversation ${query.conversation} for ${query.reader ?? "the gateway"}`);
  return page;
}

/** One message as it stands, for a reader or for the gateway. */
export async function messageOf(
  store: MessageStore,
  c: ConversationId,
  seq: number,
  reader?: UserId,
): Promise<EventRow> {
  const row = (await presentOf(store, c, reader)).rows.find((each) => each.seq === seq);
  if (row === undefined) throw new Error(`no row ${seq} in ${c} for ${reader ?? "the gateway"}`);
  return row;
}

/** The texts of a log's messages, in its order. */
export async function textsOf(store: MessageStore, c: ConversationId): Promise<readonly unknown[]> {
  const { rows } = await logOf(store, c);
  return rows.filter(({ type }) => type === "message").map(({ body }) => body?.["text"]);
}

/** The feed above a mark, to where it ends now, in pages of that size. */
export async function feedOf(
  store: MessageStore,
  after: string | null = null,
  { rows, bytes }: { readonly rows: number; readonly bytes: number } = ROOM,
): Promise<{ readonly items: readonly FeedItem[]; readonly mark: string }> {
  const items: FeedItem[] = [];
  let mark = after;
  for (;;) {
    const page: FeedPage = await store.feed(mark, rows, bytes);
    items.push(...page.items);
    if (page.more) expectMoved(mark, page.mark);
    ({ mark } = page);
    if (!page.more) return { items, mark };
  }
}

/** What has changed above a mark, to where it ends now, in pages of that size. */
export async function changesOf(
  store: MessageStore,
  after: string,
  limit = 1_000,
): Promise<{ readonly changes: readonly Change[]; readonly mark: string }> {
  const changes: Change[] = [];
  let mark = after;
  for (;;) {
    const page: ChangePage = await store.changes(mark, limit);
    expectOnce(page, limit);
    changes.push(...page.changes);
    if (page.more) expectMoved(mark, page.mark);
    ({ mark } = page);
    if (!page.more) return { changes, mark };
  }
}

/** Throws where a page of changes names a conversation twice, or more of them than it may. */
export function expectOnce({ changes }: ChangePage, limit: number): void {
  const conversations = new Set(changes.map(({ conversation }) => conversation));
  if (conversations.size < changes.length) throw new Error("a page of changes names a conversation twice");
  if (changes.length > limit) throw new Error(`a page of changes has ${changes.length} of at most ${limit}`);
}

/** Throws where a page that is not the last leads nowhere: else its reader would never end. */
export function expectMoved(from: unknown, to: unknown): void {
  if (from === to) throw new Error(`a page with more behind it ends where it began, at ${String(to)}`);
}

/** A change in short: `c1 2` where its head is 2, or `c1 gone`. */
export function standing(change: Change): string {
  return `${change.conversation} ${"gone" in change ? "gone" : change.head}`;
}

/** An item of the feed in short: `c1 2`, or `c1 gone`. */
export function named(item: FeedItem): string {
  return `${item.conversation} ${"gone" in item ? "gone" : item.row.seq}`;
}
