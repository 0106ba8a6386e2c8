import { ChatError, isId, isUserId, type UserId } from "@earshot/protocol";
import type { Commands } from "../ports/commands.ts";
import type { By } from "../ports/hooks.ts";

/** One request of a known user, on its way to the commands. */
export interface Call {
  readonly by: By;
  readonly request: Request;
  readonly url: URL;
  /** The path's variable parts, in order. */
  readonly parts: readonly string[];
}

/** Reads a call, runs its command, and answers. Rejects with the refusal. */
export type Run = (commands: Commands, call: Call) => Promise<Response>;

/** The conversation that the path names. What cannot be an id is none. */
export function conversationOf({ parts }: Call): string {
  if (!isId(parts[0])) throw new ChatError("not_found", "unable to answer; no such conversation");
  return parts[0];
}

/** The user that ends the path; `me` is the caller. */
export function userOf({ parts, by }: Call): UserId {
  const last = parts.at(-1);
  const named = last === "me" ? by.user : last;
  if (!isUserId(named)) throw new ChatError("invalid", "unable to answer; that is no user id");
  return named;
}

/** The seq that ends the path. */
export function seqOf({ parts }: Call): number {
  const text = parts.at(-1) ?? "";
  const seq = /^\d{1,16}$/.test(text) ? Number(text) : 0;
  if (seq < 1 || !Number.isSafeInteger(seq)) throw new ChatError("invalid", "unable to answer; that is no seq");
  return seq;
}

export function json(value: unknown, status = 200): Response {
  return new Response(JSON.stringify(value), {
    status,
    headers: { "content-type": "application/json", "cache-control": "no-store" },
  });
}

export function noContent(): Response {
  return new Response(null, { status: 204 });
}

/** What a call that changes a conversation answers: its row, nothing to who has lost it. */
export function changed(row: object | null): Response {
  return row === null ? noContent() : json(row);
}
