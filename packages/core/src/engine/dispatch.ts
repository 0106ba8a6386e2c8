import type {
  ClientFrame,
  ConversationId,
  GatewayFrame,
  InboxFrame,
  InboxRow,
  PresenceFrame,
  UserId,
} from "@earshot/protocol";
import type { Caller } from "./caller.ts";
import { type FetchSurroundings, fetchPage } from "./fetch.ts";
import { ask, permit } from "./host-verdicts.ts";
import { type InboxSurroundings, inboxPage } from "./inbox.ts";
import { type MarkSurroundings, markRead, markUnread } from "./mark-watermark.ts";
import { type SubscribeSurroundings, subscribe } from "./subscribe.ts";
import { type TypingSurroundings, typing } from "./typing.ts";

/** Frames that ask the engine to act, beside `send` and `have`, which the session orders itself, and `active`, which is the session's own. */
export type CommandFrame = Extract<
  ClientFrame,
  { readonly t: "inbox" | "fetch" | "subscribe" | "unsubscribe" | "read" | "unread" | "typing" }
>;

export interface DispatchSurroundings<Session>
  extends FetchSurroundings,
    MarkSurroundings,
    Omit<SubscribeSurroundings<Session>, "store">,
    Omit<TypingSurroundings, "store"> {
  readonly store: InboxSurroundings["store"] &
    FetchSurroundings["store"] &
    SubscribeSurroundings<Session>["store"] &
    TypingSurroundings["store"];
  readonly watermarks: MarkSurroundings["watermarks"] & InboxSurroundings["watermarks"];
  /** Ends a subscription, if there is one. */
  unsubscribe(session: Session, c: ConversationId): void;
  /** Told of rows that a client is given. */
  listed(session: Session, rows: readonly InboxRow[]): void;
  /** Watches users who share a conversation with the caller; the answer says where they stand. */
  watch(
    session: Session,
    request: { readonly c: ConversationId; readonly users: readonly UserId[] },
  ): Promise<PresenceFrame>;
  /** Watches them no longer. */
  unwatch(session: Session, users: readonly UserId[]): void;
}

/** What a session adds to its user's name. */
export interface SessionCaller<Session> extends Caller {
  readonly session: Session;
}

/** Frame → command → answer; null for what is answered only when refused, or has answered by itself. Rejects with the refusal. */
export async function dispatch<Session>(
  house: DispatchSurroundings<Session>,
  caller: SessionCaller<Session>,
  frame: CommandFrame,
): Promise<GatewayFrame | null> {
  const { user, session } = caller;
  switch (frame.t) {
    case "inbox":
      return listed(house, session, { t: "inbox", id: frame.id, ...(await inboxPage(house, caller, frame)) });
    case "fetch":
      await permit(house, caller, { action: "see", conversation: frame.c, doing: "fetch" });
      return { ...(await fetchPage(house, caller, frame)), id: frame.id };
    case "subscribe": {
      const { id, c, users } = frame;
      if (users !== undefined) return { ...(await house.watch(session, { c, users })), id };
      // Asked while the subscription is held open: who has gone meanwhile is not subscribed.
      await subscribe(house, { session, user, c, id }, async () => {
        const access = await house.access(user, c);
        if (access !== null) await ask(house.host, caller, { action: "see", conversation: c, doing: "subscribe" });
        return access;
      });
      return null;
    }
    case "unsubscribe":
      if (frame.c !== undefined) house.unsubscribe(session, frame.c);
      if (frame.users !== undefined) house.unwatch(session, frame.users);
      return { t: "unsubscribed", id: frame.id };
    case "read":
      await permit(house, caller, { action: "see", conversation: frame.c, doing: "mark as read" });
      await markRead(house, caller, frame.c, frame.seq);
      return null;
    case "unread":
      await permit(house, caller, { action: "see", conversation: frame.c, doing: "mark as unread" });
      await markUnread(house, caller, frame.c, frame.on);
      return null;
    case "typing":
      await typing(house, caller, frame.c);
      return null;
  }
}

function listed<Session>(
  house: Pick<DispatchSurroundings<Session>, "listed">,
  session: Session,
  page: InboxFrame,
): InboxFrame {
  house.listed(
    session,
    page.conversations.filter((row): row is InboxRow => !("gone" in row)),
  );
  return page;
}
