import type {
  Body,
  ConversationId,
  Epoch,
  EventRow,
  EventType,
  Mentions,
  MessageId,
  Mode,
  Role,
  UserId,
} from "@earshot/protocol";
import type { Settings } from "./conversation-settings.ts";

/** One entry to be numbered and written, with everything that must hold at that very moment. */
export interface Append {
  readonly conversation: ConversationId;
  /** The author: becomes `from`. */
  readonly user: UserId;
  /** Unix ms, becomes `at`. Orders nothing. */
  readonly at: number;
  readonly type: EventType;
  readonly body?: Body;
  readonly re?: number;
  /** What must hold of the message that `re` names, beyond being one. Only valid together with `re`. */
  readonly target?: TargetRule;
  readonly mentions?: Mentions;
  /** Names a chain of events within the conversation; kept with the event. */
  readonly slot?: string;
  /** Refuse with `slot` unless this is the seq of the last event of `slot`, 0 where there is none. Only valid together with `slot`. */
  readonly expect?: number;
  /** What a `react` changes: the author's own reaction under this key. */
  readonly reaction?: ReactionChange;
  /** The sender's idempotency key, and a keyed hash of what the client sent under it. Absent in events of the gateway. */
  readonly key?: AppendKey;
  /**
   * true: append nothing; answer `duplicate` or `conflict` if the key is stored, else refuse with
   * `absent`. Rights are not looked at.
   */
  readonly lookup?: true;
  /** Roles that may append this. Another role: `forbidden`; no member: `not_found`. */
  readonly by: readonly Role[];
  /**
   * Members that change with this entry: a new role, or null for who leaves. Users that leave without
   * being members are no error. Only valid together with `ifMembersVersion`.
   */
  readonly members?: readonly MemberChange[];
  /** Refuse with `stale` unless the conversation's `membersVersion` is this one. */
  readonly ifMembersVersion?: number;
  /**
   * true: the host itself writes. The author need not be a member, and neither their role (`by`), nor blocks,
   * `target.authorOr`, bans of who writes, and slow mode are looked at. Never together with `join`.
   */
  readonly system?: true;
  /** true: the author need not be a member if the conversation is open, and is not asked for a role; `members` makes them one. */
  readonly join?: true;
  /** Users that are banned with this entry, or not any longer. They come after `members`. */
  readonly bans?: readonly (readonly [user: UserId, banned: boolean])[];
  /** What changes of the conversation itself. Only valid together with `ifSettingsVersion`. */
  readonly settings?: Partial<Settings>;
  /** Refuse with `stale` unless the conversation's `settingsVersion` is this one. */
  readonly ifSettingsVersion?: number;
}

export interface TargetRule {
  /** Its author may, and members of these roles; another: `forbidden`. Absent: everyone in `by`. */
  readonly authorOr?: readonly Role[];
  /** true: refuse with `deleted` if it was deleted. */
  readonly live?: true;
}

export interface ReactionChange {
  readonly key: string;
  readonly on: boolean;
}

export interface AppendKey {
  readonly id: MessageId;
  /** Of what the client sent, not of what a hook made of it. */
  readonly hash: string;
  /** true: what is stored differs from what was sent. Kept with the key, and told to who repeats it. */
  readonly rewritten?: true;
}

export type MemberChange = readonly [user: UserId, role: Role | null];

export type AppendResult =
  | {
      readonly kind: "event";
      readonly epoch: Epoch;
      readonly row: EventRow;
      /** How events travel from this one on: what it changes itself included. */
      readonly mode: Mode;
      /** From 1; rises by 1 with every entry that changes members, and stays where `members` change nobody. A member list older than this must not be used to deliver it. */
      readonly membersVersion: number;
    }
  | {
      readonly kind: "duplicate";
      readonly epoch: Epoch;
      readonly seq: number;
      readonly ord: number;
      readonly at: number;
      /** What is stored differs from what was sent: as the key had it. */
      readonly rewritten?: true;
    }
  | { readonly kind: "refused"; readonly code: RefusalCode }
  /** `last`: the seq of the slot's last event, 0 where there is none. */
  | { readonly kind: "refused"; readonly code: "slot"; readonly last: number }
  | { readonly kind: "refused"; readonly code: "too_soon"; readonly retryAfterMs: number };

export type RefusalCode =
  | "not_found"
  | "forbidden"
  | "conflict"
  | "absent"
  | "stale"
  | "banned"
  | "blocked"
  | "no_target"
  | "deleted"
  | "too_many";
