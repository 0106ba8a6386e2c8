import { type EventRow, LIMITS, type UserId } from "@earshot/protocol";
import type { Append, AppendResult } from "../ports/append.ts";
import type { Settings } from "../ports/conversation-settings.ts";
import type { MemoryMembers } from "./memory-members.ts";
import type { MemoryReactions } from "./memory-reactions.ts";

/** What an append is checked against, of its conversation. */
export interface CheckedAgainst {
  readonly members: Pick<MemoryMembers, "get" | "version">;
  readonly settings: Pick<Settings, "open" | "slow">;
  readonly settingsVersion: number;
  readonly bans: ReadonlySet<UserId>;
  /** The conversation is a `direct` of which one has blocked the other. */
  readonly blocked: boolean;
  readonly reactions: Pick<MemoryReactions, "keysWith">;
  row(seq: number): EventRow | undefined;
  /** Seq of the slot's last event, 0 where there is none. */
  lastOf(slot: string): number;
  /** When the user's last message here was written. */
  lastSaidAt(user: UserId): number | undefined;
}

export type Refused = Extract<AppendResult, { readonly kind: "refused" }>;
type Check = (entry: Append, against: CheckedAgainst) => Refused | null;

const refuse = (code: Exclude<Refused["code"], "slot" | "too_soon">): Refused => ({ kind: "refused", code });

/** First to last, as the port has them; those of the key come before. Each may take for granted what stands above it. */
const CHECKS: readonly Check[] = [
  checkAuthor,
  checkVersions,
  checkNewcomers,
  checkTarget,
  checkSlot,
  checkReaction,
  checkPace,
];

/** Why an entry with a new key is not written; null: it is. Pure. */
export function appendRefusal(entry: Append, against: CheckedAgainst): Refused | null {
  for (const check of CHECKS) {
    const refused = check(entry, against);
    if (refused !== null) return refused;
  }
  return null;
}

function checkAuthor(entry: Append, { members, bans, settings, blocked }: CheckedAgainst): Refused | null {
  if (entry.system) return null;
  const author = members.get(entry.user);
  if (author === undefined) {
    if (entry.join && bans.has(entry.user)) return refuse("banned");
    if (!entry.join || !settings.open) return refuse("not_found");
  } else if (!entry.join && !entry.by.includes(author.role)) {
    return refuse("forbidden");
  }
  return blocked && entry.key !== undefined ? refuse("blocked") : null;
}

function checkVersions(entry: Append, { members, settingsVersion }: CheckedAgainst): Refused | null {
  if ((entry.ifMembersVersion ?? members.version) !== members.version) return refuse("stale");
  return (entry.ifSettingsVersion ?? settingsVersion) === settingsVersion ? null : refuse("stale");
}

function checkNewcomers(entry: Append, { members, bans }: CheckedAgainst): Refused | null {
  for (const [user, role] of entry.members ?? []) {
    if (role !== null && bans.has(user) && members.get(user) === undefined) return refuse("banned");
  }
  return null;
}

function checkTarget(entry: Append, { members, row }: CheckedAgainst): Refused | null {
  if (entry.re === undefined) return null;
  const target = row(entry.re);
  if (target?.type !== "message") return refuse("no_target");
  const role = members.get(entry.user)?.role;
  const { authorOr, live } = entry.target ?? {};
  const mayAny = entry.system || authorOr === undefined || (role !== undefined && authorOr.includes(role));
  if (!mayAny && target.from !== entry.user) return refuse("forbidden");
  return live && target.deleted ? refuse("deleted") : null;
}

function checkSlot(entry: Append, { lastOf }: CheckedAgainst): Refused | null {
  if (entry.slot === undefined || entry.expect === undefined) return null;
  const last = lastOf(entry.slot);
  return last === entry.expect ? null : { kind: "refused", code: "slot", last };
}

function checkReaction(entry: Append, { reactions, row }: CheckedAgainst): Refused | null {
  if (entry.reaction === undefined || entry.re === undefined || row(entry.re)?.deleted) return null;
  return reactions.keysWith(entry.re, entry.reaction) > LIMITS.reactionKeysMax ? refuse("too_many") : null;
}

function checkPace(entry: Append, { members, settings, lastSaidAt }: CheckedAgainst): Refused | null {
  if (entry.system || entry.type !== "message" || members.get(entry.user)?.role !== "member") return null;
  const last = lastSaidAt(entry.user);
  if (settings.slow === 0 || last === undefined || entry.at - last >= settings.slow) return null;
  return {
    kind: "refused",
    code: "too_soon",
    retryAfterMs: Math.min(settings.slow, settings.slow - (entry.at - last)),
  };
}
