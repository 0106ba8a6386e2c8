import { ChatError, type ConversationId, type InboxRow, LIMITS, type Role, type UserId } from "@earshot/protocol";
import type { Permissions } from "../options.ts";
import type { Clock } from "../ports/clock.ts";
import type { Access, MemberChange, MemberPage, MessageStore } from "../ports/message-store.ts";
import type { Caller } from "./caller.ts";
import type { Changes } from "./changes.ts";
import { tryJoin } from "./join.ts";
import { keepOwner } from "./keep-owner.ts";
import { appendMembers } from "./member-entry.ts";
import { mayChangeMembers } from "./permissions.ts";
import type { Sequencer } from "./sequencer.ts";

export interface MembersSurroundings {
  readonly store: Pick<MessageStore, "access" | "members" | "row" | "settings">;
  readonly sequencer: Pick<Sequencer, "append">;
  readonly clock: Clock;
  readonly changes: Changes;
  readonly permissions: Permissions;
  readonly limits: { readonly membersPerCallMax: number };
}

const ACTION = "change members";

/** One page of a conversation's members, for a member. Rejects with `not_found`. */
export async function listMembers(
  house: Pick<MembersSurroundings, "store">,
  caller: Caller,
  c: ConversationId,
  cursor: string | null,
  limit: number,
): Promise<MemberPage> {
  const [access] = await house.store.access([{ user: caller.user, conversation: c }]);
  const page = access ? await house.store.members(c, cursor, limit) : null;
  if (page === null) throw new ChatError("not_found", "unable to list members; no such conversation");
  return page;
}

/**
 * Changes members: a role, or null for who is to leave. Decided against the members as they are at
 * the append itself, anew if others changed them meanwhile. Gives the caller's row, or null when the
 * caller has left. Changes that change nothing append nothing; over 1,000 users are several entries, and
 * what is refused behind the first of them leaves those before it. A caller who is no member may add
 * themselves, which is to join. Rejects with `not_found`, `forbidden` (also: one of them is banned),
 * `too_large`, `unavailable`.
 */
export async function changeMembers(
  house: MembersSurroundings,
  caller: Caller,
  c: ConversationId,
  changes: readonly MemberChange[],
): Promise<InboxRow | null> {
  if (changes.length > house.limits.membersPerCallMax) {
    throw new ChatError("too_large", `unable to ${ACTION}; a call may name ${house.limits.membersPerCallMax}`);
  }
  // Who is named twice has the role named last.
  const asked = [...new Map(changes)];
  await house.changes.decide(c, ACTION, () => tryChange(house, caller, c, asked));
  return house.store.row(caller.user, c);
}

/** null: others changed the members meanwhile. */
async function tryChange(
  house: MembersSurroundings,
  caller: Caller,
  c: ConversationId,
  changes: readonly MemberChange[],
): Promise<true | null> {
  const users = [caller.user, ...changes.map(([user]) => user)];
  const [own, ...named] = await house.store.access(users.map((user) => ({ user, conversation: c })));
  if (!own) {
    const role = joinsAs(caller, changes);
    if (role !== null) return tryJoin(house, caller, c, role);
    throw new ChatError("not_found", `unable to ${ACTION}; no such conversation`);
  }
  const current = rolesOf(changes, named);
  const { permissions } = house;
  const asking = { user: caller.user, role: own.role };
  if (!mayChangeMembers({ permissions, kind: own.kind, caller: asking, changes, current })) {
    throw new ChatError("forbidden", `unable to ${ACTION}; your role does not allow it`);
  }
  const real = changes.filter(([user, role]) => (current.get(user) ?? null) !== role);
  if (real.length === 0) return true;
  const kept = await keepOwner(house, c, real, current, own.membersVersion);
  if (kept === null) return null;
  // The last owner who has no heir stays one.
  const complete = kept.filter(([user, role]) => (current.get(user) ?? null) !== role);
  let version = own.membersVersion;
  for (const members of entriesOf(complete, caller)) {
    if (!(await appendMembers(house, caller, c, { members, version: version++ }, ACTION))) return null;
  }
  return true;
}

/** The role with which callers add nobody but themselves. */
function joinsAs(caller: Caller, changes: readonly MemberChange[]): Role | null {
  const [change, ...others] = changes;
  return change !== undefined && others.length === 0 && change[0] === caller.user ? change[1] : null;
}

/**
 * The entries of one call: at most 1,000 users each. Where there are several, an owner is made before
 * another goes, and the caller's own right to the rest is the last to change. Pure.
 */
export function entriesOf(changes: readonly MemberChange[], caller: Caller): readonly (readonly MemberChange[])[] {
  const perEntry = LIMITS.membersPerEventMax;
  if (changes.length <= perEntry) return changes.length === 0 ? [] : [changes];
  const rank = ([user, role]: MemberChange): number => (user === caller.user ? 2 : role === "owner" ? 0 : 1);
  const ordered = changes.toSorted((a, b) => rank(a) - rank(b));
  const entries: (readonly MemberChange[])[] = [];
  for (let from = 0; from < ordered.length; from += perEntry) entries.push(ordered.slice(from, from + perEntry));
  return entries;
}

function rolesOf(changes: readonly MemberChange[], access: readonly (Access | null)[]): ReadonlyMap<UserId, Role> {
  const roles = new Map<UserId, Role>();
  for (const [index, [user]] of changes.entries()) {
    const role = access[index]?.role;
    if (role !== undefined) roles.set(user, role);
  }
  return roles;
}
