import type { ConversationId, UserId } from "@earshot/protocol";
import { FIXED_LIMITS } from "../fixed-limits.ts";
import type { Logger } from "../ports/logger.ts";
import type { Access } from "../ports/pages.ts";
import type { Watermarks } from "./watermarks.ts";

export interface ToldCursorsSurroundings {
  readonly watermarks: Pick<Watermarks, "delivered">;
  readonly logger: Logger;
  accessMany(user: UserId, conversations: readonly ConversationId[]): Promise<readonly (Access | null)[]>;
}

/**
 * Cursors that a client says have moved by pages and `sent`. They raise `delivered` where they say
 * something new of a conversation that is the user's: others take no room among what is held back for
 * the store. Of what could not be checked a few are held all the same, since a client tells them once; the store
 * itself raises nothing of who is no member. The rest is left to the next `have`. Never rejects.
 */
export async function takeToldCursors(
  house: ToldCursorsSurroundings,
  user: UserId,
  told: Iterable<readonly [ConversationId, number]>,
): Promise<void> {
  const seqs = new Map<ConversationId, number>();
  for (const [c, seq] of told) seqs.set(c, Math.max(seq, seqs.get(c) ?? 0));
  const conversations = [...seqs.keys()];
  try {
    const access = await house.accessMany(user, conversations);
    for (const [index, c] of conversations.entries()) {
      const known = access[index];
      const seq = seqs.get(c) ?? 0;
      if (known && seq > known.delivered) house.watermarks.delivered(user, c, seq);
    }
  } catch {
    const unchecked = conversations.slice(0, FIXED_LIMITS.uncheckedCursorsMax);
    for (const c of unchecked) house.watermarks.delivered(user, c, seqs.get(c) ?? 0);
    const left = conversations.length - unchecked.length;
    house.logger.debug(
      { unchecked: unchecked.length, left },
      "unable to check cursors; left to the store, or to the next have",
    );
  }
}
