import type { Append, Settings } from "@earshot/core";
import { LIMITS, type Role } from "@earshot/protocol";
import { RANKS } from "./records.ts";

/** Ranks that may, as append.lua takes them: "02" for owner and member. */
export function ranksOf(roles: readonly Role[]): string {
  return roles.map((role) => RANKS.indexOf(role)).join("");
}

export function rankOf(role: Role | null): string {
  return role === null ? "" : String(RANKS.indexOf(role));
}

/**
 * What must hold with an entry beyond its author's role, and what it changes beside the log, as append.lua takes it;
 * "": nothing. What Redis is to keep as it is stands in it as JSON within a string: Lua's own JSON loses large numbers
 * and empty lists.
 */
export function termsText(entry: Append): string {
  const { re, target, mentions, slot, expect, reaction, key, lookup, members, ifMembersVersion } = entry;
  const { system, join, bans, settings, ifSettingsVersion } = entry;
  const terms = {
    re,
    authorOr: target?.authorOr && ranksOf(target.authorOr),
    live: target?.live,
    mentions: json(mentions),
    slot: json(slot),
    expect,
    ...(reaction && { reaction: json(reaction.key), on: reaction.on, keysMax: LIMITS.reactionKeysMax }),
    rewritten: key?.rewritten,
    lookup,
    // A user that is named twice ends as the last one says.
    members: members && Array.from(new Map(members), ([user, role]) => [user, rankOf(role)]),
    membersVersion: ifMembersVersion,
    system,
    join,
    bans,
    settings: settings && settingsTerms(settings),
    settingsVersion: ifSettingsVersion,
  };
  const text = JSON.stringify(terms);
  return text === "{}" ? "" : text;
}

function settingsTerms({ mode, title, meta, open, slow, pinned, retention }: Partial<Settings>) {
  return {
    mode,
    open,
    slow,
    title: json(title),
    meta: json(meta),
    pinned: json(pinned),
    retention: json(retention),
  };
}

function json(value: unknown): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value);
}
