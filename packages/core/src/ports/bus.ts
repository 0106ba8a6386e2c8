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

export interface Postmark {
  readonly v: 1;
  /** Who published it; a node drops its own. */
  readonly node: NodeId;
  /** Never twice of one node: what comes again, or by several topics, is heard once. */
  readonly n: number;
}

/** What nodes tell each other. A hint: the store is the truth (I26). What a node does not know it ignores. */
export type Envelope = Postmark & Said;

/** An envelope's own words, by `kind`. */
export type Said =
  | EventsEnvelope
  | HeadsEnvelope
  | GoneEnvelope
  | ReceiptEnvelope
  | RaisedEnvelope
  | TallyEnvelope
  | TypingEnvelope
  | SessionEnvelope
  | KickEnvelope
  | RevokedEnvelope
  | BlockedEnvelope;

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
  /** Of the node that reads the store's changes for all. Also with no heads, so that its silence is noticed. null: a publisher's own. */
  readonly digest: Digest | null;
  readonly heads: readonly Head[];
}

/** Which part of the store's changes a digest holds: who does not find its `after` where the one before ended has missed one. */
export interface Digest {
  /** The mark it was read from; null: there is none to go on from, the store was put back. */
  readonly after: string | null;
  /** Where it ends. */
  readonly mark: string;
}

/** A conversation was removed, for all. */
export interface GoneEnvelope {
  readonly kind: "gone";
  readonly c: ConversationId;
  /** Who were its members, as far as the topics named them. */
  readonly members: readonly UserId[];
}

/** Watermarks of members have risen, all that did within a turn. */
export interface ReceiptEnvelope {
  readonly kind: "receipt";
  readonly c: ConversationId;
  /** The life of the log that the seqs are of. */
  readonly epoch: Epoch;
  readonly watermarks: readonly (readonly [user: UserId, delivered: number, read: number])[];
  /** How many members there are, which decides who is told. */
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
  /**
   * Only between two whose attempts do not tell which is the later one. `asks`: has session `of`, which is still there,
   * not heard of this one? Then it came later. `stays`: it has not, so it stays, and the other, `of`, goes.
   */
  readonly over: { readonly of: SessionId; readonly word: "asks" | "stays" } | null;
}

/** The user's sessions have to go (4503). */
export interface KickEnvelope {
  readonly kind: "kick";
  readonly user: UserId;
  /** These alone: what came later stays. null: all that are here. */
  readonly sessions: readonly SessionId[] | null;
}

/** What the user's sessions were opened with was revoked: whoever hosts some looks in the store now. */
export interface RevokedEnvelope {
  readonly kind: "revoked";
  readonly user: UserId;
}

/** One of the two has blocked the other: neither sees the other's presence any longer. */
export interface BlockedEnvelope {
  readonly kind: "blocked";
  readonly user: UserId;
  readonly other: UserId;
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
