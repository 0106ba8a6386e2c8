import type { AppendKey, Settings, Span } from "@earshot/core";
import type {
  ConversationId,
  ConversationKind,
  Epoch,
  EventType,
  Mentions,
  MessageId,
  Mode,
  NodeId,
  Role,
  UserId,
} from "@earshot/protocol";

/** One entry of a log, and what later entries have made of it. */
export interface StoredEvent {
  readonly seq: number;
  readonly ord: number;
  readonly type: EventType;
  readonly id?: MessageId;
  readonly from: UserId;
  readonly at: number;
  body?: Readonly<Record<string, unknown>>;
  readonly re?: number;
  mentions?: Mentions;
  readonly slot?: string;
  deleted?: true;
  /** The store's tick at which it was written: its place in the feed. */
  readonly tick: number;
  /** Seqs of the edits of a message, ascending. */
  edits?: number[];
  /** Reactions to a message, in the order in which their keys came. */
  reactions?: [key: string, users: UserId[]][];
  replies?: number;
}

export interface StoredMember {
  role: Role;
  spans: Span[];
  delivered: number;
  read: number;
  /** Messages in the log up to `read`; kept, since the events there may expire. */
  readOrd: number;
  mute: boolean | number;
  marked: boolean;
  /** The tick of the last change of their inbox row that is not the conversation's. */
  changed: number;
}

export interface StoredKey {
  /** null: of a user who was erased; any content is the one that was sent. */
  hash: AppendKey["hash"] | null;
  readonly seq: number;
  readonly ord: number;
  readonly at: number;
  readonly rewritten?: true;
}

export interface Conversation {
  readonly id: ConversationId;
  readonly kind: ConversationKind;
  mode: Mode;
  readonly epoch: Epoch;
  readonly creator: UserId;
  readonly wholeHistory: boolean;
  settings: Omit<Settings, "mode">;
  settingsVersion: number;
  membersVersion: number;
  readonly members: Map<UserId, StoredMember>;
  /** Who left, with what they could have then. */
  readonly former: Map<UserId, Span[]>;
  /** Who has written without being a member. */
  readonly writers: Set<UserId>;
  readonly banned: Set<UserId>;
  /** By `keyOf`. */
  readonly keys: Map<string, StoredKey>;
  /** The seq of each slot's last event. */
  readonly slots: Map<string, number>;
  /** `at` of each user's last message, for slow mode. */
  readonly lastMessages: Map<UserId, number>;
  /** From the first that is kept, without a hole. Never empty. */
  events: StoredEvent[];
  /** The tick of the last change of every member's inbox row. */
  changed: number;
}

/** Everything the file holds. */
export interface Content {
  /** Tells the marks and cursors of this store from another's. */
  readonly store: string;
  /** Rises with every change of anything here: what is to be written, and the order of feed, inboxes and revocations. */
  tick: number;
  readonly conversations: Map<ConversationId, Conversation>;
  /** Removed conversations: the tick at which it happened. */
  readonly removed: Map<ConversationId, number>;
  /** By user: the conversations they lost, and when. */
  readonly gone: Map<UserId, Map<ConversationId, number>>;
  /** By user: whom they want nothing of. */
  readonly blocks: Map<UserId, Set<UserId>>;
  /** By user, ascending by mark; `until` in Unix ms. */
  readonly revocations: Map<UserId, { readonly mark: number; readonly until: number }>;
  /** Who holds which name; `until` in Unix ms. */
  readonly leases: Map<string, { readonly node: NodeId; readonly until: number }>;
  readonly positions: Map<string, string>;
  readonly settings: Map<string, string>;
}

export function emptyContent(store: string): Content {
  return {
    store,
    tick: 0,
    conversations: new Map(),
    removed: new Map(),
    gone: new Map(),
    blocks: new Map(),
    revocations: new Map(),
    leases: new Map(),
    positions: new Map(),
    settings: new Map(),
  };
}

/** No id holds a space. */
export function keyOf(user: UserId, id: MessageId): string {
  return `${user} ${id}`;
}

export function headOf(conversation: Conversation): StoredEvent {
  const head = conversation.events.at(-1);
  if (head === undefined) throw new Error("a log without events");
  return head;
}

/** The first seq that is kept. */
export function firstOf(conversation: Conversation): number {
  return conversation.events[0]?.seq ?? 1;
}

export function eventAt(conversation: Conversation, seq: number): StoredEvent | undefined {
  return conversation.events[seq - firstOf(conversation)];
}

/** What is left of spans above what has expired. */
export function keptSpans(conversation: Conversation, spans: readonly Span[]): readonly Span[] {
  const first = firstOf(conversation);
  return spans.filter(([, to]) => to === null || to >= first).map(([from, to]): Span => [Math.max(from, first), to]);
}

export function within(spans: readonly Span[], seq: number): boolean {
  return spans.some(([from, to]) => seq >= from && (to === null || seq <= to));
}

export function compareIds(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The value a map has under a key, made where there is none. */
export function madeIn<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
