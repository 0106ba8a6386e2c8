/** How long a browser may keep the answer to a preflight, in seconds; Chromium's own upper bound. */
const MAX_AGE_SECONDS = 7_200;

/** Whether a browser asks if its page may make a request (fetch standard, CORS-preflight request). */
export function isPreflight(request: Request): boolean {
  return request.method === "OPTIONS" && request.headers.has("access-control-request-method");
}

/** What a page of this origin, which the host has named, may ask of the API. */
export function preflight(origin: string): Response {
  const headers = {
    "access-control-allow-methods": "GET, POST, PUT, PATCH, DELETE",
    "access-control-allow-headers": "authorization, content-type, earshot-session, earshot-secret",
    "access-control-max-age": String(MAX_AGE_SECONDS),
  };
  return openTo(origin, new Response(null, { status: 204, headers }));
}

/** The answer, for pages of this origin to read; null: as it is. Only what the host has named comes here, so cookies may go with it (S4). */
export function openTo(origin: string | null, response: Response): Response {
  if (origin === null) return response;
  response.headers.set("access-control-allow-origin", origin);
  response.headers.set("access-control-allow-credentials", "true");
  response.headers.set("access-control-expose-headers", "retry-after");
  response.headers.append("vary", "origin");
  return response;
}
