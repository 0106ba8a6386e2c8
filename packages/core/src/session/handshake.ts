import {
  CLOSE,
  type CloseCode,
  type DeviceId,
  type HelloFrame,
  isChatError,
  isUserId,
  type UserId,
} from "@earshot/protocol";
import type { Authenticate, PeerRequest } from "../ports/authenticate.ts";
import type { Clock } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import { type ResumeClaims, type ResumeCrypto, readResume, signResume } from "./resume-token.ts";

/** Who a session speaks for, and until when. */
export interface Credentials {
  readonly user: UserId;
  /** Unix ms; null: they never end. */
  readonly expires: number | null;
  /** Hash of the token they were shown by; null: there was none. */
  readonly tokenHash: string | null;
}

export type Greeting =
  | { readonly kind: "welcome"; readonly credentials: Credentials; readonly resumed: boolean }
  | { readonly kind: "close"; readonly close: CloseCode };

export interface HandshakeSurroundings {
  readonly authenticate: Authenticate;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly crypto: ResumeCrypto;
  /** The first signs, all verify. */
  readonly secrets: readonly string[];
  readonly limits: {
    readonly authenticateWithinMs: number;
    readonly heartbeatMs: number;
    readonly resumeGraceMs: number;
  };
}

const close = (code: CloseCode): Greeting => ({ kind: "close", close: code });

/** Finds out who is there: by a `resume` that holds, else by the host's `authenticate`. */
export class Handshake {
  readonly #house: HandshakeSurroundings;

  constructor(house: HandshakeSurroundings) {
    this.#house = house;
  }

  /** Answers a `hello`. Never rejects. */
  async greet(hello: HelloFrame, request: PeerRequest): Promise<Greeting> {
    const token = hello.token ?? null;
    const claims = hello.resume === undefined ? null : this.#read(hello.resume, hello.device);
    if (claims !== null) {
      if (token === null || this.#house.crypto.hash(token) === claims.tokenHash) {
        const { user, expires, tokenHash } = claims;
        return { kind: "welcome", credentials: { user, expires, tokenHash }, resumed: true };
      }
      const greeting = await this.authenticate(token, request, hello.device);
      if (greeting.kind === "close") return greeting;
      return greeting.credentials.user === claims.user ? { ...greeting, resumed: true } : close(CLOSE.unauthenticated);
    }
    if (hello.resume !== undefined && token === null) return close(CLOSE.expired);
    return this.authenticate(token, request, hello.device);
  }

  /** Asks the host, for `hello`, `auth` and HTTP alike. Never rejects. */
  async authenticate(token: string | null, request: PeerRequest, device: DeviceId | null): Promise<Greeting> {
    const { clock, limits, logger, crypto } = this.#house;
    const controller = new AbortController();
    try {
      const identity = await new Promise<Awaited<ReturnType<Authenticate>>>((resolve, reject) => {
        const timer = clock.after(limits.authenticateWithinMs, () => {
          controller.abort();
          reject(new Error("no answer in time"));
        });
        Promise.resolve()
          .then(() => this.#house.authenticate({ token, request, device, signal: controller.signal }))
          .then(resolve, reject)
          .finally(() => timer.cancel());
      });
      if (identity === null) return close(CLOSE.unauthenticated);
      const expires = identity.expires ?? null;
      if (!isUserId(identity.user) || (expires !== null && !Number.isFinite(expires))) {
        logger.error({}, "authenticate gave a user id or an expiry that is none; see the docs of Identity");
        return close(CLOSE.overloaded);
      }
      if (expires !== null && expires <= clock.now()) return close(CLOSE.expired);
      const credentials = { user: identity.user, expires, tokenHash: token === null ? null : crypto.hash(token) };
      return { kind: "welcome", credentials, resumed: false };
    } catch (error) {
      const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
      if (code === "unauthenticated" && isChatError(error)) return close(CLOSE.unauthenticated);
      if (code === "expired") return close(CLOSE.expired);
      logger.error({ name: error instanceof Error ? error.name : typeof error }, "authenticate failed");
      return close(CLOSE.overloaded);
    }
  }

  /** A resume token as of now. */
  renew(credentials: Credentials, device: DeviceId): string {
    const { clock, limits, secrets, crypto } = this.#house;
    const until = clock.now() + 2 * limits.heartbeatMs + limits.resumeGraceMs;
    return signResume({ ...credentials, device }, until, secrets, crypto);
  }

  #read(token: string, device: DeviceId): ResumeClaims | null {
    const claims = readResume(token, this.#house.clock.now(), this.#house.secrets, this.#house.crypto);
    return claims?.device === device ? claims : null;
  }
}
