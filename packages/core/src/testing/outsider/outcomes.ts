import { LIMITS, type Role, type SendFrame, type UserId } from "@earshot/protocol";
import type { MemberChange } from "../../ports/append.ts";
import { contentOf, type TrueConversation } from "./true-conversation.ts";

/**
 * What the protocol's sections 5 and 9 say becomes of a request, told anew and in the plainest way:
 * "ok", or the code of the refusal. Nothing here is the engine's own.
 */

const WRITERS: readonly Role[] = ["owner", "admin", "member"];
const RULERS: readonly Role[] = ["owner", "admin"];

export interface Asked {
  readonly conversation: TrueConversation | undefined;
  readonly user: UserId;
}

const present = ({ conversation }: Asked): TrueConversation | null =>
  conversation === undefined || conversation.removed ? null : conversation;
const roleOf = (asked: Asked): Role | null => present(asked)?.roles.get(asked.user) ?? null;

/** `at`: when the gateway takes it. `blocked`: one of a direct's two has blocked the other. */
export function sendOutcome(asked: Asked, draft: SendFrame, at: number, blocked: boolean): string {
  const conversation = present(asked);
  const known = conversation?.keys.get(`${asked.user} ${draft.id}`);
  if (known !== undefined) return known.content === contentOf(draft) ? "dup" : "conflict";
  if (malformed(draft)) return "invalid";
  const role = roleOf(asked);
  if (conversation === null || role === null) return "not_found";
  if (!WRITERS.includes(role)) return "forbidden";
  if (conversation.made.kind === "direct" && blocked) return "forbidden";
  const aimed = aim(conversation, asked.user, role, draft);
  if (aimed !== null) return aimed;
  if (draft.slot !== undefined && draft.expect !== undefined) {
    const last = conversation.slots.get(draft.slot) ?? 0;
    if (last !== draft.expect) return `conflict ${last}`;
  }
  if (draft.type !== "message" || role !== "member") return "ok";
  const since = at - (conversation.saidAt.get(asked.user) ?? Number.NEGATIVE_INFINITY);
  const { slow } = conversation.settings;
  return slow > 0 && since < slow ? "rate_limited" : "ok";
}

function malformed({ type, re, body, slot, expect }: SendFrame): boolean {
  if (expect !== undefined && slot === undefined) return true;
  if (re === undefined) return type === "edit" || type === "delete" || type === "react";
  return type === "react" && (typeof body?.["key"] !== "string" || typeof body["on"] !== "boolean");
}

function aim(conversation: TrueConversation, user: UserId, role: Role, { type, re }: SendFrame): string | null {
  if (re === undefined) return null;
  const target = conversation.log[re - 1];
  if (target?.type !== "message") return "not_found";
  if (type === "edit" && target.from !== user) return "forbidden";
  if (type === "delete" && target.from !== user && !RULERS.includes(role)) return "forbidden";
  return (type === "edit" || type === "react") && conversation.deletedBy(re) > 0 ? "conflict" : null;
}

export function joinOutcome(asked: Asked, role: Role = "member"): string {
  const conversation = present(asked);
  if (conversation === null) return "not_found";
  if (roleOf(asked) !== null) return "ok";
  if (conversation.made.kind === "direct") return "not_found";
  const { open } = conversation.settings;
  if (role !== "member") return open ? "forbidden" : "not_found";
  if (conversation.bans.has(asked.user)) return "forbidden";
  return open ? "ok" : "not_found";
}

export function membersOutcome(asked: Asked, changes: readonly MemberChange[]): string {
  const conversation = present(asked);
  const role = roleOf(asked);
  if (conversation === null) return "not_found";
  if (role === null) {
    const [[user, given] = ["", null], ...others] = changes;
    return user === asked.user && given !== null && others.length === 0 ? joinOutcome(asked, given) : "not_found";
  }
  if (conversation.made.kind === "direct") return "forbidden";
  const may = changes.every(([user, given]) => {
    if (role === "owner" || (user === asked.user && given === null)) return true;
    const simple = (one: Role | null | undefined): boolean => !one || one === "member" || one === "reader";
    return role === "admin" && simple(conversation.roles.get(user)) && simple(given);
  });
  if (!may) return "forbidden";
  const banned = changes.some(
    ([user, given]) => given !== null && !conversation.roles.has(user) && conversation.bans.has(user),
  );
  return banned ? "forbidden" : "ok";
}

export function patchOutcome(asked: Asked, patch: { readonly open?: boolean }): string {
  const role = roleOf(asked);
  if (role === null) return "not_found";
  if (!RULERS.includes(role)) return "forbidden";
  return patch.open && asked.conversation?.made.kind === "direct" ? "forbidden" : "ok";
}

export function pinOutcome(asked: Asked, seq: number, pinned: boolean, mayHave: boolean): string {
  const conversation = present(asked);
  const role = roleOf(asked);
  if (conversation === null || role === null) return "not_found";
  if (!RULERS.includes(role)) return "forbidden";
  const { pinned: now } = conversation.settings;
  if (!pinned || now.includes(seq)) return "ok";
  if (!mayHave || conversation.log[seq - 1]?.type !== "message") return "not_found";
  if (conversation.deletedBy(seq) > 0) return "conflict";
  return now.length >= LIMITS.pinsMax ? "too_large" : "ok";
}

export function banOutcome(asked: Asked, user: UserId): string {
  const role = roleOf(asked);
  if (user === asked.user) return "invalid";
  if (role === null) return "not_found";
  if (asked.conversation?.made.kind === "direct" || !RULERS.includes(role)) return "forbidden";
  const other = asked.conversation?.roles.get(user);
  return role === "admin" && (other === "admin" || other === "owner") ? "forbidden" : "ok";
}

export function removeOutcome(asked: Asked): string {
  const role = roleOf(asked);
  if (role === null) return "not_found";
  return role === "owner" && asked.conversation?.made.kind !== "direct" ? "ok" : "forbidden";
}

/** What any member may. */
export function memberOutcome(asked: Asked): string {
  return roleOf(asked) === null ? "not_found" : "ok";
}

export function typingOutcome(asked: Asked): string {
  const role = roleOf(asked);
  if (role === null) return "not_found";
  return WRITERS.includes(role) ? "ok" : "forbidden";
}
