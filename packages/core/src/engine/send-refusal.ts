import { ChatError } from "@earshot/protocol";
import type { AppendResult } from "../ports/append.ts";

type Refused = Extract<AppendResult, { readonly kind: "refused" }>;

/** What a send is told that the store has refused. Pure. */
export function sendRefusal(refused: Refused): ChatError {
  switch (refused.code) {
    case "not_found":
      return new ChatError("not_found", "unable to send event; no such conversation");
    case "no_target":
      return new ChatError("not_found", "unable to send event; its target is no message of this conversation");
    case "forbidden":
      return new ChatError(
        "forbidden",
        "unable to send event; your role does not allow it, or its target is another's",
      );
    case "blocked":
    case "banned":
      return new ChatError("forbidden", "unable to send event; one of you has blocked the other");
    case "conflict":
      return new ChatError("conflict", "unable to send event; its id was used for another");
    case "deleted":
      return new ChatError("conflict", "unable to send event; its target is deleted");
    case "slot":
      return new ChatError("conflict", "unable to send event; its slot has moved on", {
        details: { last: refused.last },
      });
    case "too_soon":
      return new ChatError("rate_limited", "unable to send message; this conversation is in slow mode", {
        retryAfterMs: Math.max(1, refused.retryAfterMs),
      });
    case "too_many":
      return new ChatError("too_large", "unable to send event; its target has too many reactions");
    case "absent":
    case "stale":
      return new ChatError("internal", "unable to send event; the store answered what was not asked");
  }
}
