import { createHmac, hash as digest, timingSafeEqual } from "node:crypto";
import { FIXED_LIMITS } from "../fixed-limits.ts";

/** Bytes of a block of SHA-256. */
const BLOCK_BYTES = 64;

/** The two blocks of HMAC (RFC 2104) for one secret. */
interface Pads {
  readonly inner: string;
  /** With room for the inner digest behind it. */
  readonly outer: Buffer;
}

const known = new Map<string, Pads | null>();

/** null: the secret is not one block of ASCII at most. */
function padsOf(secret: string): Pads | null {
  let pads = known.get(secret);
  if (pads === undefined) {
    const bytes = Buffer.alloc(BLOCK_BYTES);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant
    const fits = secret.length <= BLOCK_BYTES && /^[\x00-\x7f]*$/.test(secret);
    if (fits) bytes.write(secret, "latin1");
    pads = fits
      ? {
          inner: String.fromCharCode(...bytes.map((byte) => byte ^ 0x36)),
          outer: Buffer.concat([bytes.map((byte) => byte ^ 0x5c), Buffer.alloc(32)]),
        }
      : null;
    if (known.size >= FIXED_LIMITS.signingSecretsMax) known.clear();
    known.set(secret, pads);
  }
  return pads;
}

/**
 * Keyed hash of a text: HMAC-SHA-256, base64url. With every send and every `pong`: two hashes in one call
 * each are a third of what an `Hmac` costs that is made and thrown away.
 */
export function sign(secret: string, text: string): string {
  const pads = padsOf(secret);
  if (pads === null) return createHmac("sha256", secret).update(text).digest("base64url");
  pads.outer.write(digest("sha256", pads.inner + text, "binary"), BLOCK_BYTES, "latin1");
  return digest("sha256", pads.outer, "base64url");
}

/** SHA-256 of a text, base64url. */
export function hash(text: string): string {
  return digest("sha256", text, "base64url");
}

/** Compares two texts in a time that depends on their lengths alone. */
export function equal(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
