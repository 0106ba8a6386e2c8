import type { AppendResult } from "@earshot/core";
import type { EntryText, TermsText } from "./calls.ts";
import { MEMBER_RANK } from "./ranks.ts";
import type { TargetRecord } from "./records.ts";

export type Refused = Extract<AppendResult, { readonly kind: "refused" }>;

/** A conversation as it stands before the entry. */
export interface ConversationBefore {
  readonly conversation: number;
  readonly membersVersion: number;
  readonly slow: number;
  /** A direct conversation's two users, a space between. */
  readonly pair: string | null;
}

/** The author before the entry. */
export interface AuthorBefore {
  /** null: has left. */
  readonly rank: number | null;
  readonly lastAt: number | null;
}

/** What is looked up only where an entry depends on it. */
export interface Lookups {
  isMember(conversation: number, user: string): boolean;
  isBanned(conversation: number, user: string): boolean;
  isOpen(conversation: number): boolean;
  settingsVersion(conversation: number): number;
  /** Whether one of the two has blocked the other. */
  isBlocked(user: string, other: string): boolean;
  target(conversation: number, seq: number): TargetRecord | undefined;
  lastOf(conversation: number, slot: string): number;
  /** Different reactions that the message would have with this one. */
  keysWith(conversation: number, seq: number, key: string): number;
}

/** Why an entry is not appended, or null: every check after the key's, in the order that the port promises. */
export function refusalOf(
  entry: EntryText,
  before: ConversationBefore,
  author: AuthorBefore | null,
  look: Lookups,
): Refused | null {
  const { terms } = entry;
  return (
    authorRefusal(entry, before, author, look) ??
    blockRefusal(entry, before, look) ??
    (terms === null ? null : versionRefusal(terms, before, look)) ??
    (terms === null ? null : banRefusal(terms, before, look)) ??
    targetRefusal(entry, before, author, look) ??
    (terms === null ? null : slotRefusal(terms, before, look)) ??
    (terms === null ? null : reactionRefusal(terms, entry.re, before, look)) ??
    slowRefusal(entry, before, author)
  );
}

function authorRefusal(
  { user, by, terms }: EntryText,
  { conversation }: ConversationBefore,
  author: AuthorBefore | null,
  look: Lookups,
): Refused | null {
  if (terms?.system) return null;
  const rank = author?.rank ?? null;
  const join = terms?.join === true;
  if (rank !== null) return join || (by & (1 << rank)) !== 0 ? null : refused("forbidden");
  if (!join) return refused("not_found");
  if (look.isBanned(conversation, user)) return refused("banned");
  return look.isOpen(conversation) ? null : refused("not_found");
}

function blockRefusal({ id, terms }: EntryText, { pair }: ConversationBefore, look: Lookups): Refused | null {
  if (pair === null || id === null || terms?.system) return null;
  const [one = "", other = ""] = pair.split(" ");
  return look.isBlocked(one, other) ? refused("blocked") : null;
}

function versionRefusal(
  { ifMembersVersion, ifSettingsVersion }: TermsText,
  { conversation, membersVersion }: ConversationBefore,
  look: Lookups,
): Refused | null {
  const stale =
    (ifMembersVersion !== null && ifMembersVersion !== membersVersion) ||
    (ifSettingsVersion !== null && ifSettingsVersion !== look.settingsVersion(conversation));
  return stale ? refused("stale") : null;
}

function banRefusal({ members }: TermsText, { conversation }: ConversationBefore, look: Lookups): Refused | null {
  const banned = members?.some(
    ([user, rank]) => rank !== null && !look.isMember(conversation, user) && look.isBanned(conversation, user),
  );
  return banned === true ? refused("banned") : null;
}

function targetRefusal(
  { re, terms, user }: EntryText,
  { conversation }: ConversationBefore,
  author: AuthorBefore | null,
  look: Lookups,
): Refused | null {
  if (re === null) return null;
  const target = look.target(conversation, re);
  if (target?.type !== "message") return refused("no_target");
  const rule = terms?.target ?? null;
  if (rule === null) return null;
  const ranks = terms?.system ? null : rule.authorOr;
  const rank = author?.rank ?? null;
  const may = ranks === null || target.sender === user || (rank !== null && (ranks & (1 << rank)) !== 0);
  if (!may) return refused("forbidden");
  return rule.live && target.deleted === 1 ? refused("deleted") : null;
}

function slotRefusal({ slot, expect }: TermsText, { conversation }: ConversationBefore, look: Lookups): Refused | null {
  if (slot === null || expect === null) return null;
  const last = look.lastOf(conversation, slot);
  return last === expect ? null : { kind: "refused", code: "slot", last };
}

function reactionRefusal(
  { reaction }: TermsText,
  re: number | null,
  { conversation }: ConversationBefore,
  look: Lookups,
): Refused | null {
  if (re === null || reaction === null || !reaction.on) return null;
  return look.keysWith(conversation, re, reaction.key) > reaction.keysMax ? refused("too_many") : null;
}

function slowRefusal(
  { type, at, terms }: EntryText,
  { slow }: ConversationBefore,
  author: AuthorBefore | null,
): Refused | null {
  if (slow === 0 || type !== "message" || author === null || terms?.system) return null;
  if (author.rank !== MEMBER_RANK || author.lastAt === null) return null;
  const wait = author.lastAt + slow - at;
  // By a clock that was set back it would be longer than the time itself.
  return wait > 0 ? { kind: "refused", code: "too_soon", retryAfterMs: Math.min(wait, slow) } : null;
}

export function refused(code: Exclude<Refused["code"], "slot" | "too_soon">): Refused {
  return { kind: "refused", code };
}
