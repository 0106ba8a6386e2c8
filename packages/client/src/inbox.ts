import type { Body, ChatError, ConversationId, InboxRow } from "@earshot/protocol";
import type { Live } from "./live.ts";

/** A conversation as the list shows it. Frozen; a change makes a new object. */
export interface ConversationRow<Meta extends Body = Body> extends Omit<InboxRow, "c" | "meta"> {
  readonly id: ConversationId;
  readonly meta: Meta | null;
}

export interface InboxView<Meta extends Body = Body> {
  /** Newest activity first. Frozen. */
  readonly rows: readonly ConversationRow<Meta>[];
  /** `loading`: not all read yet. `catching-up`: may be behind (offline, or asking what has changed). */
  readonly status: "loading" | "live" | "catching-up";
  /** Why the last attempt to read failed, until one succeeds. */
  readonly error: ChatError | null;
}

/** The live list of the user's conversations. Loads with its first listener, and is kept from then on. */
export interface Inbox<Meta extends Body = Body> extends Live<InboxView<Meta>> {}

/** What is unread in all conversations that are not muted: what an application shows in its title. Frozen. */
export interface UnreadView {
  /** Conversations with unread messages, or with an unread mark. */
  readonly conversations: number;
  readonly messages: number;
  /** Unread messages that name the user, or everybody. */
  readonly mentions: number;
}
