import {
  CLOSE,
  type CloseCode,
  type DeviceId,
  type HelloFrame,
  isChatError,
  isUserId,
  type UserId,
} from "@earshot/protocol";
import type { Authenticate, Claims, Identity, PeerRequest } from "../ports/authenticate.ts";
import type { Clock } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import { readClaims } from "./read-claims.ts";
import { type Resumable, type ResumeCrypto, readResume, signResume } from "./resume-token.ts";
import type { SharedRates } from "./shared-rates.ts";

/** Who a session speaks for, and until when. */
export interface Credentials {
  readonly user: UserId;
  /** Unix ms; null: they never end. */
  readonly expires: number | null;
  /** Hash of the token they were shown by; null: there was none. */
  readonly tokenHash: string | null;
  /** What else the host said of the user. */
  readonly claims: Claims | null;
  /** The newest revocation that was known when they were asked for. */
  readonly mark: number;
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
  /** The user id that the host itself writes as: nobody else is that. */
  readonly system: UserId;
  readonly revocations: {
    /** The newest that is known. */
    readonly mark: number;
    /** How long a token holds that is signed now. */
    readonly tokenMs: number;
    /** Whether what was signed at `mark` for the user holds still. */
    holds(user: UserId, mark: number): boolean;
  };
  readonly limits: { readonly authenticateWithinMs: number; readonly claimsBytesMax: number };
  readonly sharedRates: Pick<SharedRates, "has" | "passes">;
  /** What of an address is limited; null: it is not known. */
  addressKey(address: string): string | null;
}

const close = (code: CloseCode): Greeting => ({ kind: "close", close: code });
const TOO_MANY = close(CLOSE.tooManyRequests);

/** Finds out who is there: by a `resume` that holds, else by the host's `authenticate`. */
export class Handshake {
  readonly #house: HandshakeSurroundings;

  constructor(house: HandshakeSurroundings) {
    this.#house = house;
  }

  /** Answers a `hello`, if one more of its address and of its user may be. Never rejects. */
  async greet(hello: HelloFrame, request: PeerRequest): Promise<Greeting> {
    const { sharedRates, addressKey } = this.#house;
    const address = sharedRates.has("hellosPerAddress") ? addressKey(request.address) : null;
    if (address !== null && !(await sharedRates.passes("hellosPerAddress", address))) return TOO_MANY;
    const greeting = await this.#greet(hello, request);
    if (greeting.kind === "close" || !sharedRates.has("hellosPerUser")) return greeting;
    return (await sharedRates.passes("hellosPerUser", greeting.credentials.user)) ? greeting : TOO_MANY;
  }

  async #greet(hello: HelloFrame, request: PeerRequest): Promise<Greeting> {
    const token = hello.token ?? null;
    const held = hello.resume === undefined ? null : this.#read(hello.resume, hello.device);
    if (held !== null) {
      if (token === null || this.#house.crypto.hash(token) === held.tokenHash) {
        const { user, expires, tokenHash, claims } = held;
        const { mark } = this.#house.revocations;
        return { kind: "welcome", credentials: { user, expires, tokenHash, claims, mark }, resumed: true };
      }
      const greeting = await this.authenticate(token, request, hello.device);
      if (greeting.kind === "close") return greeting;
      return greeting.credentials.user === held.user ? { ...greeting, resumed: true } : close(CLOSE.unauthenticated);
    }
    if (hello.resume !== undefined && token === null) return close(CLOSE.expired);
    return this.authenticate(token, request, hello.device);
  }

  /** Asks the host, for `hello`, `auth` and HTTP alike. Never rejects. */
  async authenticate(token: string | null, request: PeerRequest, device: DeviceId | null): Promise<Greeting> {
    const { clock, limits, logger, revocations } = this.#house;
    // What is revoked while the host is asked counts against the answer.
    const { mark } = revocations;
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
      return this.#welcome(identity, token, mark);
    } catch (error) {
      const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
      if (code === "unauthenticated" && isChatError(error)) return close(CLOSE.unauthenticated);
      if (code === "expired") return close(CLOSE.expired);
      logger.error({ name: error instanceof Error ? error.name : typeof error }, "authenticate failed");
      return close(CLOSE.overloaded);
    }
  }

  #welcome(identity: Identity, token: string | null, mark: number): Greeting {
    const { clock, limits, logger, crypto, system } = this.#house;
    const { user, expires = null } = identity;
    if (!isUserId(user) || (expires !== null && !Number.isFinite(expires))) {
      logger.error({}, "authenticate gave a user id or an expiry that is none; see the docs of Identity");
      return close(CLOSE.overloaded);
    }
    if (user === system) {
      logger.error({}, "authenticate gave the user id of the host itself; refuse it, or change option system");
      return close(CLOSE.overloaded);
    }
    let claims: Claims | null;
    try {
      claims = readClaims(identity.claims, limits.claimsBytesMax);
    } catch {
      logger.error({}, `authenticate gave claims that are no JSON object of ${limits.claimsBytesMax} bytes at most`);
      return close(CLOSE.overloaded);
    }
    if (expires !== null && expires <= clock.now()) return close(CLOSE.expired);
    const tokenHash = token === null ? null : crypto.hash(token);
    return { kind: "welcome", credentials: { user, expires, tokenHash, claims, mark }, resumed: false };
  }

  /** A resume token as of now. */
  renew(credentials: Credentials, device: DeviceId): string {
    const { clock, revocations, secrets, crypto } = this.#house;
    const until = clock.now() + revocations.tokenMs;
    return signResume({ ...credentials, device, mark: revocations.mark }, until, secrets, crypto);
  }

  #read(token: string, device: DeviceId): Resumable | null {
    const held = readResume(token, this.#house.clock.now(), this.#house.secrets, this.#house.crypto);
    if (held === null || held.device !== device) return null;
    return this.#house.revocations.holds(held.user, held.mark) ? held : null;
  }
}
