import type {
  Body,
  ConversationId,
  Epoch,
  EventRow,
  InboxRow,
  Mentions,
  MessageId,
  SendType,
  UserId,
} from "@earshot/protocol";

/** A send that the gateway has not answered, as it stands in the queue. */
export interface StoredSend {
  readonly id: MessageId;
  readonly c: ConversationId;
  readonly type: SendType;
  readonly body?: Body;
  readonly re?: number;
  readonly mentions?: Mentions;
  readonly slot?: string;
  readonly expect?: number;
  /** When it was written here, Unix ms of this machine. */
  readonly at: number;
  /** The queue's order, over all tabs: later ones are greater. */
  readonly place: number;
  /** Connections that were closed with 1009 or 4500 while it was on its way (trap 34). */
  readonly poisoned: number;
}

/** One conversation's newest stretch, as far as it is worth keeping. */
export interface StoredTimeline {
  readonly c: ConversationId;
  readonly epoch: Epoch;
  /** The last event applied. */
  readonly last: number;
  /** First seq covered. */
  readonly floor: number;
  readonly hasOlder: boolean;
  /** In present state as of `last`, oldest first: messages and notices. */
  readonly rows: readonly EventRow[];
}

export interface StoredInbox {
  readonly rows: readonly InboxRow[];
  readonly cursor: string | null;
}

/** What was stored of one user. */
export interface Stored {
  readonly user: UserId;
  readonly inbox: StoredInbox | null;
  readonly sends: readonly StoredSend[];
}

/**
 * Where a client keeps what has to survive a reload or a crash: conversations, messages, the send queue.
 * One user at a time: writing for another one forgets the first. Methods reject with a `ChatError`
 * `storage`; from then on the client goes on in memory and says so. What was resolved stays.
 */
export interface ClientStorage {
  /** Opens, creates or migrates; null: nothing is stored. A second call is refused with `conflict`. */
  open(): Promise<Stored | null>;
  /** From now on everything is this user's; forgets another one's. */
  begin(user: UserId): Promise<void>;
  /** Adds sends, in one step. A repeat of an id replaces it. */
  putSends(sends: readonly StoredSend[]): Promise<void>;
  removeSends(ids: readonly MessageId[]): Promise<void>;
  /** All sends now stored, of every tab, in order of `place`. */
  sends(): Promise<readonly StoredSend[]>;
  putInbox(inbox: StoredInbox): Promise<void>;
  /** null: not stored. */
  timeline(c: ConversationId): Promise<StoredTimeline | null>;
  /** Replaces each, in one step. The latest 200 conversations are kept. */
  putTimelines(timelines: readonly StoredTimeline[]): Promise<void>;
  removeTimeline(c: ConversationId): Promise<void>;
  /** Forgets everything. */
  clear(): Promise<void>;
  /** Waits for what is in hand. A second call does nothing. */
  close(): Promise<void>;
}
