import type { AppendResult, Created, RangeQuery } from "@earshot/core";
import type { Durability } from "@earshot/protocol";
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
  /** User and new rank, or null for who leaves. */
  readonly members: readonly (readonly [user: string, rank: number | null])[] | null;
  readonly ifMembersVersion: number | null;
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
      readonly membersVersion: number;
    }
  | Exclude<AppendResult, { readonly kind: "event" }>;

export type CreateOutcome =
  | { readonly kind: "created"; readonly membersVersion: number }
  | Exclude<Created, { readonly kind: "created" }>;

/** Each call with what it is given and what it answers. Reads answer with JSON texts. */
export interface Calls {
  append: { given: readonly EntryText[]; answer: readonly EntryOutcome[] };
  create: { given: ConversationText; answer: CreateOutcome };
  /** Keeps a value under a name unless one is there; answers with the one that is. */
  keep: { given: { readonly name: string; readonly value: string }; answer: string };
  range: { given: RangeQuery; answer: string | null };
  access: { given: readonly { readonly user: string; readonly conversation: string }[]; answer: string };
  members: {
    given: { readonly conversation: string; readonly cursor: string | null; readonly limit: number };
    answer: string | null;
  };
  inbox: { given: { readonly user: string; readonly cursor: string | null; readonly limit: number }; answer: string };
  row: { given: { readonly user: string; readonly conversation: string }; answer: string | null };
  setting: { given: string; answer: string | null };
  ping: { given: null; answer: null };
}

export type CallName = keyof Calls;
export type Call = { [Name in CallName]: { readonly name: Name; readonly given: Calls[Name]["given"] } }[CallName];

export type Answer = { readonly value: unknown } | { readonly refusal: RefusalText };

/** To the worker. A round is answered before the next is sent. */
export type ToWorker = { readonly round: readonly Call[] } | { readonly close: true };

export type FromWorker =
  | { readonly opened: Durability }
  | { readonly refused: RefusalText }
  /** By the calls' places in the round; a round's answers may come in several pieces. */
  | { readonly answers: readonly (readonly [place: number, answer: Answer])[] };

/** Ranks of the roles, in the order of member pages. */
export const RANKS = ["owner", "admin", "member", "reader"] as const;
