import type { Append, AppendResult } from "@earshot/core";
import { LIMITS } from "@earshot/protocol";
import { type BatchRows, type Head, type Member, placeOf } from "./batch-rows.ts";
import { roleOf } from "./ranks.ts";

export type Refused = Extract<AppendResult, { readonly kind: "refused" }>;

/** Why an entry is not appended, or null: every check after the key's, in the order that the port promises. */
export function refusalOf(rows: BatchRows, entry: Append, head: Head, author: Member | null): Refused | null {
  return (
    authorRefusal(rows, entry, head, author) ??
    blockRefusal(rows, entry, head) ??
    versionRefusal(rows, entry, head) ??
    banRefusal(rows, entry, head) ??
    targetRefusal(rows, entry, head, author) ??
    slotRefusal(rows, entry, head) ??
    reactionRefusal(rows, entry, head) ??
    slowRefusal(entry, head, author)
  );
}

function authorRefusal(rows: BatchRows, entry: Append, head: Head, author: Member | null): Refused | null {
  const { user, by, system, join } = entry;
  if (system) return null;
  const rank = author?.rank ?? null;
  if (rank !== null) return join || by.includes(roleOf(rank)) ? null : refused("forbidden");
  if (!join) return refused("not_found");
  if (isBanned(rows, head, user)) return refused("banned");
  return rows.settings.get(head.conversation)?.open ? null : refused("not_found");
}

function blockRefusal(rows: BatchRows, { key, system }: Append, { conversation, pair }: Head): Refused | null {
  if (pair === null || key === undefined || system) return null;
  return rows.blocked.has(conversation) ? refused("blocked") : null;
}

function versionRefusal(rows: BatchRows, entry: Append, head: Head): Refused | null {
  const { ifMembersVersion, ifSettingsVersion } = entry;
  const stale =
    (ifMembersVersion !== undefined && ifMembersVersion !== head.membersVersion) ||
    (ifSettingsVersion !== undefined && ifSettingsVersion !== rows.settings.get(head.conversation)?.version);
  return stale ? refused("stale") : null;
}

function banRefusal(rows: BatchRows, { members }: Append, head: Head): Refused | null {
  const banned = members?.some(
    ([user, role]) =>
      role !== null && (rows.member(head.conversation, user)?.rank ?? null) === null && isBanned(rows, head, user),
  );
  return banned === true ? refused("banned") : null;
}

function targetRefusal(rows: BatchRows, entry: Append, head: Head, author: Member | null): Refused | null {
  const { re, target: rule, user, system } = entry;
  if (re === undefined) return null;
  const target = rows.targets.get(placeOf(head.conversation, re));
  if (target?.type !== "message") return refused("no_target");
  if (rule === undefined) return null;
  const rank = author?.rank ?? null;
  const roles = system ? undefined : rule.authorOr;
  const may = roles === undefined || target.sender === user || (rank !== null && roles.includes(roleOf(rank)));
  if (!may) return refused("forbidden");
  return rule.live && target.deleted ? refused("deleted") : null;
}

function slotRefusal(rows: BatchRows, { slot, expect }: Append, { conversation }: Head): Refused | null {
  if (slot === undefined || expect === undefined) return null;
  const last = rows.slots.get(placeOf(conversation, slot))?.last ?? 0;
  return last === expect ? null : { kind: "refused", code: "slot", last };
}

function reactionRefusal(rows: BatchRows, { reaction, re }: Append, { conversation }: Head): Refused | null {
  if (re === undefined || reaction === undefined || !reaction.on) return null;
  const { keys } = rows.stateOf(conversation, re);
  const isThere = (rows.counts.get(placeOf(conversation, re, reaction.key))?.count ?? 0) > 0;
  return (isThere ? keys : keys + 1) > LIMITS.reactionKeysMax ? refused("too_many") : null;
}

function slowRefusal({ type, at, system }: Append, { slow }: Head, author: Member | null): Refused | null {
  if (slow === 0 || type !== "message" || author === null || author.rank === null || system) return null;
  if (roleOf(author.rank) !== "member" || author.lastAt === null) return null;
  const wait = author.lastAt + slow - at;
  // By a clock that was set back it would be longer than the time itself.
  return wait > 0 ? { kind: "refused", code: "too_soon", retryAfterMs: Math.min(wait, slow) } : null;
}

function isBanned(rows: BatchRows, { conversation }: Head, user: string): boolean {
  return rows.bans.get(placeOf(conversation, user))?.banned === true;
}

export function refused(code: Exclude<Refused["code"], "slot" | "too_soon">): Refused {
  return { kind: "refused", code };
}
