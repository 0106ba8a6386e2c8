import { ChatError, type ConversationId, type UserId } from "@earshot/protocol";
import type { Action } from "../ports/authorize.ts";
import type { Asking } from "../ports/commands.ts";
import type { MessageStore } from "../ports/message-store.ts";
import { type BansSurroundings, banUser } from "./bans.ts";
import { blockUser } from "./blocks.ts";
import type { Caller } from "./caller.ts";
import { type ConversationRequest, type CreateSurroundings, createConversation } from "./create-conversation.ts";
import type { Draft } from "./draft.ts";
import { type FetchRequest, type FetchSurroundings, fetchPage } from "./fetch.ts";
import { permit } from "./host-verdicts.ts";
import { type InboxSurroundings, inboxPage, inboxRow } from "./inbox.ts";
import { type JoinSurroundings, joinConversation } from "./join.ts";
import { type MarkSurroundings, markRead } from "./mark-watermark.ts";
import { changeMemberState, type MemberState } from "./member-state.ts";
import { changeMembers, listMembers, type MembersSurroundings } from "./members.ts";
import { type ConversationPatch, type PatchSurroundings, patchConversation } from "./patch-conversation.ts";
import { pinMessage } from "./pins.ts";
import { prepareDraft } from "./prepare-draft.ts";
import { type ReceiptsRequest, receiptsPage } from "./receipts-page.ts";
import { type RemoveSurroundings, removeConversation } from "./remove-conversation.ts";
import { lookUp, type SendSurroundings, send } from "./send.ts";
import { type SeePresenceSurroundings, seePresence } from "./watch-presence.ts";

export interface CommandsSurroundings
  extends Omit<BansSurroundings, "store">,
    Omit<CreateSurroundings, "store" | "limits">,
    Omit<FetchSurroundings, "store">,
    Omit<InboxSurroundings, "store" | "watermarks">,
    Omit<JoinSurroundings, "store">,
    Omit<MarkSurroundings, "watermarks">,
    Omit<MembersSurroundings, "store" | "limits">,
    Omit<PatchSurroundings, "store" | "limits">,
    Omit<RemoveSurroundings, "store">,
    Omit<SendSurroundings, "store">,
    Omit<SeePresenceSurroundings, "store" | "limits"> {
  readonly store: MessageStore;
  readonly watermarks: MarkSurroundings["watermarks"] & InboxSurroundings["watermarks"];
  readonly limits: CreateSurroundings["limits"] &
    MembersSurroundings["limits"] &
    PatchSurroundings["limits"] &
    SeePresenceSurroundings["limits"];
  /** ms to wait before the user may send there, 0 if now. */
  sendWait(user: UserId, c: ConversationId): number;
  /** One of the two has blocked the other. */
  apart(user: UserId, other: UserId): void;
}

/**
 * Everything that may be asked of the engine in one call, without a session, by a user or by the host itself.
 * Each rejects as its own file says, and as the host refuses.
 */
export function commandsOf(house: CommandsSurroundings) {
  const called = (by: Asking): Caller => ({ ...by, origin: null });
  /** Asks the host, then runs the command. */
  const asking = async <Outcome>(
    [action, doing]: readonly [Action, string],
    by: Asking,
    c: ConversationId,
    run: (caller: Caller) => Promise<Outcome>,
  ): Promise<Outcome> => {
    await permit(house, by, { action, conversation: c, doing });
    return run(called(by));
  };
  /** Why nothing of it may be sent now, or null. */
  const tooFast = (by: Asking, { c }: Draft): ChatError | null => {
    // The host itself is not held back by what holds its users back.
    const retryAfterMs = by.system ? 0 : house.sendWait(by.user, c);
    if (retryAfterMs === 0) return null;
    return new ChatError("rate_limited", "unable to send message; too many in too short a time", { retryAfterMs });
  };
  return {
    create: (by: Asking, request: ConversationRequest) => createConversation(house, called(by), request),
    inbox: (by: Asking, cursor: string | null, limit: number | undefined) =>
      inboxPage(house, called(by), limit === undefined ? { cursor } : { cursor, limit }),
    row: (by: Asking, c: ConversationId) =>
      asking(["see", "read conversation"], by, c, (caller) => inboxRow(house, caller, c)),
    patch: (by: Asking, c: ConversationId, patch: ConversationPatch) =>
      asking(["patch", "change conversation"], by, c, (caller) => patchConversation(house, caller, c, patch)),
    remove: (by: Asking, c: ConversationId) =>
      asking(["remove", "delete conversation"], by, c, (caller) => removeConversation(house, caller, c)),

    members: (by: Asking, c: ConversationId, cursor: string | null, limit: number) =>
      asking(["see", "list members"], by, c, (caller) => listMembers(house, caller, c, cursor, limit)),
    changeMembers: (by: Asking, c: ConversationId, changes: Parameters<typeof changeMembers>[3]) =>
      changeMembers(house, called(by), c, changes),
    join: (by: Asking, c: ConversationId) => joinConversation(house, called(by), c),
    ban: (by: Asking, c: ConversationId, other: UserId, banned: boolean) =>
      asking(["ban", "change bans"], by, c, (caller) => banUser(house, caller, c, other, banned)),
    block: async (by: Asking, other: UserId, blocked: boolean): Promise<void> => {
      await blockUser(house, called(by), other, blocked);
      if (blocked) house.apart(by.user, other);
    },
    presence: (by: Asking, c: ConversationId, users: readonly UserId[]) => seePresence(house, by, { c, users }),

    send: (by: Asking, draft: Draft) => {
      const refused = tooFast(by, draft);
      return refused === null ? send(house, called(by), draft, null) : Promise.reject(refused);
    },
    prepare: async (by: Asking, draft: Draft) => {
      const refused = tooFast(by, draft);
      if (refused !== null) throw refused;
      return prepareDraft(house, called(by), draft);
    },
    sent: (by: Asking, draft: Draft) => lookUp(house, called(by), draft, null),
    fetch: (by: Asking, request: FetchRequest) =>
      asking(["see", "fetch"], by, request.c, (caller) => fetchPage(house, caller, request)),
    pin: (by: Asking, c: ConversationId, seq: number, pinned: boolean) =>
      asking(["pin", "pin message"], by, c, (caller) => pinMessage(house, caller, c, seq, pinned)),

    memberState: (by: Asking, c: ConversationId, state: MemberState) =>
      asking(["see", "change conversation"], by, c, (caller) => changeMemberState(house, caller, c, state)),
    read: (by: Asking, c: ConversationId, seq: number) =>
      asking(["see", "mark as read"], by, c, (caller) => markRead(house, caller, c, seq)),
    receipts: (by: Asking, c: ConversationId, request: ReceiptsRequest) =>
      asking(["see", "list receipts"], by, c, (caller) => receiptsPage(house, caller, c, request)),
  };
}
