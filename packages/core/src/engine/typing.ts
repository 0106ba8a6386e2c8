import { ChatError, type ConversationId, LIMITS, type Role, type UserId } from "@earshot/protocol";
import type { Clock } from "../ports/clock.ts";
import type { MessageStore } from "../ports/message-store.ts";
import type { Access } from "../ports/pages.ts";
import type { Caller } from "./caller.ts";
import { ask, type PermitSurroundings } from "./host-verdicts.ts";

export interface TypingSurroundings extends PermitSurroundings {
  readonly store: Pick<MessageStore, "blocked">;
  readonly clock: Pick<Clock, "monotonic">;
  readonly permissions: { readonly send: readonly Role[] };
  /** Users who may hear of it, on whatever node; `access`: that they are members by. Rejects as the store does. */
  listeners(c: ConversationId, user: UserId, access: Access): Iterable<UserId> | Promise<Iterable<UserId>>;
  /** Tells the other subscribers. */
  typed(c: ConversationId, user: UserId, members: number): void;
}

/**
 * Tells the other subscribers that the caller types. Dropped without a word is what could not be told in
 * time (I20), and, in a `direct`, what one who has blocked the other would hear. Rejects with `not_found`,
 * `forbidden` for who may not send a message, or `unavailable`.
 */
export async function typing(house: TypingSurroundings, caller: Caller, c: ConversationId): Promise<void> {
  const { user } = caller;
  const at = house.clock.monotonic();
  const access = await house.access(user, c);
  if (access === null) throw new ChatError("not_found", "unable to tell of typing; no such conversation");
  if (!house.permissions.send.includes(access.role)) {
    throw new ChatError("forbidden", "unable to tell of typing; your role only reads");
  }
  await ask(house.host, caller, { action: "send", conversation: c, type: "message", doing: "tell of typing" });
  if (access.kind === "direct") {
    const listeners = new Set(await house.listeners(c, user, access));
    const others = [...listeners].filter((listener) => listener !== user);
    if (others.length === 0 || (await house.store.blocked(user, others)).includes(true)) return;
  }
  if (house.clock.monotonic() - at < LIMITS.typingShownMs) house.typed(c, user, access.members);
}
