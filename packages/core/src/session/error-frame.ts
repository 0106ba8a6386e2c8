import { type ErrorFrame, isChatError, wireCodeOf } from "@earshot/protocol";

/** A refusal as a frame. What nobody foresaw is `internal`, and says nothing of itself (S54). */
export function errorFrame(
  error: unknown,
  about: { readonly id?: string; readonly re?: string; readonly c?: string },
): ErrorFrame {
  const code = wireCodeOf(error);
  const known = isChatError(error) && code === error.code;
  const last = known ? error.details?.["last"] : undefined;
  return {
    t: "error",
    ...(about.id === undefined ? (about.re === undefined ? {} : { re: about.re }) : { id: about.id }),
    ...(about.c === undefined ? {} : { c: about.c }),
    code,
    message: known ? error.message : "unable to answer; the server failed",
    ...(known && error.reason !== undefined ? { reason: error.reason } : {}),
    ...(typeof last === "number" ? { last } : {}),
    ...(known && error.retryAfterMs !== undefined ? { retry: error.retryAfterMs } : {}),
  };
}
