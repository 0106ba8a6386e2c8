import { ChatError, type UserId } from "@earshot/protocol";
import type { MessageStore } from "../ports/message-store.ts";
import type { Caller } from "./caller.ts";

/**
 * Blocks a user, or no longer: while either of two has blocked the other, sends to their `direct` are
 * `forbidden`. Rejects with `invalid` for oneself, and for the host.
 */
export async function blockUser(
  house: { readonly store: Pick<MessageStore, "block"> },
  caller: Caller,
  user: UserId,
  blocked: boolean,
): Promise<void> {
  if (caller.system) throw new ChatError("invalid", "unable to block user; the host itself blocks nobody");
  if (user === caller.user) throw new ChatError("invalid", "unable to block user; that is yourself");
  await house.store.block(caller.user, user, blocked);
}
