import { isIP } from "node:net";
import type { PeerRequest } from "../ports/authenticate.ts";
import { bareAddress } from "./trusted-proxies.ts";

/** What is looked at of a request, by whatever transport it came. */
export interface RawRequest {
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Address of the socket's other end. */
  readonly remoteAddress: string;
  /** Whether that socket is TLS. */
  readonly secure: boolean;
}

export interface OriginPolicy {
  /** null: the origin whose host is the request's own. */
  readonly origins: readonly string[] | null;
  /** Whether an address is a proxy of the host's, whose `X-Forwarded-…` are believed. */
  trusts(address: string): boolean;
}

/** A request as the host sees it, and whether its Origin may connect (S1, S2, S44). */
export interface SeenRequest {
  readonly peer: PeerRequest;
  /** Why its Origin may not ask: which it is, and which option says so. null: it may. */
  readonly refusal: string | null;
  /** Its Origin, where option origins names it: that origin's pages may read answers (CORS). */
  readonly listed: string | null;
  /** Whether nobody between could read along, as far as can be known. */
  readonly secure: boolean;
}

/** What an Origin may look like to be repeated in a refusal: a scheme and a host, with a port or not. */
const SHOWABLE = /^[a-z][a-z0-9+.-]{0,31}:\/\/[a-z0-9.:[\]_-]{1,255}$/i;

/**
 * Exact comparison, never a suffix or a pattern. Without an Origin the request is let in, but its cookies are
 * taken away: they prove nothing across origins. They stay where the browser itself says that a page of this
 * server asks (`Sec-Fetch-Site`, which no script can set): a GET to one's own server has no Origin.
 */
export function seeRequest(request: RawRequest, policy: OriginPolicy): SeenRequest {
  const { headers } = request;
  const remote = bareAddress(request.remoteAddress);
  const trusted = policy.trusts(remote);
  const origin = headers["origin"] ?? null;
  const host = (trusted ? lastOf(headers["x-forwarded-host"]) : undefined) ?? headers["host"];
  const listed = origin !== null && policy.origins?.includes(origin) === true ? origin : null;
  const allowed = origin === null || (policy.origins === null ? hostOf(origin) === host : listed !== null);
  const address = (trusted ? clientBehind(headers["x-forwarded-for"], policy) : undefined) ?? remote;
  const { cookie, ...others } = headers;
  const own = origin === null && headers["sec-fetch-site"] === "same-origin" && isOwn(host, policy);
  const cookies = (own || (origin !== null && allowed)) && cookie !== undefined ? { cookie } : {};
  return {
    peer: { address, origin, headers: { ...others, ...cookies } },
    refusal: allowed ? null : refusalOf(origin, policy),
    listed,
    secure: request.secure || (trusted && lastOf(headers["x-forwarded-proto"]) !== "http"),
  };
}

function refusalOf(origin: string, policy: OriginPolicy): string {
  const named = SHOWABLE.test(origin) ? `Origin ${origin}` : "its Origin, which is no origin of the web,";
  return policy.origins === null
    ? `${named} is not this server's own; name it in option origins, or behind a proxy name that in option trustedProxies`
    : `${named} is not one of option origins`;
}

/** Whether pages of this host may ask. */
function isOwn(host: string | undefined, { origins }: OriginPolicy): boolean {
  return origins === null || origins.some((origin) => hostOf(origin) === host);
}

/** null for what is no origin of the web: `null`, `file://`, one with a path or a user. */
function hostOf(origin: string): string | null {
  const url = URL.canParse(origin) ? new URL(origin) : null;
  return url?.origin === origin ? url.host : null;
}

/** What the nearest proxy wrote. */
function lastOf(list: string | undefined): string | undefined {
  return list?.split(",").at(-1)?.trim();
}

/** The last address in the list that is no proxy of ours: what is before it anybody may have written. */
function clientBehind(list: string | undefined, policy: OriginPolicy): string | undefined {
  const client = list
    ?.split(",")
    .map((entry) => bareAddress(withoutPort(entry.trim())))
    .findLast((address) => !policy.trusts(address));
  return client !== undefined && isIP(client) !== 0 ? client : undefined;
}

/** Some proxies write `192.0.2.1:4711` or `[2001:db8::1]:4711`. */
function withoutPort(entry: string): string {
  return /^\[([^\]]+)\](?::\d+)?$/.exec(entry)?.[1] ?? /^([\d.]+):\d+$/.exec(entry)?.[1] ?? entry;
}
