import type { MessageStore } from "@earshot/core";
import type { ConversationId, Role } from "@earshot/protocol";

/** Who sends, and who would read. */
export const SENDER = "alice";
const MEMBERS: readonly (readonly [string, Role])[] = [
  [SENDER, "owner"],
  ["bob", "member"],
];
const AT_ONCE = 50;

/** Groups of two, made in the store itself. */
export async function makeConversations(store: MessageStore, count: number): Promise<readonly ConversationId[]> {
  const ids = Array.from({ length: count }, (_, index) => `c${index}`);
  for (let from = 0; from < count; from += AT_ONCE) {
    await Promise.all(ids.slice(from, from + AT_ONCE).map((id) => makeConversation(store, id, MEMBERS)));
  }
  return ids;
}

/** The first of the members makes it. */
async function makeConversation(
  store: MessageStore,
  id: ConversationId,
  members: readonly (readonly [string, Role])[],
): Promise<void> {
  const made = await store.create({
    ...{ id, kind: "group", mode: "push", epoch: `e-${id}`, creator: members[0]?.[0] ?? "", at: Date.now() },
    ...{ title: null, meta: null, open: false, wholeHistory: false, members },
    first: [{ type: "meta", body: { kind: "group", title: null, meta: null, mode: "push", members } }],
  });
  if (made.kind !== "created") throw new Error(`unable to make conversation ${id}; the store answers ${made.kind}`);
}
