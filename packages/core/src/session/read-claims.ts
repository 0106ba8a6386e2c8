import { jsonFault, parseJson, utf8Bytes } from "@earshot/protocol";
import type { Claims } from "../ports/authenticate.ts";

/** Nesting and keys of claims are bounded by their bytes alone. */
const UNBOUNDED = Number.POSITIVE_INFINITY;

/**
 * What `authenticate` gave as claims, as it will be after a journey in a resume token too; null: none.
 * Throws where it is no object of JSON, or over `bytesMax` bytes of JSON text.
 */
export function readClaims(given: unknown, bytesMax: number): Claims | null {
  if (given === undefined || given === null) return null;
  const text = JSON.stringify(given);
  if (utf8Bytes(text) > bytesMax) throw new Error("claims are too large");
  const claims = parseJson(text);
  if (typeof claims !== "object" || claims === null || Array.isArray(claims)) throw new Error("claims are no object");
  if (jsonFault(claims, UNBOUNDED, UNBOUNDED) !== null) throw new Error("claims hold what no JSON may");
  return claims as Claims;
}
