import type { AppendResult, Created, Expired, Raise, Raised, RangeQuery, Removed } from "@earshot/core";
import type { Durability, Mode } from "@earshot/protocol";
import type { AccessAsked } from "./member-access.ts";
import type { RefusalText } from "./refusal.ts";

/** What crosses between the threads: flat, with every JSON value already a text, so that no thread copies what it does not read. */
export interface EntryText {
  readonly conversation: string;
  readonly user: string;
  readonly at: number;
  readonly type: string;
  readonly body: string | null;
  readonly re: number | null;
  readonly mentions: string | null;
  readonly id: string | null;
  readonly hash: string | null;
  readonly lookup: boolean;
  /** Ranks that may append this: bit n for rank n. */
  readonly by: number;
  /** Apart, since copying their names would cost every plain message as much as its content. */
  readonly terms: TermsText | null;
}

/** What but few entries have: what must hold with them, and what they change. */
export interface TermsText {
  readonly target: TargetText | null;
  readonly slot: string | null;
  readonly expect: number | null;
  readonly reaction: ReactionText | null;
  readonly members: readonly MemberText[] | null;
  readonly ifMembersVersion: number | null;
  readonly system: boolean;
  readonly join: boolean;
  readonly bans: readonly (readonly [user: string, banned: boolean])[] | null;
  readonly settings: SettingsText | null;
  readonly ifSettingsVersion: number | null;
  /** Of the key. */
  readonly rewritten: boolean;
}

export interface TargetText {
  /** Ranks that may append this to another's message, as bits; null: all of `by`. */
  readonly authorOr: number | null;
  readonly live: boolean;
}

export interface ReactionText {
  readonly key: string;
  readonly on: boolean;
  /** Different reactions that a message may have. */
  readonly keysMax: number;
}

/** User and new rank, or null for who leaves. */
export type MemberText = readonly [user: string, rank: number | null];

export interface SettingsText {
  readonly mode?: Mode;
  readonly title?: string | null;
  readonly meta?: string | null;
  readonly open?: number;
  readonly slow?: number;
  readonly pinned?: string;
  readonly retention?: string | null;
}

export interface ConversationText {
  readonly id: string;
  readonly pair: string | null;
  readonly kind: string;
  readonly mode: string;
  readonly epoch: string;
  readonly creator: string;
  readonly at: number;
  readonly title: string | null;
  readonly meta: string | null;
  readonly open: boolean;
  readonly wholeHistory: boolean;
  readonly members: readonly (readonly [user: string, rank: number])[];
  readonly first: readonly (readonly [type: string, body: string])[];
}

/** The event's row is made on the main thread, which has what was appended. */
export type EntryOutcome =
  | {
      readonly kind: "event";
      readonly epoch: string;
      readonly seq: number;
      readonly ord: number;
      readonly mode: Mode;
      readonly membersVersion: number;
    }
  | Exclude<AppendResult, { readonly kind: "event" }>;

export type CreateOutcome =
  | { readonly kind: "created"; readonly membersVersion: number }
  | Exclude<Created, { readonly kind: "created" }>;

interface OfMember {
  readonly user: string;
  readonly conversation: string;
}

interface PageOf {
  readonly cursor: string | null;
  readonly limit: number;
}

interface FeedQuery {
  readonly after: string | null;
  readonly rows: number;
  readonly bytes: number;
}

interface Expiry {
  readonly conversation: string;
  readonly before: number | null;
  readonly messages: number | null;
  readonly rows: number;
}

interface Erasure {
  readonly user: string;
  /** null: what is apart from conversations. */
  readonly conversation: string | null;
  /** null: from the beginning. */
  readonly from: EraseMark | null;
}

/** How far an erasure has come: events first, then keys. Nothing above `to` is touched. */
export interface EraseMark {
  readonly to: number;
  /** The seq that the last step ended with. */
  readonly seq: number;
  /** The key that it ended with; null: events are left. */
  readonly key: string | null;
}

/** Each call that writes with what it is given and what it answers. */
export interface WriteCalls {
  append: { given: readonly EntryText[]; answer: readonly EntryOutcome[] };
  create: { given: ConversationText; answer: CreateOutcome };
  raise: { given: readonly Raise[]; answer: readonly (Raised | null)[] };
  put: {
    given: OfMember & { readonly mute: string | null | undefined; readonly marked: boolean | undefined };
    answer: boolean;
  };
  ban: { given: OfMember & { readonly banned: boolean }; answer: boolean };
  block: { given: { readonly user: string; readonly other: string; readonly blocked: boolean }; answer: null };
  remove: {
    given: { readonly conversation: string; readonly user: string | null; readonly by: number };
    answer: Removed;
  };
  /** Keeps a value under a name unless one is there; answers with the one that is. */
  keep: { given: { readonly name: string; readonly value: string }; answer: string };
  /** May take fewer rows than it is asked to, and says then that there are more. */
  expire: { given: Expiry; answer: Expired | null };
  /** One step; answers where the next begins, null after the last. */
  erase: { given: Erasure; answer: EraseMark | null };
  lease: { given: { readonly name: string; readonly node: string; readonly ttlMs: number }; answer: boolean };
  move: {
    given: { readonly name: string; readonly from: string | null; readonly to: string };
    answer: string | null;
  };
  revoke: { given: { readonly user: string; readonly keepMs: number }; answer: number };
}

/** Those that only read. They answer with JSON texts. */
export interface ReadCalls {
  range: { given: RangeQuery; answer: string | null };
  settings: { given: string; answer: string | null };
  access: { given: readonly AccessAsked[]; answer: string };
  members: { given: PageOf & { readonly conversation: string }; answer: string | null };
  inbox: { given: PageOf & { readonly user: string }; answer: string };
  row: { given: OfMember; answer: string | null };
  receipts: { given: PageOf & { readonly conversation: string; readonly seq: number }; answer: string | null };
  tally: { given: { readonly conversation: string; readonly limit: number }; answer: string | null };
  blocked: { given: { readonly user: string; readonly others: readonly string[] }; answer: string };
  setting: { given: string; answer: string | null };
  /** Looks through so much at most, and may have found nothing in it although there is more. */
  feed: { given: FeedQuery; answer: string };
  feedEnd: { given: null; answer: string };
  /** The same. */
  changes: { given: { readonly after: string; readonly limit: number }; answer: string };
  position: { given: string; answer: string | null };
  revocations: { given: { readonly after: number; readonly limit: number }; answer: string };
  conversations: { given: { readonly after: string; readonly limit: number }; answer: string };
  memberships: {
    given: { readonly user: string; readonly after: string; readonly limit: number };
    answer: string;
  };
  ping: { given: null; answer: null };
}

export type Calls = WriteCalls & ReadCalls;
export type CallName = keyof Calls;
export type WriteCall = {
  [Name in keyof WriteCalls]: { readonly name: Name; readonly given: Calls[Name]["given"] };
}[keyof WriteCalls];
export type ReadCall = {
  [Name in keyof ReadCalls]: { readonly name: Name; readonly given: Calls[Name]["given"] };
}[keyof ReadCalls];
export type Call = WriteCall | ReadCall;
export type Given<Name extends CallName> = Calls[Name]["given"];

export type Answer = { readonly value: unknown } | { readonly refusal: RefusalText };

/** To the worker. A round is answered before the next is sent. */
export type ToWorker = { readonly round: readonly Call[] } | { readonly close: true };

export type FromWorker =
  | { readonly opened: Durability }
  | { readonly refused: RefusalText }
  /** By the calls' places in the round; a round's answers may come in several pieces. */
  | { readonly answers: readonly (readonly [place: number, answer: Answer])[] };
