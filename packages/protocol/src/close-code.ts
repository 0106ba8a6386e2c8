/** What a client does when it sees a close code. */
export type CloseVerdict =
  /** Come back, with `resume` and `have`. */
  | "reconnect"
  /** Come back, but stop when the same happened three times in a row. */
  | "reconnect-thrice"
  /** Ask the host for a new token, then come back. */
  | "new-token"
  /** Ask the host for a new token once; the second time stop. */
  | "new-token-once"
  /** Do not come back; tell the application. */
  | "stop";

export interface CloseCode {
  readonly code: number;
  /** At most 123 bytes, never content. */
  readonly reason: string;
  readonly verdict: CloseVerdict;
}

/** Every close code that the protocol names, with its reason and what it asks of the client. */
export const CLOSE = {
  /** The answer to `bye`. Without one it is a proxy that ends an idle connection. */
  normal: { code: 1000, reason: "bye", verdict: "reconnect" },
  goingAway: { code: 1001, reason: "going away", verdict: "reconnect" },
  protocolError: { code: 1002, reason: "websocket protocol error", verdict: "reconnect-thrice" },
  abnormal: { code: 1006, reason: "connection lost", verdict: "reconnect" },
  badPayload: { code: 1007, reason: "invalid utf-8", verdict: "reconnect-thrice" },
  policy: { code: 1008, reason: "policy violation", verdict: "reconnect-thrice" },
  tooLarge: { code: 1009, reason: "frame too large", verdict: "reconnect-thrice" },
  internal: { code: 1011, reason: "internal error", verdict: "reconnect" },
  restart: { code: 1012, reason: "service restart", verdict: "reconnect" },
  tryLater: { code: 1013, reason: "try again later", verdict: "reconnect" },
  slowConsumer: { code: 4000, reason: "slow consumer", verdict: "reconnect" },
  draining: { code: 4001, reason: "draining", verdict: "reconnect" },
  silent: { code: 4002, reason: "heartbeat or acknowledgement missing", verdict: "reconnect" },
  noHello: { code: 4008, reason: "no hello in time", verdict: "reconnect" },
  overloaded: { code: 4013, reason: "overloaded", verdict: "reconnect" },
  tooManyRequests: { code: 4029, reason: "too many requests", verdict: "reconnect" },
  expired: { code: 4100, reason: "credentials expired", verdict: "new-token" },
  malformed: { code: 4500, reason: "malformed frame", verdict: "stop" },
  unauthenticated: { code: 4501, reason: "unauthenticated", verdict: "new-token-once" },
  forbidden: { code: 4503, reason: "forbidden", verdict: "stop" },
  replaced: { code: 4504, reason: "replaced by the same device", verdict: "stop" },
  tooManyConnections: { code: 4505, reason: "too many connections", verdict: "stop" },
  version: { code: 4506, reason: "protocol version not supported", verdict: "stop" },
  tooManyErrors: { code: 4509, reason: "too many errors", verdict: "stop" },
} as const satisfies Record<string, CloseCode>;

/** Closes of a connection that is broken rather than gone: once may be chance, three times is not. */
const BROKEN: readonly number[] = [1002, 1007, 1008, 1009];

/**
 * What a client does after any close code, also one it has never heard of: below 4100 reconnect,
 * 4100–4499 a new token, from 4500 stop. By rule and not from the table above, which a browser then
 * need not carry.
 */
export function closeVerdict(code: number): CloseVerdict {
  if (BROKEN.includes(code)) return "reconnect-thrice";
  if (code < 4100) return "reconnect";
  if (code < 4500) return "new-token";
  return code === 4501 ? "new-token-once" : "stop";
}
