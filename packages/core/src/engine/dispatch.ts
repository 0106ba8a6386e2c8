import { ChatError, type ClientFrame, type GatewayFrame } from "@earshot/protocol";
import type { Access, MessageStore } from "../ports/message-store.ts";
import type { Caller } from "./caller.ts";
import { type FetchSurroundings, fetchPage } from "./fetch.ts";
import { inboxPage } from "./inbox.ts";
import { addSubscription, subscribedFrame } from "./subscribe.ts";

/** Frames that ask the engine to act, beside `send` and `have`, which the session orders itself. */
export type CommandFrame = Extract<
  ClientFrame,
  { readonly t: "inbox" | "fetch" | "subscribe" | "unsubscribe" | "read" | "unread" | "typing" | "active" }
>;

export interface DispatchSurroundings extends FetchSurroundings {
  readonly store: Pick<MessageStore, "range" | "inbox">;
  readonly limits: { readonly subscriptionsMax: number };
  access(user: string, c: string): Promise<Access | null>;
}

/** What a session adds to its user's name. */
export interface SessionCaller extends Caller {
  readonly subscriptions: Set<string>;
}

/** Frame → command → answer; null for what is answered only when refused. Rejects with the refusal. */
export async function dispatch(
  house: DispatchSurroundings,
  caller: SessionCaller,
  frame: CommandFrame,
): Promise<GatewayFrame | null> {
  switch (frame.t) {
    case "inbox":
      return { t: "inbox", id: frame.id, ...(await inboxPage(house, caller, frame)) };
    case "fetch":
      return { ...(await fetchPage(house, caller, frame)), id: frame.id };
    case "subscribe": {
      if (frame.users !== undefined) throw notYet("presence");
      const access = await house.access(caller.user, frame.c);
      if (access === null) throw new ChatError("not_found", "unable to subscribe; no such conversation");
      addSubscription(caller.subscriptions, frame.c, house.limits.subscriptionsMax);
      return { ...subscribedFrame(frame.c, access), id: frame.id };
    }
    case "unsubscribe":
      if (frame.c !== undefined) caller.subscriptions.delete(frame.c);
      return { t: "unsubscribed", id: frame.id };
    case "read":
    case "unread":
      throw notYet("receipts");
    case "typing":
      throw notYet("typing");
    case "active":
      throw notYet("presence");
  }
}

function notYet(what: string): ChatError {
  return new ChatError("invalid", `unable to take frame; this server does not keep ${what} yet`);
}
