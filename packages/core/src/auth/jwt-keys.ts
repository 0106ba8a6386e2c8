import { ChatError } from "@earshot/protocol";
import type { CryptoKey, JSONWebKeySet, JWK, JWTVerifyGetKey, KeyObject } from "jose";
import type { Jose } from "./load-jose.ts";

/**
 * One key: a public one (PEM, JWK, `KeyObject`, `CryptoKey`), or a shared secret (`Uint8Array`, a string that
 * is no PEM, or a JWK or key object of that kind) of at least 32 bytes.
 */
export type JwtKey = string | Uint8Array | JWK | KeyObject | CryptoKey;

/** Where the keys of an issuer are found: its address, or the set itself. */
export type JwtKeySet = string | URL | JSONWebKeySet;

/** Never both: a public key that is taken for a shared secret lets everybody sign (S8). */
const PUBLIC = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"];
const SHARED = ["HS256", "HS384", "HS512"];
/** RFC 7518, 3.2: as long as the hash. */
const SECRET_BYTES_MIN = 32;
/** Under the engine's own bound for `authenticate`, so that an issuer that hangs is told from a slow host. */
const FETCH_WITHIN_MS = 4_000;

export interface JwtKeys {
  readonly algorithms: readonly string[];
  /** Whether keys are fetched, so that a failure may be the issuer's and not the token's. */
  readonly remote: boolean;
  readonly find: JWTVerifyGetKey;
}

/** The keys that tokens are checked by. Throws `invalid` for what can be none. */
export function jwtKeys(
  jose: Jose,
  given: { readonly jwks?: JwtKeySet; readonly key?: JwtKey; readonly algorithms?: readonly string[] },
): JwtKeys {
  const { jwks, key } = given;
  if ((jwks === undefined) === (key === undefined)) throw wrongOption("jwks", "give either jwks or key");
  const usable = key !== undefined && isShared(key) ? SHARED : PUBLIC;
  const algorithms = given.algorithms ?? usable;
  if (algorithms.length === 0 || !algorithms.every((algorithm) => usable.includes(algorithm))) {
    throw wrongOption("algorithms", `with such keys it may name ${usable.join(", ")}`);
  }
  if (key !== undefined) return { algorithms, remote: false, find: finderOf(jose, key, algorithms) };
  if (typeof jwks === "object" && "keys" in jwks) {
    return { algorithms, remote: false, find: jose.createLocalJWKSet(jwks) };
  }
  if (!URL.canParse(String(jwks)) || !/^https?:/.test(String(jwks))) {
    throw wrongOption("jwks", "it must be an http(s) address or a key set");
  }
  const find = jose.createRemoteJWKSet(new URL(String(jwks)), { timeoutDuration: FETCH_WITHIN_MS });
  return { algorithms, remote: true, find };
}

/** Checks what can be checked at once, and says of which kind it is. */
function isShared(key: JwtKey): boolean {
  if (typeof key === "string" && key.includes("-----BEGIN")) {
    if (!/-----BEGIN (PUBLIC KEY|CERTIFICATE)-----/.test(key))
      throw wrongOption("key", "a PEM must be a public key (SPKI)");
    return false;
  }
  if (typeof key === "string" || key instanceof Uint8Array) {
    if (Buffer.byteLength(key) < SECRET_BYTES_MIN)
      throw wrongOption("key", `a secret has ${SECRET_BYTES_MIN} bytes or more`);
    return true;
  }
  if (typeof key !== "object" || key === null) throw wrongOption("key", "it is none");
  if ("kty" in key) {
    if (key.d !== undefined) throw wrongOption("key", "give the public key");
    return key.kty === "oct";
  }
  const { type } = key as { readonly type?: unknown };
  if (type !== "public" && type !== "secret") throw wrongOption("key", "give the public key");
  return type === "secret";
}

function finderOf(jose: Jose, key: JwtKey, algorithms: readonly string[]): JWTVerifyGetKey {
  if (typeof key !== "string") return async () => key;
  if (!key.includes("-----BEGIN")) {
    const secret = new TextEncoder().encode(key);
    return async () => secret;
  }
  const load = key.includes("CERTIFICATE") ? jose.importX509 : jose.importSPKI;
  // A key is imported for one algorithm; those that do not fit its kind fail.
  const imports = new Map(algorithms.map((algorithm) => [algorithm, settled(load(key, algorithm))]));
  return async ({ alg = "" }) => {
    const found = await imports.get(alg);
    if (found !== undefined && found !== null) return found;
    const fits = await Promise.all(imports.values());
    if (fits.every((fit) => fit === null)) throw wrongOption("key", "its PEM does not hold a key for these algorithms");
    throw new jose.errors.JWKSNoMatchingKey();
  };
}

function settled<T>(work: Promise<T>): Promise<T | null> {
  return work.catch(() => null);
}

export function wrongOption(field: string, why: string): ChatError {
  return new ChatError("invalid", `unable to build jwtAuth; option ${field}: ${why}`, { details: { field } });
}
