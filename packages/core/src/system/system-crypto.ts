import { createHmac, hash as digest, timingSafeEqual } from "node:crypto";

/** Keyed hash of a text: HMAC-SHA-256, base64url. */
export function sign(secret: string, text: string): string {
  return createHmac("sha256", secret).update(text).digest("base64url");
}

/** SHA-256 of a text, base64url. */
export function hash(text: string): string {
  return digest("sha256", text, "base64url");
}

/**
 * The same of a key and a text, a quarter of the price of `sign`: where no text begins as another one ends, as no JSON does, and
 * every key is as long as the next.
 */
export function keyedHash(key: string, text: string): string {
  return hash(key + text);
}

/** Compares two texts in a time that depends on their lengths alone. */
export function equal(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
