import type { Append, AppendResult } from "@earshot/core";
import { LIMITS } from "@earshot/protocol";
import { type Content, type Conversation, eventAt, headOf, keyOf } from "./content.ts";

type Answer = Exclude<AppendResult, { readonly kind: "event" }>;
type Code = Extract<Answer, { readonly code: unknown }>["code"];

const no = (code: Exclude<Code, "slot" | "too_soon">): Answer => ({ kind: "refused", code });

/** What an entry is answered instead of being written, in the order that `MessageStore.append` gives; null: it may be. */
export function refusalOf(content: Content, entry: Append): Answer | null {
  const conversation = content.conversations.get(entry.conversation);
  return (
    repeatOf(conversation, entry) ??
    (entry.lookup ? no("absent") : null) ??
    (conversation === undefined
      ? no("not_found")
      : (rightsOf(content, conversation, entry) ??
        staleOf(conversation, entry) ??
        targetOf(conversation, entry) ??
        slotOf(conversation, entry) ??
        reactionsOf(conversation, entry) ??
        slowOf(conversation, entry)))
  );
}

function repeatOf(conversation: Conversation | undefined, { user, key }: Append): Answer | null {
  const stored = key === undefined ? undefined : conversation?.keys.get(keyOf(user, key.id));
  if (conversation === undefined || stored === undefined) return null;
  if (stored.hash !== null && stored.hash !== key?.hash) return no("conflict");
  const { seq, ord, at, rewritten } = stored;
  return { kind: "duplicate", epoch: conversation.epoch, seq, ord, at, ...(rewritten ? { rewritten } : {}) };
}

function rightsOf(content: Content, conversation: Conversation, entry: Append): Answer | null {
  const { user } = entry;
  if (entry.system) return null;
  const role = conversation.members.get(user)?.role;
  if (role === undefined) {
    if (!entry.join) return no("not_found");
    if (conversation.banned.has(user)) return no("banned");
    if (!conversation.settings.open) return no("not_found");
  } else if (!entry.join && !entry.by.includes(role)) return no("forbidden");
  const apart =
    entry.key !== undefined &&
    conversation.kind === "direct" &&
    [...conversation.members.keys()].some((other) => blockedBetween(content, user, other));
  return apart ? no("blocked") : null;
}

export function blockedBetween({ blocks }: Content, one: string, other: string): boolean {
  return (blocks.get(one)?.has(other) ?? false) || (blocks.get(other)?.has(one) ?? false);
}

function staleOf(conversation: Conversation, entry: Append): Answer | null {
  const { ifMembersVersion, ifSettingsVersion, members = [] } = entry;
  if (ifMembersVersion !== undefined && ifMembersVersion !== conversation.membersVersion) return no("stale");
  if (ifSettingsVersion !== undefined && ifSettingsVersion !== conversation.settingsVersion) return no("stale");
  const adds = ([user, role]: readonly [string, unknown]): boolean => role !== null && !conversation.members.has(user);
  return members.some((change) => adds(change) && conversation.banned.has(change[0])) ? no("banned") : null;
}

function targetOf(conversation: Conversation, { re, target, user, system }: Append): Answer | null {
  if (re === undefined) return null;
  const message = eventAt(conversation, re);
  if (message?.type !== "message") return no("no_target");
  const role = conversation.members.get(user)?.role;
  const other = target?.authorOr !== undefined && !system && message.from !== user;
  if (other && (role === undefined || !target.authorOr.includes(role))) return no("forbidden");
  return target?.live && message.deleted ? no("deleted") : null;
}

function slotOf(conversation: Conversation, { slot, expect }: Append): Answer | null {
  if (slot === undefined || expect === undefined) return null;
  const last = conversation.slots.get(slot) ?? 0;
  return expect === last ? null : { kind: "refused", code: "slot", last };
}

function reactionsOf(conversation: Conversation, { re, reaction }: Append): Answer | null {
  if (re === undefined || !reaction?.on) return null;
  const reactions = eventAt(conversation, re)?.reactions ?? [];
  const more = !reactions.some(([key]) => key === reaction.key);
  return more && reactions.length >= LIMITS.reactionKeysMax ? no("too_many") : null;
}

function slowOf(conversation: Conversation, entry: Append): Answer | null {
  const { slow } = conversation.settings;
  const last = conversation.lastMessages.get(entry.user);
  const waits = entry.type === "message" && !entry.system && conversation.members.get(entry.user)?.role === "member";
  if (!waits || slow === 0 || last === undefined || entry.at - last >= slow) return null;
  return { kind: "refused", code: "too_soon", retryAfterMs: Math.min(slow, slow - (entry.at - last)) };
}

/** The seq that the next entry gets, and the messages up to it. */
export function nextOf(
  conversation: Conversation,
  type: Append["type"],
): { readonly seq: number; readonly ord: number } {
  const head = headOf(conversation);
  return { seq: head.seq + 1, ord: head.ord + (type === "message" ? 1 : 0) };
}
