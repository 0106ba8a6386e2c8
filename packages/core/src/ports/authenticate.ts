import type { DeviceId, UserId } from "@earshot/protocol";

/** What is known of the one who asks, before it is known who that is. */
export interface PeerRequest {
  /** Remote address, after trusted proxies. */
  readonly address: string;
  readonly origin: string | null;
  /**
   * Lower-case names. Without `cookie` when the Origin is not one the host allows, or is absent; of a WebSocket without
   * what is of the upgrade alone (`connection`, `upgrade`, `sec-websocket-key`, `sec-websocket-version`).
   */
  readonly headers: Readonly<Record<string, string | undefined>>;
}

export interface Credentials {
  /** The token of `hello`, `auth` or `Authorization: Bearer`; null when the client sent none (cookies). */
  readonly token: string | null;
  readonly request: PeerRequest;
  /** null over HTTP. */
  readonly device: DeviceId | null;
  /** Aborted after 5 s, when the answer is not waited for any longer. */
  readonly signal: AbortSignal;
}

export interface Identity {
  /** Not the one of option `system`, which is the host itself. */
  readonly user: UserId;
  /** When the credentials end, Unix ms. Absent: never. */
  readonly expires?: number;
  /**
   * What else is known of the user: given to `authorize` and to hooks. JSON, at most `claimsBytesMax`. Travels in
   * the resume token, signed but readable to its user, and is as old as it.
   */
  readonly claims?: Claims;
}

export type Claims = Readonly<Record<string, unknown>>;

/**
 * The host's answer to "who is this?". null, or a `ChatError` `unauthenticated`, closes with 4501; a
 * thrown error whose `code` is `"expired"` closes with 4100; any other throw, or 5 s without an
 * answer, is the host's own trouble and closes with 4013: the client comes back.
 */
export type Authenticate = (credentials: Credentials) => Promise<Identity | null> | Identity | null;
