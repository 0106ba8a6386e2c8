import type { Access } from "@earshot/core";
import type { ConversationId, Role, UserId } from "@earshot/protocol";
import { RANKS } from "./ranks.ts";
import type { AccessRecord } from "./records.ts";
import { spansOf } from "./spans-text.ts";

interface Pair {
  readonly user: UserId;
  readonly conversation: ConversationId;
}

/** A user, and their conversations as one JSON array: who comes back asks of twenty, in one statement. */
export type AccessAsked = readonly [user: string, conversations: string];

/** What SQLite makes of each, in this order; all null where there is no such conversation, or it is not the user's. */
type AccessFields = readonly [
  rank: AccessRecord["rank"] | null,
  whole: number,
  first: number,
  since: number,
  /** null: none. */
  past: string | null,
  kind: Access["kind"],
  mode: Access["mode"],
  epoch: string,
  head: number,
  ord: number,
  delivered: number,
  read: number,
  members: number,
  membersVersion: number,
];

/** Pairs as they are asked of the thread: neighbours of one user together, in their order. */
export function accessAsked(pairs: readonly Pair[]): readonly AccessAsked[] {
  const asked: [string, string][] = [];
  for (let from = 0, to = 0; from < pairs.length; from = to) {
    const { user } = pairs[from] as Pair;
    const conversations: string[] = [];
    for (to = from; pairs[to]?.user === user; to++) conversations.push((pairs[to] as Pair).conversation);
    asked.push([user, JSON.stringify(conversations)]);
  }
  return asked;
}

/** The thread's answer, in the order of the pairs. */
export function accessGiven(text: string): readonly (Access | null)[] {
  return (JSON.parse(text) as readonly (readonly AccessFields[])[]).flatMap((ofUser) => ofUser.map(accessOf));
}

function accessOf([rank, whole, first, since, past, ...rest]: AccessFields): Access | null {
  if (rank === null) return null;
  const [kind, mode, epoch, head, ord, delivered, read, members, membersVersion] = rest;
  return {
    role: RANKS[rank] as Role,
    spans: spansOf({ rank, whole_history: whole, first, since, past: past ?? "[]" }),
    kind,
    mode,
    epoch,
    head,
    ord,
    delivered,
    read,
    members,
    membersVersion,
  };
}
