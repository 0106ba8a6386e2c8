import { type InboxRow, isId, isUserId } from "@earshot/protocol";
import type { StoredSend, StoredTimeline } from "../ports/stored.ts";

/**
 * Light checks of what a storage holds: rows that are broken, or that something else has written, must
 * not break a client. They look at what decides where a row goes; what a send holds is checked again
 * before it goes out (pure).
 */

export function isStoredSend(value: unknown): value is StoredSend {
  if (!isObject(value)) return false;
  const { id, c, type, body, at, place, poisoned } = value;
  const named = isId(id) && isId(c) && typeof type === "string";
  return named && [place, poisoned].every(isCount) && Number.isFinite(at) && (body === undefined || isObject(body));
}

export function isStoredTimeline(value: unknown): value is StoredTimeline {
  if (!isObject(value)) return false;
  const { c, epoch, last, floor, hasOlder, rows } = value;
  const placed = isId(c) && isId(epoch) && [last, floor].every(isCount) && typeof hasOlder === "boolean";
  return placed && Array.isArray(rows) && rows.every(isRow);
}

export function isStoredInboxRow(value: unknown): value is InboxRow {
  if (!isObject(value)) return false;
  const { c, epoch, head, ord, read, unread, mentions, last } = value;
  const placed = isId(c) && isId(epoch) && [head, ord, read, unread, mentions].every(isCount);
  return placed && (last === null || isRow(last));
}

function isRow(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { seq, ord, type, from, at } = value;
  return [seq, ord].every(isCount) && typeof type === "string" && isUserId(from) && Number.isFinite(at);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
