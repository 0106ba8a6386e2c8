import type { UserId } from "@earshot/protocol";
import type { NewConversation } from "../ports/conversation-settings.ts";

export type DirectPair = readonly [UserId, UserId];

/** The two users of a `direct`, in one order whoever creates it; null for other kinds. */
export function directPair({ kind, members }: Pick<NewConversation, "kind" | "members">): DirectPair | null {
  const [one, other] = members.map(([user]) => user).sort();
  return kind === "direct" && one !== undefined && other !== undefined ? [one, other] : null;
}

/** No id holds a space. */
export function pairKey(pair: DirectPair): string {
  return pair.join(" ");
}
