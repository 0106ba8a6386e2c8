import type { PeerRequest } from "../ports/authenticate.ts";

/** What is looked at of a request, by whatever transport it came. */
export interface RawRequest {
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Address of the socket's other end. */
  readonly remoteAddress: string;
}

export interface OriginPolicy {
  /** null: the origin whose host is the request's own. */
  readonly origins: readonly string[] | null;
  readonly trustedProxies: readonly string[];
}

/** A request as the host sees it, and whether its Origin may connect (S1, S2, S44). */
export interface SeenRequest {
  readonly peer: PeerRequest;
  readonly originAllowed: boolean;
}

/**
 * Exact comparison, never a suffix or a pattern. Without an Origin (no browser) the request is let in,
 * but its cookies are taken away; they prove nothing there, and nothing across origins.
 */
export function seeRequest(request: RawRequest, policy: OriginPolicy): SeenRequest {
  const { headers } = request;
  const remote = bareAddress(request.remoteAddress);
  const trusted = policy.trustedProxies.includes(remote);
  const origin = headers["origin"] ?? null;
  const host = (trusted ? lastOf(headers["x-forwarded-host"]) : undefined) ?? headers["host"];
  const originAllowed =
    origin === null || (policy.origins === null ? hostOf(origin) === host : policy.origins.includes(origin));
  const address = (trusted ? clientBehind(headers["x-forwarded-for"], policy.trustedProxies) : undefined) ?? remote;
  const { cookie, ...others } = headers;
  const cookies = origin !== null && originAllowed && cookie !== undefined ? { cookie } : {};
  return { peer: { address, origin, headers: { ...others, ...cookies } }, originAllowed };
}

/** null for what is no origin of the web: `null`, `file://`, one with a path or a user. */
function hostOf(origin: string): string | null {
  const url = URL.canParse(origin) ? new URL(origin) : null;
  return url?.origin === origin ? url.host : null;
}

function lastOf(list: string | undefined): string | undefined {
  return list?.split(",").at(-1)?.trim();
}

/** The last address in the list that is no proxy of ours: what is before it anybody may have written. */
function clientBehind(list: string | undefined, proxies: readonly string[]): string | undefined {
  return list
    ?.split(",")
    .map((address) => bareAddress(address.trim()))
    .findLast((address) => !proxies.includes(address));
}

/** IPv4 addresses arrive as `::ffff:127.0.0.1` on dual-stack sockets. */
function bareAddress(address: string): string {
  return address.startsWith("::ffff:") ? address.slice(7) : address;
}
