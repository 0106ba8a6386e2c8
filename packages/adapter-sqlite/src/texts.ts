import type { Append, AppendResult, NewConversation } from "@earshot/core";
import type { EventRow, Role } from "@earshot/protocol";
import { type ConversationText, type EntryOutcome, type EntryText, RANKS } from "./calls.ts";

/** The port's values as they cross to the worker, and back. */

export function entryText(entry: Append): EntryText {
  const { conversation, user, at, type, body, re, mentions, key, members } = entry;
  return {
    conversation,
    user,
    at,
    type,
    body: textOf(body),
    re: re ?? null,
    mentions: textOf(mentions),
    id: key?.id ?? null,
    hash: key?.hash ?? null,
    lookup: entry.lookup === true,
    by: entry.by.reduce((ranks, role) => ranks | (1 << rankOf(role)), 0),
    members: members?.map(([who, role]) => [who, role === null ? null : rankOf(role)] as const) ?? null,
    ifMembersVersion: entry.ifMembersVersion ?? null,
  };
}

export function appendResult(entry: Append, outcome: EntryOutcome): AppendResult {
  if (outcome.kind !== "event") return outcome;
  const { epoch, seq, ord, membersVersion } = outcome;
  const { type, key, user, at, body, re, mentions } = entry;
  const row: EventRow = {
    seq,
    ord,
    type,
    ...(key === undefined ? {} : { id: key.id }),
    from: user,
    at,
    ...(body === undefined ? {} : { body }),
    ...(re === undefined ? {} : { re }),
    ...(mentions === undefined ? {} : { mentions }),
  };
  return { kind: "event", epoch, row, membersVersion };
}

export function conversationText(made: NewConversation): ConversationText {
  const { id, kind, mode, epoch, creator, at, title, meta, open, wholeHistory, members, first } = made;
  return {
    id,
    // The same for both users, whoever creates. No id holds a space.
    pair:
      kind === "direct"
        ? members
            .map(([user]) => user)
            .sort()
            .join(" ")
        : null,
    kind,
    mode,
    epoch,
    creator,
    at,
    title,
    meta: textOf(meta ?? undefined),
    open,
    wholeHistory,
    members: members.map(([user, role]) => [user, rankOf(role)] as const),
    first: first.map(({ type, body }) => [type, JSON.stringify(body)] as const),
  };
}

/** The rows of a creation. */
export function firstRows({ first, creator, at }: NewConversation): readonly EventRow[] {
  return first.map(({ type, body }, before) => ({ seq: before + 1, ord: 0, type, from: creator, at, body }));
}

function textOf(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

function rankOf(role: Role): number {
  return RANKS.indexOf(role);
}
