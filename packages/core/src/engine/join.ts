import { ChatError, type ConversationId, type InboxRow, type Role } from "@earshot/protocol";
import type { Clock } from "../ports/clock.ts";
import type { MessageStore } from "../ports/message-store.ts";
import type { Caller } from "./caller.ts";
import type { Changes } from "./changes.ts";
import { keepMode, type ModeSurroundings } from "./conversation-mode.ts";
import { ask, asksHost, hooked, type PermitSurroundings } from "./host-verdicts.ts";
import { appendMembers } from "./member-entry.ts";
import type { Sequencer } from "./sequencer.ts";

export interface JoinSurroundings extends PermitSurroundings, ModeSurroundings {
  readonly store: Pick<MessageStore, "access" | "row" | "settings">;
  readonly sequencer: Pick<Sequencer, "append">;
  readonly clock: Clock;
  readonly changes: Changes;
}

const ACTION = "change members";

/**
 * Makes the caller a `member` of an open conversation. Who is one already stays what they are. Gives the
 * caller's row, null if they have lost it meanwhile. Rejects with `not_found` (none, or not open), `forbidden`
 * (banned), as a hook refuses, `invalid` (the host itself, which adds members instead), `unavailable`.
 */
export async function joinConversation(
  house: JoinSurroundings,
  caller: Caller,
  c: ConversationId,
): Promise<InboxRow | null> {
  if (caller.system)
    throw new ChatError("invalid", "unable to join; the host itself is no member, add members instead");
  await askToJoin(house, caller, c);
  await house.changes.decide(c, ACTION, () => tryJoin(house, caller, c, null));
  await keepMode(house, caller, c);
  return house.store.row(caller.user, c);
}

/**
 * Asks the host, where it wants to be asked, before somebody joins; nothing is asked of who is a member. Outside of the
 * turns in which changes are decided, which wait for no host. Rejects with `not_found`, `forbidden`, as a hook
 * refuses, `unavailable`.
 */
export async function askToJoin(
  house: Pick<JoinSurroundings, "host" | "access" | "store">,
  caller: Caller,
  c: ConversationId,
): Promise<"joins" | "is a member" | null> {
  const { host, store } = house;
  if (caller.system || (!asksHost(host, caller) && !host.hooks.has("join"))) return null;
  if ((await house.access(caller.user, c)) !== null) return "is a member";
  const settings = await store.settings(c);
  if (!settings?.open || settings.kind === "direct") throw notFound();
  await ask(host, caller, { action: "join", conversation: c, doing: ACTION });
  await hooked(host, caller, "join", { conversation: c });
  return "joins";
}

/**
 * `role`: the one that was asked for, null for none in particular. null: the caller is a member by now, and not
 * with that role, or others changed the members meanwhile. Rejects as `joinConversation`, and with `forbidden`
 * for another role than `member`.
 */
export async function tryJoin(
  house: Omit<JoinSurroundings, "changes" | "logger" | "fanout">,
  caller: Caller,
  c: ConversationId,
  role: Role | null,
): Promise<true | null> {
  // The version first: who is added once it was read makes it an old one, and is not made a plain member then.
  const settings = await house.store.settings(c);
  const [access] = await house.store.access([{ user: caller.user, conversation: c }]);
  if (access) return role === null || role === access.role ? true : null;
  if (settings === null || settings.kind === "direct") throw notFound();
  if (role !== null && role !== "member") {
    if (!settings.open) throw notFound();
    throw new ChatError("forbidden", `unable to ${ACTION}; who joins is a member`);
  }
  const members = [[caller.user, "member"]] as const;
  const version = settings.membersVersion;
  return (await appendMembers(house, caller, c, { members, version, join: true }, ACTION)) ? true : null;
}

function notFound(): ChatError {
  // The same words as of a conversation that nobody may join (S14).
  return new ChatError("not_found", `unable to ${ACTION}; no such conversation`);
}
