/**
 * Ids are opaque strings of 1–128 characters of `[A-Za-z0-9._:~-]`; user ids also of `|@+=`.
 * The aliases say which id a position takes; the patterns say which strings are one.
 */
export type ConversationId = string;
export type UserId = string;
/** Made by the sender, its idempotency key: unique per conversation and sender, for ever. */
export type MessageId = string;
/** One running client of a user: a tab, an app process. Made anew by each run. */
export type DeviceId = string;
/** A device's stay on one gateway. Begins with `s_`. */
export type SessionId = string;
/** One engine process. */
export type NodeId = string;
/** Names one life of a conversation's log. */
export type Epoch = string;
/** Correlates an answer with its request, within a session. */
export type RequestId = string;

/** What an id of any kind but a user's looks like. */
export const ID_PATTERN: RegExp = /^[A-Za-z0-9._:~-]{1,128}$/;
/** What a user's id looks like: wide enough for mail addresses and `provider|subject`. */
export const USER_ID_PATTERN: RegExp = /^[A-Za-z0-9._:~|@+=-]{1,128}$/;

export function isId(value: unknown): value is string {
  return typeof value === "string" && ID_PATTERN.test(value);
}

export function isUserId(value: unknown): value is UserId {
  return typeof value === "string" && USER_ID_PATTERN.test(value);
}
