import type { ConversationId, ConversationKind, Role, UserId } from "@earshot/protocol";
import type { Fault } from "./fault.ts";

/** What users do, at `at` (virtual ms since the run began). `device` is an index into the plan's devices. */
export type Operation = {
  readonly at: number;
} /** `count` messages one behind the other, without waiting for answers. */ & (
  | { readonly op: "send"; readonly device: number; readonly conv: ConversationId; readonly count: number }
  | {
      readonly op: "edit" | "delete" | "react";
      readonly device: number;
      readonly conv: ConversationId;
      readonly pick: number;
    }
  | { readonly op: "read"; readonly device: number; readonly conv: ConversationId }
  | { readonly op: "type"; readonly device: number; readonly conv: ConversationId }
  /** Looks at a conversation's window, or no longer. */
  | { readonly op: "open" | "shut"; readonly device: number; readonly conv: ConversationId }
  | { readonly op: "watch"; readonly device: number; readonly conv: ConversationId; readonly user: UserId }
  | { readonly op: "invisible" | "idle" | "active"; readonly device: number }
  /** By the host, over some gateway: a role, null for who leaves. */
  | {
      readonly op: "members";
      readonly conv: ConversationId;
      readonly members: readonly (readonly [UserId, Role | null])[];
    }
  | { readonly op: "create"; readonly conversation: PlannedConversation }
);

export interface PlannedConversation {
  readonly id: ConversationId;
  readonly kind: ConversationKind;
  readonly creator: UserId;
  readonly members: readonly (readonly [UserId, Role])[];
  readonly wholeHistory: boolean;
}

export interface PlannedDevice {
  readonly name: string;
  readonly user: UserId;
  /** Whether what it has outlives a crash. */
  readonly storage: boolean;
  readonly transport: "websocket" | "poll";
}

/** Everything about a run that chance decides beforehand. The same plan and seed are the same run. */
export interface Plan {
  readonly seed: number;
  readonly gateways: number;
  readonly devices: readonly PlannedDevice[];
  readonly conversations: readonly PlannedConversation[];
  /** Members above which a conversation is `pull`, and below which it is `push` again: small, so that runs cross it. */
  readonly fanout: { readonly pullAbove: number; readonly pushBelow: number };
  readonly operations: readonly Operation[];
  readonly faults: readonly Fault[];
  /** Virtual ms of the first phase; the second begins with the healing of all faults. */
  readonly fireMs: number;
}
