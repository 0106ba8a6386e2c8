import { ChatError, type ConversationId, type InboxRow, type UserId } from "@earshot/protocol";
import type { Permissions } from "../options.ts";
import type { MemberChange } from "../ports/append.ts";
import type { Clock } from "../ports/clock.ts";
import type { MessageStore } from "../ports/message-store.ts";
import type { Caller } from "./caller.ts";
import type { Changes } from "./changes.ts";
import { keepMode, type ModeSurroundings } from "./conversation-mode.ts";
import { keepOwner } from "./keep-owner.ts";
import { appendMembers } from "./member-entry.ts";
import { rulersOf } from "./permissions.ts";
import type { Sequencer } from "./sequencer.ts";
import { standingOf } from "./standing.ts";

export interface BansSurroundings extends ModeSurroundings {
  readonly store: Pick<MessageStore, "access" | "ban" | "members" | "row" | "settings">;
  readonly sequencer: Pick<Sequencer, "append">;
  readonly clock: Clock;
  readonly changes: Changes;
  readonly permissions: Permissions;
}

const ACTION = "change bans";

/**
 * Bans a user, or lifts a ban: who is banned neither joins nor is added. A member is removed by the same
 * entry; of anybody else nothing is appended. Gives the caller's row. Rejects with `not_found`,
 * `forbidden` (by role, of a user whom the caller may not remove, or in a `direct`), `invalid` (oneself),
 * `unavailable`.
 */
export async function banUser(
  house: BansSurroundings,
  caller: Caller,
  c: ConversationId,
  user: UserId,
  banned: boolean,
): Promise<InboxRow | null> {
  if (user === caller.user) throw new ChatError("invalid", `unable to ${ACTION}; that is yourself`);
  await house.changes.decide(c, ACTION, () => tryBan(house, caller, c, user, banned));
  await keepMode(house, caller, c);
  return house.store.row(caller.user, c);
}

/** null: others changed the members meanwhile. */
async function tryBan(
  house: BansSurroundings,
  caller: Caller,
  c: ConversationId,
  user: UserId,
  banned: boolean,
): Promise<true | null> {
  const { permissions, store } = house;
  const [standing, [other]] = await standingOf(house, caller, c, [user]);
  if (standing === null) throw new ChatError("not_found", `unable to ${ACTION}; no such conversation`);
  const { kind, role, membersVersion: version } = standing;
  const mayBan = kind !== "direct" && (role === null || permissions.ban.includes(role));
  if (!mayBan || (other && role !== null && !rulersOf(other.role, permissions).includes(role))) {
    throw new ChatError("forbidden", `unable to ${ACTION}; your role does not allow it`);
  }
  // A member is not banned, or would not be one.
  if (!other) return (await store.ban(c, user, banned)) ? true : null;
  if (!banned) return true;
  const removal: MemberChange = [user, null];
  const members = await keepOwner(house, c, [removal], new Map([[user, other.role]]), version);
  if (members === null) return null;
  return (await appendMembers(house, caller, c, { members, version, bans: [[user, true]] }, ACTION)) ? true : null;
}
