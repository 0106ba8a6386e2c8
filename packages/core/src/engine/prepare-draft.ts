import { ChatError } from "@earshot/protocol";
import type { DraftAppend } from "../ports/draft-store.ts";
import type { MessageStore } from "../ports/message-store.ts";
import type { Caller } from "./caller.ts";
import type { Draft } from "./draft.ts";
import { allowed, keyOf, lookUp, type SendSurroundings, unanswered } from "./send.ts";

export interface PrepareSurroundings extends SendSurroundings {
  readonly store: Pick<MessageStore, "range" | "settings">;
}

/**
 * What is to be appended of a send later, when the host's transaction has committed: everything that can be said of it now
 * was said, hooks too, which are not asked again. null: it is in the log already. What the append decides
 * (membership and role once more, blocks, its target, its slot, slow mode) is decided then. Rejects as `send` does.
 */
export async function prepareDraft(
  house: PrepareSurroundings,
  caller: Caller,
  draft: Draft,
): Promise<DraftAppend | null> {
  const { c } = draft;
  const key = keyOf(house, caller, draft);
  const reading = caller.system ? null : house.access(caller.user, c).catch(unanswered);
  const [sent, access] = await Promise.all([lookUp(house, caller, draft, null), reading]);
  if (sent !== null) return null;
  // The host writes without being a member, but not into nothing.
  if (caller.system && (await house.store.settings(c).catch(unanswered)) === null) {
    throw new ChatError("not_found", "unable to send event; no such conversation");
  }
  const { at: _, ...entry } = await allowed(house, caller, draft, { key, access });
  return entry;
}
