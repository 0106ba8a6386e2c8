import { ChatError, type ConversationId, type InboxRow, LIMITS, type Role, type UserId } from "@earshot/protocol";
import type { Permissions } from "../options.ts";
import type { MemberChange } from "../ports/append.ts";
import type { Clock } from "../ports/clock.ts";
import type { MessageStore } from "../ports/message-store.ts";
import type { Access, MemberPage } from "../ports/pages.ts";
import type { Caller } from "./caller.ts";
import type { Changes } from "./changes.ts";
import { keepMode, type ModeSurroundings } from "./conversation-mode.ts";
import { type PermitSurroundings, permit } from "./host-verdicts.ts";
import { askToJoin, tryJoin } from "./join.ts";
import { keepOwner } from "./keep-owner.ts";
import { appendMembers } from "./member-entry.ts";
import { mayChangeMembers } from "./permissions.ts";
import type { Sequencer } from "./sequencer.ts";
import { standingOf } from "./standing.ts";

export interface MembersSurroundings extends PermitSurroundings, ModeSurroundings {
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
  { store }: Pick<MembersSurroundings, "store">,
  caller: Caller,
  c: ConversationId,
  cursor: string | null,
  limit: number,
): Promise<MemberPage> {
  const [access] = caller.system ? [true] : await store.access([{ user: caller.user, conversation: c }]);
  const page = access ? await store.members(c, cursor, limit) : null;
  if (page === null) throw new ChatError("not_found", "unable to list members; no such conversation");
  return page;
}

/**
 * Changes members: a role, or null for who is to leave. Decided against the members as they are at
 * the append itself, anew if others changed them meanwhile. Gives the caller's row, or null when the
 * caller has left. Changes that change nothing append nothing; over 1,000 users are several entries, and
 * what is refused behind the first of them leaves those before it. A caller who is no member may add
 * themselves, which is to join. Rejects with `not_found`, `forbidden` (also: one of them is banned),
 * `too_large`, as a hook refuses to let them join, `unavailable`.
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
  await askFor(house, caller, c, asked);
  await house.changes.decide(c, ACTION, () => tryChange(house, caller, c, asked));
  await keepMode(house, caller, c);
  return house.store.row(caller.user, c);
}

/** Asks the host, where it wants to be asked: of who adds themselves whether they may join. To leave is everyone's right. */
async function askFor(
  house: MembersSurroundings,
  caller: Caller,
  c: ConversationId,
  changes: readonly MemberChange[],
): Promise<void> {
  const [change, ...others] = changes;
  const own = others.length === 0 && change?.[0] === caller.user ? change : null;
  if (own !== null && own[1] === null) return;
  if (own !== null && (await askToJoin(house, caller, c)) === "joins") return;
  await permit(house, caller, { action: "changeMembers", conversation: c, doing: ACTION });
}

/** null: others changed the members meanwhile. */
async function tryChange(
  house: MembersSurroundings,
  caller: Caller,
  c: ConversationId,
  changes: readonly MemberChange[],
): Promise<true | null> {
  const named = changes.map(([user]) => user);
  const [standing, access] = await standingOf(house, caller, c, named);
  if (standing === null) {
    const role = joinsAs(caller, changes);
    if (role !== null) return tryJoin(house, caller, c, role);
    throw new ChatError("not_found", `unable to ${ACTION}; no such conversation`);
  }
  const current = rolesOf(changes, access);
  const { permissions } = house;
  const { kind, role, membersVersion } = standing;
  const may = role === null || mayChangeMembers({ permissions, kind, caller: { ...caller, role }, changes, current });
  if (!may || kind === "direct") {
    throw new ChatError("forbidden", `unable to ${ACTION}; your role, or its kind, does not allow it`);
  }
  const real = changes.filter(([user, role]) => (current.get(user) ?? null) !== role);
  if (real.length === 0) return true;
  const kept = await keepOwner(house, c, real, current, membersVersion);
  if (kept === null) return null;
  // The last owner who has no heir stays one.
  const complete = kept.filter(([user, role]) => (current.get(user) ?? null) !== role);
  let version = membersVersion;
  for (const members of entriesOf(complete, caller)) {
    if (!(await appendMembers(house, caller, c, { members, version: version++ }, ACTION))) return null;
  }
  return true;
}

/** The role with which callers add nobody but themselves. */
function joinsAs(caller: Caller, changes: readonly MemberChange[]): Role | null {
  const [change, ...others] = changes;
  const alone = others.length === 0 && change?.[0] === caller.user && !caller.system;
  return alone ? change[1] : null;
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
