import { ChatError, isChatError, WIRE_ERRORS, wireCodeOf } from "@earshot/protocol";

/** A refusal over HTTP: RFC 9457 problem details with `code`, `last` of a slot that has moved on, `reason` of the host's, and `Retry-After` where the same request may succeed later. */
export function problem(error: unknown): Response {
  const code = wireCodeOf(error);
  const { http, meaning } = WIRE_ERRORS[code];
  const known = isChatError(error) && code === error.code;
  const last = known ? error.details?.["last"] : undefined;
  const retry = known ? error.retryAfterMs : undefined;
  const body = {
    type: "about:blank",
    title: meaning,
    status: http,
    code,
    ...(known ? { detail: error.message } : {}),
    ...(known && error.reason !== undefined ? { reason: error.reason } : {}),
    ...(typeof last === "number" ? { last } : {}),
    ...(retry === undefined ? {} : { retry }),
  };
  return new Response(JSON.stringify(body), {
    status: http,
    headers: {
      "content-type": "application/problem+json",
      ...(retry === undefined ? {} : { "retry-after": String(Math.ceil(retry / 1_000)) }),
      ...(code === "unauthenticated" ? { "www-authenticate": "Bearer" } : {}),
    },
  });
}

export function notFound(): ChatError {
  return new ChatError("not_found", "unable to answer; no such route");
}
