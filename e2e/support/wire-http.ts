import type { Row } from "./wire-frame.ts";

/** A JSON body as untyped as an outsider sees it: the fields that the tests read, each of which may be missing. */
export interface HttpBody {
  readonly c?: string;
  readonly kind?: string;
  readonly epoch?: string;
  readonly head?: number;
  readonly ord?: number;
  readonly seq?: number;
  readonly dup?: boolean;
  readonly role?: string;
  readonly title?: string | null;
  readonly code?: string;
  readonly status?: number;
  readonly events?: readonly Row[];
  readonly members?: readonly (readonly [string, string])[];
  readonly cursor?: string | null;
  readonly more?: boolean;
  readonly from?: number;
  readonly to?: number;
  readonly [field: string]: unknown;
}

/** An answer of the HTTP API; `body` is empty unless the answer is JSON of some kind. */
export interface HttpAnswer {
  readonly status: number;
  readonly type: string;
  readonly headers: Headers;
  readonly body: HttpBody;
  readonly text: string;
}

export interface HttpCall {
  /** Whose token goes along; the demo's token is the user's id. */
  readonly user?: string;
  /** Encoded as JSON. */
  readonly json?: unknown;
  /** Sent as it is, called JSON. */
  readonly raw?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One call of the HTTP API: `call(server.url, "GET", "/readyz")`; the path is below `/chat`. */
export async function call(
  serverUrl: string,
  method: string,
  path: string,
  options: HttpCall = {},
): Promise<HttpAnswer> {
  const content = options.raw ?? (options.json === undefined ? undefined : JSON.stringify(options.json));
  const response = await fetch(`${new URL(serverUrl).origin}/chat${path}`, {
    method,
    headers: {
      ...(options.user === undefined ? {} : { authorization: `Bearer ${options.user}` }),
      ...(content === undefined ? {} : { "content-type": "application/json" }),
      ...options.headers,
    },
    ...(content === undefined ? {} : { body: content }),
    signal: AbortSignal.timeout(10_000),
  });
  const text = await response.text();
  const type = (response.headers.get("content-type") ?? "").split(";")[0]?.trim() ?? "";
  const body: HttpBody = text !== "" && type.endsWith("json") ? JSON.parse(text) : {};
  return { status: response.status, type, headers: response.headers, body, text };
}
