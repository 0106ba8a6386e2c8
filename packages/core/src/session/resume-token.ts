import { type DeviceId, parseJson, type UserId } from "@earshot/protocol";
import type { Claims } from "../ports/authenticate.ts";

/** What a resume token stands for. */
export interface Resumable {
  readonly user: UserId;
  readonly device: DeviceId;
  /** Of the credentials it was made with, Unix ms; null: they never end. */
  readonly expires: number | null;
  /** Hash of the token it was made with; null: there was none. */
  readonly tokenHash: string | null;
  /** What the host said of the user beside their id. */
  readonly claims: Claims | null;
  /** The newest revocation that was known when it was made: one above it, of this user, voids it. */
  readonly mark: number;
}

/** Keyed hash and plain hash, both as text of `[A-Za-z0-9_-]`. */
export interface ResumeCrypto {
  sign(secret: string, text: string): string;
  hash(text: string): string;
  /** In constant time. */
  equal(a: string, b: string): boolean;
}

type Payload = readonly [
  version: 1,
  user: string,
  device: string,
  until: number,
  expires: number | null,
  token: string | null,
  claims: Claims | null,
  mark: number,
];

/** Makes a token that holds until `until` (Unix ms). `secrets`: the first signs. */
export function signResume(held: Resumable, until: number, secrets: readonly string[], crypto: ResumeCrypto): string {
  const { user, device, expires, tokenHash, claims, mark } = held;
  const payload: Payload = [1, user, device, until, expires, tokenHash, claims, mark];
  const text = Buffer.from(JSON.stringify(payload)).toString("base64url");
  return `${text}.${crypto.sign(secrets[0] ?? "", text)}`;
}

/**
 * What a token stands for, or null: not signed by any of the secrets, past its time, or of
 * credentials that have ended (S12).
 */
export function readResume(
  token: string,
  now: number,
  secrets: readonly string[],
  crypto: ResumeCrypto,
): Resumable | null {
  const dot = token.indexOf(".");
  if (dot < 1) return null;
  const text = token.slice(0, dot);
  const signature = token.slice(dot + 1);
  if (!secrets.some((secret) => crypto.equal(crypto.sign(secret, text), signature))) return null;
  const [version, user, device, until, expires, tokenHash, claims, mark] = parseJson(
    Buffer.from(text, "base64url").toString(),
  ) as Payload;
  if (version !== 1 || now >= until || (expires !== null && now >= expires)) return null;
  return { user, device, expires, tokenHash, claims, mark };
}
