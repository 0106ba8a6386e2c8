import type { Activity } from "@earshot/core";
import { type DeviceId, type NodeId, parseJson, type SessionId, type UserId } from "@earshot/protocol";
import { decodeToken, encodeToken } from "./subjects.ts";

/** A node's lease, as its last renewal left it. When that was, the server's stamp on it says. */
export interface LeaseRecord {
  /** Of the lease since it began: sessions name it, so that none of an earlier one comes back. */
  readonly life: string;
  /** 0: it was given up. */
  readonly ttlMs: number;
  /** The renewal before, Unix ms of the server; null: with this one it began. Renewed after `until`, it had ended already. */
  readonly before: { readonly at: number; readonly until: number } | null;
}

export interface SessionRecord {
  readonly user: UserId;
  readonly device: DeviceId;
  readonly activity: Activity;
  /** Of the lease that it stands under. */
  readonly life: string;
}

/** What a key of the bucket is about. Ticks are there for their stamps alone. */
export type PresenceKey =
  | { readonly kind: "lease"; readonly node: NodeId }
  | { readonly kind: "session"; readonly node: NodeId; readonly session: SessionId };

export const leaseKey = (node: NodeId): string => `lease.${encodeToken(node)}`;
export const sessionKey = (node: NodeId, session: SessionId): string =>
  `session.${encodeToken(node)}.${encodeToken(session)}`;
export const tickKey = (end: string): string => `tick.${encodeToken(end)}`;
export const seenKey = (user: UserId): string => `seen.${encodeToken(user)}`;

/** null: it is none of these. */
export function presenceKeyOf(key: string): PresenceKey | null {
  const [kind, node, session] = key.split(".");
  if (node === undefined) return null;
  if (kind === "lease") return { kind, node: decodeToken(node) };
  if (kind === "session" && session !== undefined) {
    return { kind, node: decodeToken(node), session: decodeToken(session) };
  }
  return null;
}

/** null: it is none. */
export function seenUserOf(key: string): UserId | null {
  const [kind, user] = key.split(".");
  return kind === "seen" && user !== undefined ? decodeToken(user) : null;
}

/** null: it was deleted, or is not what this version writes. */
export function recordOf(text: string): Readonly<Record<string, unknown>> | null {
  if (text === "") return null;
  try {
    const record: unknown = parseJson(text);
    return typeof record === "object" && record !== null ? (record as Readonly<Record<string, unknown>>) : null;
  } catch {
    return null;
  }
}
