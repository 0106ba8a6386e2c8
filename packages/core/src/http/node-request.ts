import type { IncomingMessage } from "node:http";
import { bodyOf } from "./incoming-body.ts";
import { notFound } from "./problem-details.ts";

/** What fetch knows no request by. No route has them. */
const NOT_FOR_FETCH = /^(connect|trace|track)$/i;

export interface NodeRequestParts {
  /** Path and query, below the mount. */
  readonly path: string;
  /** The body, where a parser of the host's has read it already. */
  readonly parsed: unknown;
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal;
}

/** A Node request as a fetch `Request`. Throws `not_found` and `invalid` for what cannot be one. */
export function toRequest(incoming: IncomingMessage, { path, parsed, signal }: NodeRequestParts): Request {
  const method = incoming.method ?? "GET";
  if (NOT_FOR_FETCH.test(method)) throw notFound();
  const init: RequestInit & { duplex?: "half" } = { method, signal, headers: headersOf(incoming) };
  const body = method === "GET" || method === "HEAD" ? null : bodyOf(incoming, parsed);
  if (body !== null) {
    init.body = body;
    init.duplex = "half";
  }
  const { encrypted = false } = incoming.socket as typeof incoming.socket & { readonly encrypted?: boolean };
  return new Request(`${encrypted ? "https" : "http"}://localhost${pathOf(path)}`, init);
}

function headersOf(incoming: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    // HTTP/2 has the method and the path among its headers.
    if (value !== undefined && !name.startsWith(":"))
      headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  const authority = incoming.headers[":authority"];
  if (typeof authority === "string" && !headers.has("host")) headers.set("host", authority);
  return headers;
}

/** A request's target may be a whole URL (RFC 9112, 3.2.2), or the `*` of OPTIONS, which is no path. */
function pathOf(target: string): string {
  if (target.startsWith("/")) return target;
  if (!/^https?:/i.test(target) || !URL.canParse(target)) throw notFound();
  const { pathname, search } = new URL(target);
  return pathname + search;
}
