export { ChatError, type ErrorCode, isChatError } from "@earshot/protocol";
export { MemoryBusHub, memoryBus } from "./bus/memory-bus.ts";
export { ChatEngine } from "./chat-engine.ts";
export type { FetchContext } from "./http/http-api.ts";
export {
  type ChatEngineOptions,
  DEFAULT_LIMITS,
  DEFAULT_PERMISSIONS,
  type EngineLimits,
  type Permissions,
} from "./options.ts";
export type { Authenticate, Credentials, Identity, PeerRequest } from "./ports/authenticate.ts";
export type { Bus, Envelope, Publication, Subscription, Topic } from "./ports/bus.ts";
export type { Clock, Timer } from "./ports/clock.ts";
export type { Logger } from "./ports/logger.ts";
export type {
  Access,
  Append,
  AppendKey,
  AppendResult,
  ConversationSettings,
  Created,
  EventPage,
  InboxPage,
  MemberChange,
  MemberPage,
  MessageStore,
  NewConversation,
  Raise,
  Raised,
  RangeQuery,
  ReactionChange,
  ReceiptPage,
  RefusalCode,
  Removed,
  Settings,
  Span,
  TargetRule,
  Watermarks,
} from "./ports/message-store.ts";
export type {
  Activity,
  HostedSession,
  PresenceDeparture,
  PresenceSession,
  PresenceStore,
  UserPresence,
} from "./ports/presence-store.ts";
export type { Random } from "./ports/random.ts";
export { MemoryPresenceRegistry, memoryPresence } from "./presence/memory-presence-store.ts";
export { memoryStore } from "./store/memory-message-store.ts";
export { systemClock } from "./system/system-clock.ts";
export { systemRandom } from "./system/system-random.ts";
