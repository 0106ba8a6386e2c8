import type { JWTPayload, JWTVerifyOptions, JWTVerifyResult } from "jose";
import type { Authenticate, Claims } from "../ports/authenticate.ts";
import { type JwtKey, type JwtKeySet, type JwtKeys, jwtKeys, wrongOption } from "./jwt-keys.ts";
import { type Jose, loadJose } from "./load-jose.ts";

export type { JwtKey, JwtKeySet };

export interface JwtAuthOptions {
  /** The issuer's keys: the address of its JWKS (`https://…/.well-known/jwks.json`), or a set. This or `key`. */
  readonly jwks?: JwtKeySet;
  /** The one key, public or shared. This or `jwks`. */
  readonly key?: JwtKey;
  /** What `iss` must be, exactly; of several: one of them. */
  readonly issuer: string | readonly string[];
  /** What `aud` must name; of several: one of them. */
  readonly audience: string | readonly string[];
  /** Signatures that are accepted. Default: all that fit the keys, and never `none`; HS… only for a shared secret. */
  readonly algorithms?: readonly string[];
  /** What `typ` in the token's header must be, such as `at+jwt` (RFC 9068). Default: not looked at. */
  readonly typ?: string;
  /** The claim that is the user's id, or what finds it; null: nobody's. Default `sub`. */
  readonly user?: string | ((claims: JWTPayload) => string | null | Promise<string | null>);
  /** The claims that `authorize` and hooks get to see, or what makes them. Default: none. */
  readonly claims?: readonly string[] | ((claims: JWTPayload) => Claims);
  /** By how much the issuer's clock and this one may differ, in ms. Default 5,000. */
  readonly clockToleranceMs?: number;
}

const CLOCK_TOLERANCE_MS = 5_000;

/** What is wrong with the token, and not with us or the issuer (codes of jose 6). */
const TOKEN_FAULTS = new Set([
  "ERR_JOSE_ALG_NOT_ALLOWED",
  "ERR_JOSE_NOT_SUPPORTED",
  "ERR_JWS_INVALID",
  "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
  "ERR_JWT_INVALID",
  "ERR_JWT_CLAIM_VALIDATION_FAILED",
  "ERR_JWKS_NO_MATCHING_KEY",
]);

/**
 * `authenticate` by signed JSON web tokens: `new ChatEngine({ authenticate: jwtAuth({ jwks, issuer, audience }) })`.
 *
 * The token of `hello` or `Authorization: Bearer` is checked for signature, `iss`, `aud`, `nbf` and `exp`; what
 * its header says of keys (`jku`, `jwk`, `x5u`) is never followed. What does not hold is 4501, what has expired
 * 4100; keys that cannot be fetched are 4013: the client comes back. Keys are kept for 10 minutes, and fetched
 * again for an unknown `kid`, every 30 s at most. Needs the package jose 6. Throws `invalid` for wrong options.
 */
export function jwtAuth(options: JwtAuthOptions): Authenticate {
  const jose = loadJose();
  const { clockToleranceMs = CLOCK_TOLERANCE_MS } = options;
  for (const field of ["issuer", "audience"] as const) {
    if (!isNamed(options[field])) throw wrongOption(field, "it must name one or more");
  }
  if (!(clockToleranceMs >= 0 && Number.isFinite(clockToleranceMs))) {
    throw wrongOption("clockToleranceMs", "it must be a number of ms");
  }
  const keys = jwtKeys(jose, options);
  const checks: JWTVerifyOptions = {
    issuer: listOf(options.issuer),
    audience: listOf(options.audience),
    algorithms: [...keys.algorithms],
    clockTolerance: clockToleranceMs / 1_000,
    ...(options.typ === undefined ? {} : { typ: options.typ }),
  };

  return async ({ token }) => {
    const claims = token === null ? null : await verify(jose, token, keys, checks);
    if (claims === null) return null;
    const user = await userOf(claims, options.user);
    if (user === null) return null;
    return {
      user,
      ...(claims.exp === undefined ? {} : { expires: claims.exp * 1_000 + clockToleranceMs }),
      ...(options.claims === undefined ? {} : { claims: chosen(claims, options.claims) }),
    };
  };
}

/** The claims of a token that holds; null: it does not. Rejects with the code `expired`, and with what is not the token's fault. */
async function verify(jose: Jose, token: string, keys: JwtKeys, checks: JWTVerifyOptions): Promise<JWTPayload | null> {
  try {
    const { payload } = await jose
      .jwtVerify(token, keys.find, checks)
      .catch((error: unknown) => tryEach(jose, token, error, checks));
    return payload;
  } catch (error) {
    const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
    if (code === "ERR_JWT_EXPIRED") throw Object.assign(new Error("the token has expired"), { code: "expired" });
    if (typeof code === "string" && TOKEN_FAULTS.has(code)) return null;
    // A key of another kind than the token's algorithm needs is refused without a code of jose's.
    if (!keys.remote && (error instanceof TypeError || error instanceof DOMException)) return null;
    throw error;
  }
}

/** Several keys fit a token that names none: one of them has to have signed it. */
async function tryEach(jose: Jose, token: string, error: unknown, checks: JWTVerifyOptions): Promise<JWTVerifyResult> {
  if (!(error instanceof jose.errors.JWKSMultipleMatchingKeys)) throw error;
  for await (const key of error) {
    try {
      return await jose.jwtVerify(token, key, checks);
    } catch (each) {
      if (!(each instanceof jose.errors.JWSSignatureVerificationFailed)) throw each;
    }
  }
  throw new jose.errors.JWSSignatureVerificationFailed();
}

async function userOf(claims: JWTPayload, from: JwtAuthOptions["user"] = "sub"): Promise<string | null> {
  const user = typeof from === "string" ? (Object.hasOwn(claims, from) ? claims[from] : null) : await from(claims);
  return typeof user === "string" && user !== "" ? user : null;
}

function chosen(claims: JWTPayload, which: NonNullable<JwtAuthOptions["claims"]>): Claims {
  if (typeof which === "function") return which(claims);
  return Object.fromEntries(which.filter((name) => Object.hasOwn(claims, name)).map((name) => [name, claims[name]]));
}

function listOf(one: string | readonly string[]): string[] {
  return typeof one === "string" ? [one] : [...one];
}

function isNamed(value: unknown): boolean {
  const names: unknown[] = Array.isArray(value) ? value : [value];
  return names.length > 0 && names.every((name) => typeof name === "string" && name !== "");
}
