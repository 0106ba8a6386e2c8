import type { ConversationKind, Mode } from "@earshot/protocol";

/** What a policy may decide by. */
export interface FanoutSize {
  readonly kind: ConversationKind;
  readonly members: number;
  /** How its events travel now; null: it is being created. */
  readonly mode: Mode | null;
}

/**
 * How a conversation's events travel: `push` to every connected member, unasked, or `pull` to who subscribed.
 * Asked when one is created, and after every change of members; another answer than `mode` becomes a `meta`
 * event. Pure, and the same on every node: two that disagree switch it to and fro.
 */
export interface FanoutPolicy {
  mode(conversation: FanoutSize): Mode;
}
