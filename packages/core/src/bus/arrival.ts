import type { ConversationId, Epoch, EventRow, Mode } from "@earshot/protocol";

/** Events of one conversation on their way to this node's sessions. */
export interface Arrival {
  readonly c: ConversationId;
  readonly epoch: Epoch;
  /** Neighbouring seqs, ascending. */
  readonly rows: readonly EventRow[];
  /** How events travel after the last row; absent: not known. */
  readonly mode?: Mode;
  /** After the last row; 0: not known. */
  readonly membersVersion: number;
  /** For each row, the session that sent it; absent for what came from elsewhere. */
  readonly origins?: readonly (object | null)[];
}
