import { ChatError, type ConversationId, type UserId } from "@earshot/protocol";
import type { MessageStore } from "../ports/message-store.ts";
import { type BansSurroundings, banUser } from "./bans.ts";
import { blockUser } from "./blocks.ts";
import type { Caller } from "./caller.ts";
import { type ConversationRequest, type CreateSurroundings, createConversation } from "./create-conversation.ts";
import type { Draft } from "./draft.ts";
import { type FetchRequest, fetchPage } from "./fetch.ts";
import { type InboxSurroundings, inboxPage, inboxRow } from "./inbox.ts";
import { type JoinSurroundings, joinConversation } from "./join.ts";
import { type MarkSurroundings, markRead } from "./mark-watermark.ts";
import { changeMemberState, type MemberState } from "./member-state.ts";
import { changeMembers, listMembers, type MembersSurroundings } from "./members.ts";
import { type ConversationPatch, type PatchSurroundings, patchConversation } from "./patch-conversation.ts";
import { pinMessage } from "./pins.ts";
import { type ReceiptsRequest, receiptsPage } from "./receipts-page.ts";
import { type RemoveSurroundings, removeConversation } from "./remove-conversation.ts";
import { type SendSurroundings, send } from "./send.ts";
import { type SeePresenceSurroundings, seePresence } from "./watch-presence.ts";

export interface CommandsSurroundings
  extends Omit<BansSurroundings, "store">,
    Omit<CreateSurroundings, "store" | "limits">,
    Omit<InboxSurroundings, "store" | "watermarks">,
    Omit<JoinSurroundings, "store">,
    Omit<MarkSurroundings, "watermarks">,
    Omit<MembersSurroundings, "store" | "limits">,
    Omit<PatchSurroundings, "store" | "limits">,
    Omit<RemoveSurroundings, "store">,
    SendSurroundings,
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

/** Everything that a user may ask of the engine in one call, without a session. Each rejects as its own file says. */
export function commandsOf(house: CommandsSurroundings) {
  const by = (user: UserId): Caller => ({ user, origin: null });
  return {
    create: (user: UserId, request: ConversationRequest) => createConversation(house, by(user), request),
    inbox: (user: UserId, cursor: string | null, limit: number | undefined) =>
      inboxPage(house, by(user), limit === undefined ? { cursor } : { cursor, limit }),
    row: (user: UserId, c: ConversationId) => inboxRow(house, by(user), c),
    patch: (user: UserId, c: ConversationId, patch: ConversationPatch) => patchConversation(house, by(user), c, patch),
    remove: (user: UserId, c: ConversationId) => removeConversation(house, by(user), c),

    members: (user: UserId, c: ConversationId, cursor: string | null, limit: number) =>
      listMembers(house, by(user), c, cursor, limit),
    changeMembers: (user: UserId, c: ConversationId, changes: Parameters<typeof changeMembers>[3]) =>
      changeMembers(house, by(user), c, changes),
    join: (user: UserId, c: ConversationId) => joinConversation(house, by(user), c),
    ban: (user: UserId, c: ConversationId, other: UserId, banned: boolean) =>
      banUser(house, by(user), c, other, banned),
    block: async (user: UserId, other: UserId, blocked: boolean): Promise<void> => {
      await blockUser(house, by(user), other, blocked);
      if (blocked) house.apart(user, other);
    },
    presence: (user: UserId, c: ConversationId, users: readonly UserId[]) => seePresence(house, { user }, { c, users }),

    send: async (user: UserId, draft: Draft) => {
      const retryAfterMs = house.sendWait(user, draft.c);
      if (retryAfterMs === 0) return send(house, by(user), draft, null);
      throw new ChatError("rate_limited", "unable to send message; too many in too short a time", { retryAfterMs });
    },
    fetch: (user: UserId, request: FetchRequest) => fetchPage(house, by(user), request),
    pin: (user: UserId, c: ConversationId, seq: number, pinned: boolean) => pinMessage(house, by(user), c, seq, pinned),

    memberState: (user: UserId, c: ConversationId, state: MemberState) => changeMemberState(house, by(user), c, state),
    read: (user: UserId, c: ConversationId, seq: number) => markRead(house, by(user), c, seq),
    receipts: (user: UserId, c: ConversationId, request: ReceiptsRequest) => receiptsPage(house, by(user), c, request),
  };
}
