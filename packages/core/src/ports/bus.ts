import type { ConversationId, DeviceId, Epoch, EventRow, Mode, NodeId, SessionId, UserId } from "@earshot/protocol";

/**
 * What a gateway listens to: a user it hosts, a conversation somebody on it subscribed to, and what concerns
 * every node.
 */
export type Topic = `u:${UserId}` | `c:${ConversationId}` | "nodes";

/** Where a conversation stood when it was looked at; or that it was removed. */
export type Head =
  | {
      readonly c: ConversationId;
      readonly epoch: Epoch;
      readonly head: number;
      readonly ord: number;
      readonly mode: Mode;
      readonly membersVersion: number;
    }
  | { readonly c: ConversationId; readonly gone: true };

/** What nodes tell each other. A hint: the store is the truth (I26). What a node does not know it ignores. */
export type Envelope = { readonly v: 1 /** Who published it; a node drops its own. */; readonly node: NodeId } & (
  | EventsEnvelope
  | HeadsEnvelope
  | GoneEnvelope
  | ReceiptEnvelope
  | RaisedEnvelope
  | TallyEnvelope
  | TypingEnvelope
  | SessionEnvelope
  | KickEnvelope
);

/** Committed events of one conversation. */
export interface EventsEnvelope {
  readonly kind: "events";
  readonly c: ConversationId;
  readonly epoch: Epoch;
  /** As of the last row. */
  readonly mode: Mode;
  /** After the last row; 0: not known. */
  readonly membersVersion: number;
  /** Neighbouring seqs, ascending. */
  readonly rows: readonly EventRow[];
}

/** Where conversations stand now: a publisher's own again after a second, and what the digest's reader found. */
export interface HeadsEnvelope {
  readonly kind: "heads";
  /** true: of the node that reads the store's changes for all. Also with no heads, so that its silence is noticed. */
  readonly digest: boolean;
  readonly heads: readonly Head[];
}

/** A conversation was removed, for all. */
export interface GoneEnvelope {
  readonly kind: "gone";
  readonly c: ConversationId;
  /** Who were its members, as far as the topics named them. */
  readonly members: readonly UserId[];
}

/** A member's watermarks have risen. `members`: how many there are, which decides who is told. */
export interface ReceiptEnvelope {
  readonly kind: "receipt";
  readonly c: ConversationId;
  readonly user: UserId;
  readonly delivered: number;
  readonly read: number;
  readonly members: number;
}

/** Watermarks of a conversation above the receipt limit have risen: whoever counts it counts anew. */
export interface RaisedEnvelope {
  readonly kind: "raised";
  readonly c: ConversationId;
}

/** What the one node that counts a conversation has counted. */
export interface TallyEnvelope {
  readonly kind: "tally";
  readonly c: ConversationId;
  readonly tally: readonly (readonly [seq: number, delivered: number, read: number])[];
  readonly online: number;
}

export interface TypingEnvelope {
  readonly kind: "typing";
  readonly c: ConversationId;
  readonly user: UserId;
  readonly members: number;
}

/** A session was welcomed: an earlier attempt of the same device, wherever it is, has to go (4504). */
export interface SessionEnvelope {
  readonly kind: "session";
  readonly user: UserId;
  readonly device: DeviceId;
  readonly session: SessionId;
  /** The hello's `k`; null: it had none. */
  readonly attempt: number | null;
}

/** The user's sessions have to go (4503). */
export interface KickEnvelope {
  readonly kind: "kick";
  readonly user: UserId;
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
