import type { ChatError, ConversationId, Epoch, EventRow, MessageId, UserId } from "@earshot/protocol";
import type { Changes } from "./changes.ts";
import type { WindowItem } from "./message.ts";
import type { Clock } from "./ports/clock.ts";
import type { Stored, StoredInbox, StoredTimeline } from "./ports/stored.ts";
import type { KeptSends } from "./send/kept-sends.ts";
import type { Draft, QueuedSend } from "./send/queued-send.ts";
import type { SendLine } from "./send/send-line.ts";
import type { ShownSends } from "./send/shown-sends.ts";
import type { StorageView } from "./storage-view.ts";

/**
 * What a client does with its storage. There are two: `storage/storage-room.ts`, which comes with the
 * storage itself, and `no-storage.ts`. So an application that keeps nothing does not load the first.
 */
export interface StorageRoom {
  readonly view: StorageView;
  /** Opens it, the first time. Resolves when what was asked for so far is there, or after 2 s. Never rejects. */
  ready(): Promise<void>;
  /** The gateway has told who the user is. */
  begin(user: UserId): void;
  /** `done` with what was stored of a conversation; not called if nothing was. */
  timeline(c: ConversationId, done: (stored: StoredTimeline) => void): void;
  /** What `inbox` of the host answers is another. */
  inboxChanged(): void;
  /** What `timeline` of the host answers is another. */
  timelineChanged(c: ConversationId): void;
  /** The conversation is not the user's any more. */
  gone(c: ConversationId): void;
  /** Another user is signed in: nothing of what has changed is theirs. */
  forget(): void;
  /** Writes what has changed, now. */
  flush(): void;
  /** Keeps the send queue, too. Called once. */
  queue(inside: QueueInside): QueueKeep;
  /** Waits for what is in hand, and lets go of it. `forget`: also of all that is stored in it. */
  close(forget: boolean): Promise<void>;
}

/** One conversation's log as far as it is here. */
export interface ShownTimeline {
  /** The last event applied; null until something was read. */
  readonly cursor: { readonly epoch: Epoch; readonly seq: number } | null;
  /** What is here without holes up to there, in its present state. */
  readonly newest: {
    readonly from: number;
    readonly items: readonly WindowItem[];
    readonly hasOlder: boolean;
  } | null;
}

/** What the storage's room needs of its neighbours. */
export interface StorageRoomHost {
  readonly clock: Clock;
  readonly changes: Changes;
  /** The list as it is, with the cursor that belongs to it; null while it is not whole. */
  inbox(): StoredInbox | null;
  /** A conversation as it is: what is kept of it is to be the same. undefined: what is kept stays. */
  timeline(c: ConversationId): ShownTimeline | undefined;
  /** This is what was stored. Called once at most, and only if it is of the user who is signed in, or nobody is yet. */
  onOpen(stored: Stored): void;
  /** `view` is another one. */
  onChange(): void;
}

/** How the gateway has answered a send, or the application given it up. */
export type SendOutcome = ChatError | { readonly epoch: Epoch; readonly row: EventRow };

/** The send queue as a storage holds it, and as the tabs that share the storage have it in common. */
export interface QueueKeep {
  /** Whether it is this client that sends. */
  mayGo(): boolean;
  /** Whether another tab may have sent it. */
  mayHaveGone(send: QueuedSend): boolean;
  /** Stores it, as it is now; until that is done it is `saving`. */
  put(send: QueuedSend): void;
  /** It is answered, or given up. `done`: when no crash can bring it back. */
  settled(send: QueuedSend, outcome: SendOutcome, done?: () => void): void;
  /** Another user is signed in: nothing of this is theirs. */
  forget(): void;
  stop(): void;
}

/** The queue, to whoever keeps it. */
export interface QueueInside {
  /** Without an answer that settles them. */
  readonly line: SendLine;
  readonly shown: ShownSends;
  /** Answered. */
  readonly kept: KeptSends;
  /** Stored sends that the line takes at most. */
  readonly queuedMax: number;
  /** Whether there is a session that takes sends. */
  connected(): boolean;
  /** Something waits to be sent: a connection is needed. */
  want(): void;
  find(c: ConversationId, id: MessageId): QueuedSend | undefined;
  make(draft: Draft): QueuedSend;
  /** It is refused for good. */
  refuse(send: QueuedSend, error: ChatError): void;
  /** The same, and it is stored no longer. */
  fail(send: QueuedSend, error: ChatError): void;
  /** Whether a conversation is followed whose log is not here up to this seq yet. */
  awaits(c: ConversationId, seq: number): boolean;
  /** What windows show beside the log may be another now. */
  onChange(c: ConversationId): void;
  /** Something may go out. */
  onDue(): void;
}
