import type { ConversationRow } from "@earshot/client";
import type { View } from "../ui/view.ts";

/** What stands beside a conversation. */
export interface Panel extends View {
  /** What the list knows of the conversation has changed. */
  show?(row: ConversationRow): void;
  focus(): void;
}
