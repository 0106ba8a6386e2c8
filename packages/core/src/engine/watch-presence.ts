import { ChatError, type ConversationId, type PresenceFrame, type PresenceRow, type UserId } from "@earshot/protocol";
import type { Asking } from "../ports/commands.ts";
import type { MessageStore } from "../ports/message-store.ts";
import { type PermitSurroundings, permit } from "./host-verdicts.ts";

/** A session's interest in users, which stands from when it was asked for until it is let go of. */
export interface PresenceOpening {
  /** Goes on with these users alone; gives where they stand, in this order. Rejects with `too_large` or `unavailable`, and has let go then. */
  allow(users: readonly UserId[]): Promise<readonly PresenceRow[]>;
  cancel(): void;
}

export interface SeePresenceSurroundings extends PermitSurroundings {
  readonly store: Pick<MessageStore, "access" | "blocked">;
  readonly limits: { readonly subscriptionsMax: number };
  readonly presence: { see(users: readonly UserId[]): Promise<readonly PresenceRow[]> };
}

export interface WatchPresenceSurroundings<Watcher> extends SeePresenceSurroundings {
  readonly presence: SeePresenceSurroundings["presence"] & {
    open(watcher: Watcher, c: ConversationId, users: readonly UserId[]): PresenceOpening;
  };
}

export interface PresenceRequest {
  readonly c: ConversationId;
  readonly users: readonly UserId[];
}

/**
 * Where users stand who share a conversation with the caller, in the order asked, each once. Left out
 * are those who are no members of it, and those of whom one of the two has blocked the other. Rejects
 * with `not_found` if the caller is no member, `forbidden` by the host, `too_large`, `unavailable`.
 */
export async function seePresence(
  house: SeePresenceSurroundings,
  caller: Asking,
  request: PresenceRequest,
): Promise<readonly PresenceRow[]> {
  const asked = askedIn(house, request);
  return house.presence.see(await visible(house, caller, request.c, asked));
}

/** The same, and from then on the watcher is told what changes. */
export async function watchPresence<Watcher extends { readonly user: UserId }>(
  house: WatchPresenceSurroundings<Watcher>,
  watcher: Watcher & Asking,
  request: PresenceRequest,
): Promise<PresenceFrame> {
  const asked = askedIn(house, request);
  // Before rights are read: who loses them meanwhile is let go of, and no change falls between answer and watch.
  const opening = house.presence.open(watcher, request.c, asked);
  let allowed: readonly UserId[];
  try {
    allowed = await visible(house, watcher, request.c, asked);
  } catch (error) {
    opening.cancel();
    throw error;
  }
  return { t: "presence", users: await opening.allow(allowed) };
}

function askedIn({ limits }: SeePresenceSurroundings, { users }: PresenceRequest): readonly UserId[] {
  const asked = [...new Set(users)];
  if (asked.length <= limits.subscriptionsMax) return asked;
  throw new ChatError("too_large", `unable to see presence; one call may name ${limits.subscriptionsMax} users`);
}

/** Those whose presence the viewer may see on this conversation; the host itself sees all of its members. */
async function visible(
  house: SeePresenceSurroundings,
  caller: Asking,
  conversation: ConversationId,
  users: readonly UserId[],
): Promise<readonly UserId[]> {
  const { store } = house;
  const viewer = caller.user;
  await permit(house, caller, { action: "watchPresence", conversation, doing: "see presence" });
  const [own, ...theirs] = await store.access([viewer, ...users].map((user) => ({ user, conversation })));
  if (caller.system) return users.filter((_, index) => theirs[index]);
  if (!own) throw new ChatError("not_found", "unable to see presence; no such conversation");
  const others = users.filter((user, index) => user !== viewer && theirs[index]);
  const apart = others.length === 0 ? [] : await store.blocked(viewer, others);
  const hidden = new Set(others.filter((_, index) => apart[index]));
  return users.filter((user, index) => theirs[index] && !hidden.has(user));
}
