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
import type { By } from "../ports/hooks.ts";

/** Another role, or null for who is to leave. */
export type MemberChange = readonly [user: UserId, role: Role | null];

/**
 * The engine's commands, as the HTTP API calls them for a user. They reject as the engine does; where a row
 * is null the caller has lost the conversation.
 */
export interface HttpCommands {
  create(
    by: By,
    request: {
      readonly kind: "direct" | "group" | "channel";
      readonly id?: string;
      readonly members: readonly (readonly [UserId, Role])[];
      readonly title: string | null;
      readonly meta: Readonly<Record<string, unknown>> | null;
      readonly open: boolean;
      readonly wholeHistory: boolean;
    },
  ): Promise<{ readonly row: InboxRow | null; readonly made: boolean }>;
  inbox(by: By, cursor: string | null, limit: number | undefined): Promise<Omit<InboxFrame, "t" | "id">>;
  row(by: By, c: string): Promise<InboxRow | null>;
  patch(
    by: By,
    c: string,
    patch: {
      readonly title?: string | null;
      readonly meta?: Readonly<Record<string, unknown>> | null;
      readonly open?: boolean;
      readonly slow?: number;
      readonly retention?: { readonly age?: number; readonly messages?: number } | null;
    },
  ): Promise<InboxRow | null>;
  remove(by: By, c: string): Promise<void>;

  members(
    by: By,
    c: string,
    cursor: string | null,
    limit: number,
  ): Promise<{
    readonly members: readonly (readonly [UserId, Role])[];
    readonly cursor: string;
    readonly more: boolean;
  }>;
  changeMembers(by: By, c: string, changes: readonly MemberChange[]): Promise<InboxRow | null>;
  join(by: By, c: string): Promise<InboxRow | null>;
  ban(by: By, c: string, other: UserId, banned: boolean): Promise<InboxRow | null>;
  block(by: By, other: UserId, blocked: boolean): Promise<void>;
  presence(by: By, c: string, users: readonly UserId[]): Promise<readonly PresenceRow[]>;

  send(by: By, draft: Omit<SendFrame, "t">): Promise<SentFrame>;
  fetch(
    by: By,
    request: {
      readonly c: string;
      readonly after?: number;
      readonly before?: number;
      readonly around?: number;
      readonly re?: number;
      readonly limit?: number;
    },
  ): Promise<EventsFrame>;
  pin(by: By, c: string, seq: number, pinned: boolean): Promise<InboxRow | null>;

  memberState(
    by: By,
    c: string,
    state: { readonly mute?: boolean | number; readonly unread?: boolean },
  ): Promise<InboxRow>;
  read(by: By, c: string, seq: number): Promise<unknown>;
  receipts(
    by: By,
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
