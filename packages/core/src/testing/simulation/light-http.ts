/** What a device asks by HTTP. */
export interface Asking {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** An answer as it crosses the network. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

const encoder = new TextEncoder();

/**
 * A request as the engine reads one: its URL, method, headers, body and signal. The platform's own costs as much as
 * all that a poll does.
 */
export function lightRequest({ url, method, headers, body }: Asking, signal: AbortSignal): Request {
  const chunks = body === null ? null : [encoder.encode(body)];
  const request = { url, method, headers: new Headers(headers), body: chunks, signal };
  return request as unknown as Request;
}

/** An answer as a client reads one. */
export function lightResponse({ status, headers, text }: Answered): Response {
  const response = { status, ok: status >= 200 && status < 300, headers, text: async () => text, body: null };
  return response as unknown as Response;
}
