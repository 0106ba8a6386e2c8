import type { ConversationId, Epoch, UserId } from "@earshot/protocol";

export interface Raise {
  readonly user: UserId;
  readonly conversation: ConversationId;
  /** The life of the log that the seqs are of: in another one nothing changes. Absent: not known, the present one. */
  readonly epoch?: Epoch;
  /** Seqs; absent: as it is. Also clears the unread mark if `read` is there, even if nothing rises. */
  readonly delivered?: number;
  readonly read?: number;
}

export interface Raised {
  /** In which life of the log. */
  readonly epoch: Epoch;
  readonly delivered: number;
  readonly read: number;
  /** Whether one of the two is higher than before. */
  readonly rose: boolean;
  /** Members of the conversation: whether others are told one by one. */
  readonly members: number;
}

/** A member's watermarks. They begin at the seq of the entry that made them a member, at creation at 1, also when they come back. */
export type Watermarks = readonly [user: UserId, delivered: number, read: number];

export interface ReceiptPage {
  /** Members whose watermark is at `seq` or above. */
  readonly delivered: number;
  readonly read: number;
  /** Every member, by user id. */
  readonly users: readonly Watermarks[];
  readonly cursor: string;
  readonly more: boolean;
}

/** How many members have a message. */
export type TallyRow = readonly [seq: number, delivered: number, read: number];
