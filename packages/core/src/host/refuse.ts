import { ChatError, type ErrorCode } from "@earshot/protocol";
import { FIXED_LIMITS } from "../fixed-limits.ts";

/** Codes with which a hook may refuse: those that say what was wrong with the request. None of them says "later". */
export type RefuseCode = Extract<ErrorCode, "invalid" | "forbidden" | "not_found" | "conflict" | "too_large">;

/** Shared by the copies of this package that one process may hold, as ESM and as CJS. */
const REFUSAL = Symbol.for("earshot.refusal");

/** What no JSON text may carry. */
const UNFIT = /[\0\p{Surrogate}]/gu;

/**
 * What a hook throws to refuse, for good:
 *
 * ```ts
 * chat.before("send", (draft) => {
 *   if (isProfane(draft.body)) throw refuse("forbidden", "profanity");
 * });
 * ```
 *
 * The client gets `code` and, as `reason`, the host's own word for it: at most 200 characters, shown to the
 * user or not, as the application likes.
 */
export function refuse(code: RefuseCode = "forbidden", reason?: string): ChatError {
  const error = new ChatError(
    code,
    "unable to do that; the host refuses it",
    reason === undefined ? {} : { reason: cut(reason) },
  );
  return Object.defineProperty(error, REFUSAL, { value: true });
}

/** Whether a hook meant to refuse by it. */
export function isRefusal(error: unknown): error is ChatError {
  return error instanceof Error && (error as { readonly [REFUSAL]?: unknown })[REFUSAL] === true;
}

function cut(reason: string): string {
  return reason.slice(0, FIXED_LIMITS.reasonCharactersMax).replaceAll(UNFIT, "");
}
