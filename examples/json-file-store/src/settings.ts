import type { ConversationId, NodeId, UserId } from "@earshot/protocol";
import { type Content, madeIn } from "./content.ts";

export function putState(
  content: Content,
  user: UserId,
  id: ConversationId,
  { mute, marked }: { readonly mute?: boolean | number; readonly marked?: boolean },
): boolean {
  const member = content.conversations.get(id)?.members.get(user);
  if (member === undefined) return false;
  const next = { mute: mute ?? member.mute, marked: marked ?? member.marked };
  if (next.mute !== member.mute || next.marked !== member.marked) {
    Object.assign(member, next, { changed: ++content.tick });
  }
  return true;
}

/** false: they are a member, or there is no such conversation. */
export function banUser(content: Content, id: ConversationId, user: UserId, banned: boolean): boolean {
  const conversation = content.conversations.get(id);
  if (conversation === undefined || conversation.members.has(user)) return false;
  if (banned) conversation.banned.add(user);
  else conversation.banned.delete(user);
  content.tick++;
  return true;
}

export function blockUser(content: Content, user: UserId, other: UserId, blocked: boolean): void {
  const others = madeIn(content.blocks, user, () => new Set());
  if (blocked) others.add(other);
  else others.delete(other);
  if (others.size === 0) content.blocks.delete(user);
  content.tick++;
}

/** By the machine's wall clock, the only one that goes on while no process runs. */
export function claimLease(content: Content, name: string, node: NodeId, ttlMs: number): boolean {
  const { leases } = content;
  const now = Date.now();
  for (const [other, { until }] of leases) if (until <= now) leases.delete(other);
  const holder = leases.get(name)?.node;
  if (holder !== undefined && holder !== node) return false;
  if (ttlMs > 0) leases.set(name, { node, until: now + ttlMs });
  else leases.delete(name);
  content.tick++;
  return ttlMs > 0;
}

/** The text under a name, after the move if it was still where it moves from. */
export function movePosition(
  content: Content,
  name: string,
  move?: { readonly from: string | null; readonly to: string },
): string | null {
  const { positions } = content;
  if (move !== undefined && (positions.get(name) ?? null) === move.from) {
    positions.set(name, move.to);
    content.tick++;
  }
  return positions.get(name) ?? null;
}

export function settingOf(content: Content, name: string, make: () => string): string {
  return madeIn(content.settings, name, () => {
    content.tick++;
    return make();
  });
}
