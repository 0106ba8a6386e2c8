import type { ConversationId, Epoch, EventRow, NodeId, UserId } from "@earshot/protocol";

/** What a gateway listens to: a user it hosts, or a conversation somebody on it subscribed to. */
export type Topic = `u:${UserId}` | `c:${ConversationId}`;

/** What nodes tell each other after a commit. A hint: the store is the truth (I26). */
export interface Envelope {
  readonly v: 1;
  /** Who published it; a node drops its own. */
  readonly node: NodeId;
  readonly c: ConversationId;
  readonly epoch: Epoch;
  /** After the last row; 0: not known. */
  readonly membersVersion: number;
  /** Neighbouring seqs, ascending. */
  readonly rows: readonly EventRow[];
}

export interface Publication {
  readonly topics: readonly Topic[];
  readonly envelope: Envelope;
}

export interface Subscription {
  /** Resolves when nothing published later can be missed. */
  readonly ready: Promise<void>;
  cancel(): void;
}

/**
 * Carries envelopes to *other* nodes; delivery on the publishing node is the engine's own.
 *
 * Order is kept between two nodes and one topic at best, never promised; envelopes may be lost,
 * doubled or late. What may have been lost must be said by `onInterruption`.
 */
export interface Bus {
  open(): Promise<void>;
  /** Ends all subscriptions; later calls reject with `closed`. A second call does nothing. */
  close(): Promise<void>;
  ping(): Promise<void>;
  /** Resolves when the batch was handed over, which promises nothing. A repeat sends it twice. */
  publish(batch: readonly Publication[]): Promise<void>;
  /** A node that subscribed to several topics of one publication may get it once for each. */
  subscribe(topic: Topic, on: (envelope: Envelope) => void): Subscription;
  /** Called whenever something may have been missed. Returns its undo. */
  onInterruption(listener: () => void): () => void;
}
