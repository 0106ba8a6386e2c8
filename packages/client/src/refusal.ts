import { ChatError, type ErrorFrame } from "@earshot/protocol";
import { defined } from "./defined.ts";

/** A gateway's refusal as the error an application sees (pure). A code that this client does not know stays as it is. */
export function refusalOf({ code, message, retry, reason, last }: ErrorFrame): ChatError {
  const details = last === undefined ? undefined : { last };
  return new ChatError(code, message, defined({ retryAfterMs: retry, reason, details }));
}
