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
  /** In order of `place`. */
  readonly sends: readonly StoredSend[];
}

/** What a stored send is known by: ids are unique per conversation and sender only. */
export type StoredSendKey = Pick<StoredSend, "c" | "id">;
