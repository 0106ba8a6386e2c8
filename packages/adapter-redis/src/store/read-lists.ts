import type { Membership, Retention } from "@earshot/core";
import { type ConversationId, parseJson } from "@earshot/protocol";
import { readStandings } from "./read-access.ts";
import { spansOf } from "./records.ts";
import type { StoreLink } from "./store-link.ts";
import { readUserIndex } from "./user-index.ts";

/** As `MessageStore.conversations`. */
export async function readConversations(
  link: StoreLink,
  after: ConversationId | null,
  limit: number,
): Promise<readonly { readonly conversation: ConversationId; readonly retention: Retention | null }[]> {
  const { keys, clocks } = link;
  const begin = after === null ? "-" : `(${after}`;
  const lists = await Promise.all(
    Array.from({ length: clocks.size }, async (_, bucket) => {
      const page = await link.call("ZRANGEBYLEX", keys.ids(bucket), begin, "+", "LIMIT", "0", String(limit));
      return page as readonly string[];
    }),
  );
  const ids = lists.flat().sort().slice(0, limit);
  const retentions = await Promise.all(ids.map((id) => link.call("HGET", keys.conversation(id), " retention")));
  return ids.map((conversation, n) => ({
    conversation,
    retention: parseJson((retentions[n] as string | null) ?? "null") as Retention | null,
  }));
}

/** As `MessageStore.memberships`. */
export async function readMemberships(
  link: StoreLink,
  user: string,
  after: ConversationId | null,
  limit: number,
): Promise<readonly Membership[]> {
  const { noted } = await readUserIndex(link, user);
  const ids = [...noted.keys()].filter((id) => after === null || id > after).sort();
  const memberships: Membership[] = [];
  // Of some that were noted nothing came, and others are removed.
  for (let from = 0; from < ids.length && memberships.length < limit; from += limit) {
    const some = ids.slice(from, from + limit);
    const standings = await readStandings(
      link,
      some.map((conversation) => ({ conversation, user })),
    );
    for (const [n, conversation] of some.entries()) {
      const standing = standings[n] ?? null;
      if (standing === null || standing.member === null || memberships.length >= limit) continue;
      const { role } = standing.member;
      memberships.push({ conversation, role, spans: spansOf(standing.member, standing.conversation) });
    }
  }
  return memberships;
}
