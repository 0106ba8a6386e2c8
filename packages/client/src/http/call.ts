import { ChatError, type ErrorCode, parseJson } from "@earshot/protocol";
import { defined } from "../defined.ts";
import type { Clock } from "../ports/clock.ts";

/** Longest wait for the whole answer, in ms. */
const ANSWER_WITHIN_MS = 15_000;

/** What a call over HTTP needs. */
export interface HttpHost {
  readonly clock: Clock;
  readonly fetch: typeof fetch;
  /** The token in hand, or a new one. */
  token(fresh: boolean): Promise<string | null>;
  /** Calls under way, each by what ends it. */
  readonly underWay: Set<(error: ChatError) => void>;
}

/**
 * One call of the HTTP API, with the token of the socket; once more with a new one if that no longer
 * holds. Answers with the JSON it gets; with null for 204 alone. Rejects with a `ChatError`: the problem's
 * code, `offline`, `timeout`; `invalid` for a path that a URL's rules would turn into another one.
 */
export async function call(
  host: HttpHost,
  method: string,
  base: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  if (DOT_SEGMENT.test(path)) throw new ChatError("invalid", `unable to ${method}; an id is none`);
  const url = base + path;
  let reply = await send(host, method, url, body, await host.token(false));
  if (reply.status === 401) reply = await send(host, method, url, body, await host.token(true));
  if (!reply.ok) throw problemError(reply);
  return reply.status === 204 ? null : (reply.answer ?? undefined);
}

/** What users and conversations may be called as well; `members/..` is another address. */
const DOT_SEGMENT = /\/\.\.?(?:[/?]|$)/;

interface Reply {
  readonly status: number;
  readonly ok: boolean;
  readonly retryAfter: string | null;
  /** Undefined for what is no JSON. */
  readonly answer: unknown;
}

async function send(host: HttpHost, method: string, url: string, body: unknown, token: string | null): Promise<Reply> {
  const abort = new AbortController();
  let ended: ChatError | null = null;
  const end = (error: ChatError): void => {
    ended = error;
    abort.abort();
  };
  const timer = host.clock.after(ANSWER_WITHIN_MS, () => {
    end(new ChatError("timeout", `unable to ${method} ${url}; no answer`));
  });
  host.underWay.add(end);
  try {
    const response = await host.fetch(url, {
      method,
      headers: { "content-type": "application/json", ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: abort.signal,
    });
    const answer: unknown = jsonOf(await response.text());
    return { status: response.status, ok: response.ok, retryAfter: response.headers.get("retry-after"), answer };
  } catch (cause) {
    throw ended ?? new ChatError("offline", `unable to ${method} ${url}; the server cannot be reached`, { cause });
  } finally {
    timer.cancel();
    host.underWay.delete(end);
  }
}

function jsonOf(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

interface Problem {
  readonly code?: ErrorCode;
  readonly detail?: string;
  readonly title?: string;
  readonly reason?: string;
  /** ms */
  readonly retry?: number;
}

/** RFC 9457 problem details as the error an application sees; what speaks without a `code` is no gateway, but something in front of it. */
function problemError({ status, retryAfter, answer }: Reply): ChatError {
  const { code, detail, title, reason, retry } = (answer ?? {}) as Problem;
  const retryAfterMs = retry ?? (Number(retryAfter) * 1000 || undefined);
  return new ChatError(
    code ?? (status < 500 ? "invalid" : "unavailable"),
    detail ?? title ?? `HTTP ${status}`,
    defined({ retryAfterMs, reason }),
  );
}
