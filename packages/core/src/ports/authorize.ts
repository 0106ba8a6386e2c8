import type { ConversationId, EventType, UserId } from "@earshot/protocol";
import type { Claims } from "./authenticate.ts";

/**
 * What a user asks for, in the host's words. `send` stands for every type of event that is sent, and for
 * telling of typing; `see` for every way to read, and for one's own marks (read, unread, mute). To leave is
 * everybody's right, and not asked.
 */
export type Action =
  | "create"
  | "join"
  | "see"
  | "send"
  | "patch"
  | "pin"
  | "changeMembers"
  | "ban"
  | "remove"
  | "watchPresence";

export interface AuthorizeRequest {
  readonly user: UserId;
  /** As `authenticate` gave them; null for `chat.as(user)`. */
  readonly claims: Claims | null;
  readonly action: Action;
  /** null for `create` without an id. */
  readonly conversation: ConversationId | null;
  /** The type of what is sent; only of `send`. Typing is asked as a `message`. */
  readonly type?: EventType;
}

/**
 * The host's own "may they?", beside membership and roles, which hold all the same: it can only forbid, and
 * is asked of members alone, but for `create` and `join`. Anything but true is `forbidden`, for `see`
 * `not_found`. A throw, or `authorizeWithinMs` without an answer, is `unavailable` with a wait. Not asked for
 * what the host does itself (`chat.system`), for events that are fanned out, for sends that are stored
 * already, or for what a session may do without a conversation (its inbox).
 */
export type Authorize = (request: AuthorizeRequest) => Promise<boolean> | boolean;
