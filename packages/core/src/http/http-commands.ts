import type {
  EventsFrame,
  InboxFrame,
  InboxRow,
  PresenceRow,
  Role,
  SendFrame,
  SentFrame,
  UserId,
} from "@earshot/protocol";

/** Another role, or null for who is to leave. */
export type MemberChange = readonly [user: UserId, role: Role | null];

/**
 * The engine's commands, as the HTTP API calls them for a user. They reject as the engine does; where a row
 * is null the caller has lost the conversation.
 */
export interface HttpCommands {
  create(
    user: UserId,
    request: {
      readonly kind: "direct" | "group" | "channel";
      readonly id?: string;
      readonly members: readonly (readonly [UserId, Role])[];
      readonly title: string | null;
      readonly meta: Readonly<Record<string, unknown>> | null;
      readonly open: boolean;
      readonly wholeHistory: boolean;
    },
  ): Promise<{ readonly row: InboxRow; readonly made: boolean }>;
  inbox(user: UserId, cursor: string | null, limit: number | undefined): Promise<Omit<InboxFrame, "t" | "id">>;
  row(user: UserId, c: string): Promise<InboxRow | null>;
  patch(
    user: UserId,
    c: string,
    patch: {
      readonly title?: string | null;
      readonly meta?: Readonly<Record<string, unknown>> | null;
      readonly open?: boolean;
      readonly slow?: number;
    },
  ): Promise<InboxRow | null>;
  remove(user: UserId, c: string): Promise<void>;

  members(
    user: UserId,
    c: string,
    cursor: string | null,
    limit: number,
  ): Promise<{
    readonly members: readonly (readonly [UserId, Role])[];
    readonly cursor: string;
    readonly more: boolean;
  }>;
  changeMembers(user: UserId, c: string, changes: readonly MemberChange[]): Promise<InboxRow | null>;
  join(user: UserId, c: string): Promise<InboxRow | null>;
  ban(user: UserId, c: string, other: UserId, banned: boolean): Promise<InboxRow | null>;
  block(user: UserId, other: UserId, blocked: boolean): Promise<void>;
  presence(user: UserId, c: string, users: readonly UserId[]): Promise<readonly PresenceRow[]>;

  send(user: UserId, draft: Omit<SendFrame, "t">): Promise<SentFrame>;
  fetch(
    user: UserId,
    request: {
      readonly c: string;
      readonly after?: number;
      readonly before?: number;
      readonly around?: number;
      readonly re?: number;
      readonly limit?: number;
    },
  ): Promise<EventsFrame>;
  pin(user: UserId, c: string, seq: number, pinned: boolean): Promise<InboxRow | null>;

  memberState(
    user: UserId,
    c: string,
    state: { readonly mute?: boolean | number; readonly unread?: boolean },
  ): Promise<InboxRow>;
  read(user: UserId, c: string, seq: number): Promise<unknown>;
  receipts(
    user: UserId,
    c: string,
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
