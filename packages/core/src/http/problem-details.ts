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

/** What this gateway knows no longer, or never did: polls and streams of sessions that are over, or another's. The client says `hello` again. */
export function gone(): Response {
  const body = {
    type: "about:blank",
    title: "no such session here, or no longer",
    status: 410,
    code: "not_found",
    detail: "unable to answer; say hello again",
  };
  return new Response(JSON.stringify(body), {
    status: 410,
    headers: { "content-type": "application/problem+json", "cache-control": "no-store" },
  });
}
