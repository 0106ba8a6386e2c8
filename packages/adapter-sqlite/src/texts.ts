import type { Append, AppendResult, NewConversation, Settings, TargetRule } from "@earshot/core";
import { type EventRow, LIMITS, type Role } from "@earshot/protocol";
import type { ConversationText, EntryOutcome, EntryText, SettingsText, TargetText, TermsText } from "./calls.ts";
import { RANKS } from "./ranks.ts";

/** The port's values as they cross to the worker, and back. */

export function entryText(entry: Append): EntryText {
  const { conversation, user, at, type, body, re, mentions, key } = entry;
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
    by: rankBits(entry.by),
    terms: termsText(entry),
  };
}

function termsText(entry: Append): TermsText | null {
  const { target, slot, expect, reaction, members, ifMembersVersion, system, join, bans, settings } = entry;
  const { ifSettingsVersion } = entry;
  const rewritten = entry.key?.rewritten;
  const given = [target, slot, expect, reaction, members, ifMembersVersion, system, join, bans, settings];
  if ([...given, ifSettingsVersion, rewritten].every((term) => term === undefined)) return null;
  return {
    target: target === undefined ? null : targetText(target),
    slot: slot ?? null,
    expect: expect ?? null,
    reaction: reaction === undefined ? null : { ...reaction, keysMax: LIMITS.reactionKeysMax },
    members: members?.map(([who, role]) => [who, role === null ? null : rankOf(role)] as const) ?? null,
    ifMembersVersion: ifMembersVersion ?? null,
    system: system === true,
    join: join === true,
    bans: bans ?? null,
    settings: settings === undefined ? null : settingsText(settings),
    ifSettingsVersion: ifSettingsVersion ?? null,
    rewritten: rewritten === true,
  };
}

function targetText({ authorOr, live }: TargetRule): TargetText {
  return { authorOr: authorOr === undefined ? null : rankBits(authorOr), live: live === true };
}

export function appendResult(entry: Append, outcome: EntryOutcome): AppendResult {
  if (outcome.kind !== "event") return outcome;
  const { epoch, seq, ord, mode, membersVersion } = outcome;
  const { type, key, user, at, body, re, mentions, slot } = entry;
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
    ...(slot === undefined ? {} : { slot }),
  };
  return { kind: "event", epoch, row, mode, membersVersion };
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

/** `mute` as it is kept; undefined: as it was. */
export function muteText(mute: boolean | number | undefined): string | null | undefined {
  if (mute === undefined) return undefined;
  return mute === false ? null : JSON.stringify(mute);
}

/** Roles as bits: bit n for rank n. */
export function rankBits(roles: readonly Role[]): number {
  return roles.reduce((ranks, role) => ranks | (1 << rankOf(role)), 0);
}

function settingsText({ mode, title, meta, open, slow, pinned, retention }: Partial<Settings>): SettingsText {
  return {
    ...(mode === undefined ? {} : { mode }),
    ...(title === undefined ? {} : { title }),
    ...(meta === undefined ? {} : { meta: meta === null ? null : JSON.stringify(meta) }),
    ...(open === undefined ? {} : { open: open ? 1 : 0 }),
    ...(slow === undefined ? {} : { slow }),
    ...(pinned === undefined ? {} : { pinned: JSON.stringify(pinned) }),
    ...(retention === undefined ? {} : { retention: retention === null ? null : JSON.stringify(retention) }),
  };
}

function textOf(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

function rankOf(role: Role): number {
  return RANKS.indexOf(role);
}
