import { ChatError, type ConversationId, type UserId } from "@earshot/protocol";
import type { MemberChange } from "../ports/append.ts";
import type { Clock } from "../ports/clock.ts";
import type { Caller } from "./caller.ts";
import { ANY_ROLE } from "./permissions.ts";
import type { Sequencer } from "./sequencer.ts";

export interface MemberEntry {
  readonly members: readonly MemberChange[];
  /** Of the members by which it was decided. */
  readonly version: number;
  /** Who is banned with it. */
  readonly bans?: readonly (readonly [user: UserId, banned: boolean])[];
  /** The caller is no member, and joins. */
  readonly join?: true;
}

/**
 * Appends one `member` event. false: the members are others by now. Rejects with `not_found`, or
 * `forbidden` where it adds somebody who is banned. `action` says what was asked for.
 */
export async function appendMembers(
  house: { readonly sequencer: Pick<Sequencer, "append">; readonly clock: Clock },
  caller: Caller,
  c: ConversationId,
  { members, version, bans, join }: MemberEntry,
  action: string,
): Promise<boolean> {
  const result = await house.sequencer.append({
    conversation: c,
    user: caller.user,
    at: house.clock.now(),
    type: "member",
    body: { members },
    by: ANY_ROLE,
    members,
    ifMembersVersion: version,
    ...(bans === undefined ? {} : { bans }),
    ...(join === undefined ? {} : { join }),
    ...(caller.system ? { system: true } : {}),
  });
  if (result.kind === "event") return true;
  if (result.kind === "refused" && result.code === "not_found") {
    throw new ChatError("not_found", `unable to ${action}; no such conversation`);
  }
  if (result.kind === "refused" && result.code === "banned") {
    throw new ChatError("forbidden", `unable to ${action}; ${join ? "you are" : "one of them is"} banned`);
  }
  return false;
}
