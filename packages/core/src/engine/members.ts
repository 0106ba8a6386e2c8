import { ChatError, type ConversationId, type InboxRow, LIMITS, type Role, type UserId } from "@earshot/protocol";
import type { Clock } from "../ports/clock.ts";
import type { Access, MemberChange, MemberPage, MessageStore } from "../ports/message-store.ts";
import type { Caller } from "./caller.ts";
import { mayChangeMembers, SENDERS, withOwner } from "./permissions.ts";
import type { Sequencer } from "./sequencer.ts";

export interface MembersSurroundings {
  readonly store: Pick<MessageStore, "access" | "members" | "row">;
  readonly sequencer: Pick<Sequencer, "append">;
  readonly clock: Clock;
  readonly limits: { readonly membersPerCallMax: number };
}

/** Times that a change is decided anew because another came between. */
const TRIES_MAX = 8;
const NOT_FOUND = "no such conversation";

/** One page of a conversation's members, for a member. Rejects with `not_found`. */
export async function listMembers(
  house: MembersSurroundings,
  caller: Caller,
  c: ConversationId,
  cursor: string | null,
  limit: number,
): Promise<MemberPage> {
  const [access] = await house.store.access([{ user: caller.user, conversation: c }]);
  const page = access ? await house.store.members(c, cursor, limit) : null;
  if (page === null) throw new ChatError("not_found", `unable to list members; ${NOT_FOUND}`);
  return page;
}

/**
 * Changes members: a role, or null for who is to leave. Decided against the members as they are at
 * the append itself, anew if others changed them meanwhile. Gives the caller's row, or null when the
 * caller has left. Changes that change nothing append nothing. Rejects with `not_found`,
 * `forbidden`, `too_large`, `unavailable`.
 */
export async function changeMembers(
  house: MembersSurroundings,
  caller: Caller,
  c: ConversationId,
  changes: readonly MemberChange[],
): Promise<InboxRow | null> {
  if (changes.length > house.limits.membersPerCallMax) {
    throw new ChatError("too_large", `unable to change members; a call may name ${house.limits.membersPerCallMax}`);
  }
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    if (await tryChange(house, caller, c, changes)) return house.store.row(caller.user, c);
  }
  throw new ChatError("unavailable", "unable to change members; others keep changing them", { retryAfterMs: 1_000 });
}

/** false: others changed the members meanwhile. */
async function tryChange(
  house: MembersSurroundings,
  caller: Caller,
  c: ConversationId,
  changes: readonly MemberChange[],
): Promise<boolean> {
  const users = [caller.user, ...changes.map(([user]) => user)];
  const [own, ...named] = await house.store.access(users.map((user) => ({ user, conversation: c })));
  if (!own) throw new ChatError("not_found", `unable to change members; ${NOT_FOUND}`);
  const current = rolesOf(changes, named);
  if (!mayChangeMembers({ kind: own.kind, caller: { user: caller.user, role: own.role }, changes, current })) {
    throw new ChatError("forbidden", "unable to change members; your role does not allow it");
  }
  const real = changes.filter(([user, role]) => (current.get(user) ?? null) !== role);
  if (real.length === 0) return true;
  const complete = real.some(([user]) => current.get(user) === "owner")
    ? await keepOwner(house, c, real, own.membersVersion)
    : real;
  if (complete === null) return false;
  return append(house, caller, c, complete, own.membersVersion);
}

async function append(
  house: MembersSurroundings,
  caller: Caller,
  c: ConversationId,
  members: readonly MemberChange[],
  version: number,
): Promise<boolean> {
  const result = await house.sequencer.append({
    conversation: c,
    user: caller.user,
    at: house.clock.now(),
    type: "member",
    body: { members },
    by: [...SENDERS, "reader"],
    members,
    ifMembersVersion: version,
  });
  if (result.kind === "event") return true;
  if (result.kind === "refused" && result.code === "not_found") {
    throw new ChatError("not_found", `unable to change members; ${NOT_FOUND}`);
  }
  return false;
}

/** The changes with an heir for the last owner; null when the list moved on while it was read. */
async function keepOwner(
  house: MembersSurroundings,
  c: ConversationId,
  changes: readonly MemberChange[],
  version: number,
): Promise<readonly MemberChange[] | null> {
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

function rolesOf(changes: readonly MemberChange[], access: readonly (Access | null)[]): ReadonlyMap<UserId, Role> {
  const roles = new Map<UserId, Role>();
  for (const [index, [user]] of changes.entries()) {
    const role = access[index]?.role;
    if (role !== undefined) roles.set(user, role);
  }
  return roles;
}
