import type { Append } from "@earshot/core";
import type { Body, ConversationId, UserId } from "@earshot/protocol";

/** What is sent everywhere: 50 characters of text. */
export const BODY: Body = { text: "hello there, how are you doing today my friend? ok" };

/** As long as the one that the engine keeps: a hash of 256 bits. */
const HASH = "A".repeat(43);

let made = 0;

/** What the engine would hand to the store for a message of this body; its id is new, and they ascend as ULIDs do. */
export function messageEntry(c: ConversationId, user: UserId): Append {
  const key = { id: `01ARZ3NDEKTSV4${String(made++).padStart(12, "0")}`, hash: HASH };
  return { conversation: c, user, at: Date.now(), type: "message", body: BODY, key, by: ["owner", "admin", "member"] };
}
