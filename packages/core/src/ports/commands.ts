import type {
  Body,
  ConversationId,
  ConversationKind,
  EventsFrame,
  InboxFrame,
  InboxRow,
  PresenceRow,
  Role,
  SendFrame,
  SentFrame,
  UserId,
} from "@earshot/protocol";
import type { Retention } from "./conversation-settings.ts";
import type { By } from "./hooks.ts";

/** Who asks, wherever they ask from. */
export interface Asking extends By {
  /** The host itself: no role, membership, block, pace, `authorize` or hook stands in its way. */
  readonly system?: true;
}

/** What a conversation is made from. */
export interface Creation {
  readonly kind: ConversationKind;
  readonly id?: ConversationId;
  readonly members: readonly (readonly [UserId, Role])[];
  readonly title: string | null;
  readonly meta: Body | null;
  readonly open: boolean;
  readonly wholeHistory: boolean;
}

export interface CreateAnswer {
  readonly id: ConversationId;
  /** The actor's row of it; null where they are no member, as `chat.system` is none. */
  readonly row: InboxRow | null;
  /** false: a `direct` of the same two, or an `id` that the actor made before. */
  readonly made: boolean;
}

/** What of a conversation changes; what is absent stays. */
export interface Patch {
  readonly title?: string | null;
  readonly meta?: Body | null;
  /** Whether anybody may join. */
  readonly open?: boolean;
  /** ms between two messages of one `member`; 0: none. */
  readonly slow?: number;
  /** How long its events are kept, beside what the host keeps at most; null: as the host says. */
  readonly retention?: Retention | null;
}

/** A page of a conversation (protocol, section 6). */
export type Page = Omit<EventsFrame, "t" | "id">;

/** At most one of `after`, `before` and `around`; none: the newest. */
export interface PageRequest {
  readonly after?: number;
  readonly before?: number;
  readonly around?: number;
  /** Only replies to this message. */
  readonly re?: number;
  /** Rows at most: 200 unless given, and never more. */
  readonly limit?: number;
}

/**
 * Everything that somebody may ask of the engine in one call, over HTTP or in process. They reject as the engine does;
 * where a row is null the caller has lost the conversation.
 */
export interface Commands {
  create(by: Asking, request: Creation): Promise<CreateAnswer>;
  inbox(by: Asking, cursor: string | null, limit: number | undefined): Promise<Omit<InboxFrame, "t" | "id">>;
  row(by: Asking, c: ConversationId): Promise<InboxRow | null>;
  patch(by: Asking, c: ConversationId, patch: Patch): Promise<InboxRow | null>;
  remove(by: Asking, c: ConversationId): Promise<void>;
  members(
    by: Asking,
    c: ConversationId,
    cursor: string | null,
    limit: number,
  ): Promise<{
    readonly members: readonly (readonly [UserId, Role])[];
    readonly cursor: string;
    readonly more: boolean;
  }>;
  changeMembers(
    by: Asking,
    c: ConversationId,
    changes: readonly (readonly [UserId, Role | null])[],
  ): Promise<InboxRow | null>;
  join(by: Asking, c: ConversationId): Promise<InboxRow | null>;
  ban(by: Asking, c: ConversationId, user: UserId, banned: boolean): Promise<InboxRow | null>;
  block(by: Asking, other: UserId, blocked: boolean): Promise<void>;
  presence(by: Asking, c: ConversationId, users: readonly UserId[]): Promise<readonly PresenceRow[]>;
  send(by: Asking, draft: Omit<SendFrame, "t">): Promise<SentFrame>;
  fetch(by: Asking, request: PageRequest & { readonly c: ConversationId }): Promise<EventsFrame>;
  pin(by: Asking, c: ConversationId, seq: number, pinned: boolean): Promise<InboxRow | null>;
  memberState(
    by: Asking,
    c: ConversationId,
    state: { readonly mute?: boolean | number; readonly unread?: boolean },
  ): Promise<InboxRow>;
  read(by: Asking, c: ConversationId, seq: number): Promise<unknown>;
  receipts(
    by: Asking,
    c: ConversationId,
    request: { readonly seq?: number; readonly cursor?: string; readonly limit?: number },
  ): Promise<{
    readonly seq: number;
    readonly delivered: number;
    readonly read: number;
    readonly users: readonly (readonly [user: UserId, delivered: number, read: number])[];
    readonly cursor: string;
    readonly more: boolean;
  }>;
}
