import type { Mode } from "@earshot/protocol";

/** A conversation's head as it stands within the batch. */
export interface Head {
  readonly conversation: number;
  readonly epoch: string;
  readonly pair: string | null;
  /** What everything that this transaction changes of it is numbered by. */
  readonly change: number;
  readonly first: number;
  head: number;
  ord: number;
  lastMessage: number;
  members: number;
  membersVersion: number;
  slow: number;
  mode: Mode;
  /** Seq of the first event that this batch has appended; null: none. */
  stretch: number | null;
}

/** A member, or who was one, as they stand within the batch. */
export interface Member {
  readonly conversation: number;
  readonly user: string;
  /** null: has left, or has only written here. */
  rank: number | null;
  since: number;
  /** JSON. */
  past: string;
  delivered: number;
  read: number;
  readOrd: number;
  lastAt: number | null;
  mute: string | null;
  marked: boolean;
  change: number;
  /** What is to be written: nothing, their watermarks and `lastAt`, or all of it. */
  unwritten: "nothing" | "marks" | "all";
  /** Messages up to this seq that name them do so no longer; 0: none. */
  unnamedTo: number;
}

/** What another entry acts on. */
export interface Target {
  readonly type: string;
  readonly sender: string;
  readonly mentions: string | null;
  deleted: boolean;
}

/** How a message stands. */
export interface MessageState {
  edited: number | null;
  replies: number;
  keys: number;
  unwritten: boolean;
}

export interface KeyRow {
  readonly hash: string;
  readonly seq: number;
  readonly ord: number;
  readonly at: number;
  readonly rewritten: boolean;
}

export interface SettingsRow {
  title: string | null;
  meta: string | null;
  open: boolean;
  pinned: string;
  retention: string | null;
  version: number;
  unwritten: boolean;
}

/** How many have reacted so, and the seq that brought this key in. */
export interface ReactionCount {
  count: number;
  first: number;
}

export interface NewEvent {
  readonly conversation: number;
  readonly seq: number;
  readonly ord: number;
  readonly at: number;
  readonly re: number | null;
  readonly change: number;
  readonly deleted: boolean;
  readonly type: string;
  readonly id: string | null;
  readonly sender: string;
  readonly slot: string | null;
  readonly mentions: string | null;
  readonly body: string | null;
}

export interface NewKey extends KeyRow {
  readonly conversation: number;
  readonly sender: string;
  readonly id: string;
}

/** Keys of the maps below. A key of reactions or a slot, which may hold anything, comes last. */
export function placeOf(conversation: number, ...parts: readonly (string | number)[]): string {
  let place = `${conversation}`;
  for (const part of parts) place += ` ${part}`;
  return place;
}

/**
 * Everything that the entries of one batch depend on and change: read once, changed here, and written
 * once. What is not in a map is not in the store either.
 */
export class BatchRows {
  /** By the conversation's id. */
  readonly heads = new Map<string, Head>();
  /** By conversation and user. */
  readonly members = new Map<string, Member>();
  /** By conversation, sender and id. */
  readonly keys = new Map<string, KeyRow>();
  readonly settings = new Map<number, SettingsRow>();
  /** Conversation and user: whether they are banned, and whether that is to be written. */
  readonly bans = new Map<string, { readonly banned: boolean; readonly unwritten: boolean }>();
  /** Direct conversations of which one has blocked the other. */
  readonly blocked = new Set<number>();
  /** By conversation and seq. */
  readonly targets = new Map<string, Target>();
  readonly states = new Map<string, MessageState>();
  /** By conversation and slot: the seq of its last event. */
  readonly slots = new Map<string, { readonly last: number; readonly unwritten: boolean }>();
  /** By conversation, message, user and key. */
  readonly reactions = new Map<string, { readonly on: boolean; readonly unwritten: boolean }>();
  /** By conversation, message and key. */
  readonly counts = new Map<string, ReactionCount & { unwritten: boolean }>();

  readonly newEvents: NewEvent[] = [];
  readonly newKeys: NewKey[] = [];
  readonly newMentions: (readonly [conversation: number, seq: number, user: string])[] = [];
  readonly newMentionsOfAll: (readonly [conversation: number, seq: number, sender: string])[] = [];
  /** Messages that this batch deletes; `named`: whom they name; `reacted`: whether anybody has reacted. */
  readonly deleted: {
    readonly conversation: number;
    readonly seq: number;
    readonly mentions: string | null;
    readonly reacted: boolean;
  }[] = [];

  member(conversation: number, user: string): Member | null {
    return this.members.get(placeOf(conversation, user)) ?? null;
  }

  stateOf(conversation: number, seq: number): MessageState {
    const place = placeOf(conversation, seq);
    let state = this.states.get(place);
    if (state === undefined) {
      state = { edited: null, replies: 0, keys: 0, unwritten: false };
      this.states.set(place, state);
    }
    return state;
  }
}
