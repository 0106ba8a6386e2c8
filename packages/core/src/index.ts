import type { Clock } from "./ports/clock.ts";
import type { MessageStore } from "./ports/message-store.ts";
import { memoryStore as storeInMemory } from "./store/memory-message-store.ts";
import { systemClock } from "./system/system-clock.ts";

export { ChatError, type ErrorCode, isChatError } from "@earshot/protocol";
export { MemoryBusHub, memoryBus } from "./bus/memory-bus.ts";
export { ChatEngine } from "./chat-engine.ts";
export { type MembersPolicyOptions, membersPolicy } from "./fanout/fanout-policy.ts";
export type { Actor, CreateRequest } from "./host/actor.ts";
export type { ActorConversation, InTransaction, SendOptions, Sent } from "./host/actor-conversation.ts";
export type { StoredDraft } from "./host/drafts.ts";
export type { EventListener } from "./host/event-listeners.ts";
export type { Exported } from "./host/export-user.ts";
export type { Followed, FollowOptions } from "./host/follow.ts";
export type { Imported, ImportMessage } from "./host/import-messages.ts";
export { type RefuseCode, refuse } from "./host/refuse.ts";
export type { RefusedDraft, RefusedListener } from "./host/refused-drafts.ts";
export type { FetchContext } from "./http/http-api.ts";
export {
  type ChatEngineOptions,
  DEFAULT_LIMITS,
  DEFAULT_PERMISSIONS,
  type EngineLimits,
  type Permissions,
} from "./options.ts";
export type {
  Append,
  AppendKey,
  AppendResult,
  MemberChange,
  ReactionChange,
  RefusalCode,
  TargetRule,
} from "./ports/append.ts";
export type { Authenticate, Claims, Credentials, Identity, PeerRequest } from "./ports/authenticate.ts";
export type { Action, Authorize, AuthorizeRequest } from "./ports/authorize.ts";
export type { Bus, Envelope, Publication, Subscription, Topic } from "./ports/bus.ts";
export type { Clock, Timer } from "./ports/clock.ts";
export type { CreateAnswer, Page, PageRequest, Patch } from "./ports/commands.ts";
export type {
  ConversationSettings,
  Created,
  NewConversation,
  Retention,
  Settings,
} from "./ports/conversation-settings.ts";
export type { DraftAppend, DraftRefusal, DraftStore, KeptDraft, KeptRefusal } from "./ports/draft-store.ts";
export type { FanoutPolicy, FanoutSize } from "./ports/fanout-policy.ts";
export type {
  Before,
  BeforeOptions,
  BeforeStep,
  BeforeSteps,
  By,
  ChatEvent,
  CreateDraft,
  DeleteDraft,
  EditDraft,
  EventContext,
  JoinDraft,
  SendDraft,
  Verdict,
} from "./ports/hooks.ts";
export type { Logger } from "./ports/logger.ts";
export type { Expired, Membership, MessageStore, Removed, Revocations } from "./ports/message-store.ts";
export type {
  Access,
  Change,
  ChangePage,
  EventPage,
  FeedItem,
  FeedPage,
  InboxPage,
  MemberPage,
  RangeQuery,
  Span,
} from "./ports/pages.ts";
export type {
  Activity,
  HostedSession,
  PresenceDeparture,
  PresenceSession,
  PresenceStore,
  UserPresence,
} from "./ports/presence-store.ts";
export type { Random } from "./ports/random.ts";
export type { RateLimiter, SharedLimiters } from "./ports/rate-limiter.ts";
export type { Raise, Raised, ReceiptPage, TallyRow, Watermarks } from "./ports/watermarks.ts";
export { MemoryPresenceRegistry, memoryPresence } from "./presence/memory-presence-store.ts";
export type { SessionWhereabouts, Whereabouts } from "./presence/whereabouts.ts";
export { systemClock } from "./system/system-clock.ts";
export { systemRandom } from "./system/system-random.ts";

/**
 * A store that lives in this process and ends with it: for tests, for trying things out, and for chat that
 * nobody needs tomorrow. It keeps everything it is given, without a bound, until it is deleted, erased or expired.
 */
export function memoryStore({
  clock = systemClock,
}: {
  /** What leases and revocations run out by. Default: the machine's own. */
  readonly clock?: Pick<Clock, "monotonic">;
} = {}): MessageStore {
  return storeInMemory({ clock });
}
