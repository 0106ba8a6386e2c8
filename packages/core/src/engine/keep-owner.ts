import { type ConversationId, LIMITS, type Role, type UserId } from "@earshot/protocol";
import type { MemberChange } from "../ports/append.ts";
import type { MessageStore } from "../ports/message-store.ts";
import type { MemberPage } from "../ports/pages.ts";
import { withOwner } from "./permissions.ts";

/** The changes with an heir for the last owner; null when the list moved on while it was read. */
export async function keepOwner(
  house: { readonly store: Pick<MessageStore, "members"> },
  c: ConversationId,
  changes: readonly MemberChange[],
  current: ReadonlyMap<UserId, Role>,
  version: number,
): Promise<readonly MemberChange[] | null> {
  if (!changes.some(([user]) => current.get(user) === "owner")) return changes;
  const first: (readonly [UserId, Role])[] = [];
  let cursor: string | null = null;
  do {
    const page: MemberPage | null = await house.store.members(c, cursor, LIMITS.membersPerEventMax);
    if (page === null || page.membersVersion !== version) return null;
    first.push(...page.members);
    cursor = page.more ? page.cursor : null;
  } while (cursor !== null && first.length <= changes.length);
  return withOwner(changes, first);
}
