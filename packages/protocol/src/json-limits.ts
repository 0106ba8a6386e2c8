/**
 * What a frame's JSON may look like, checked without a schema: by the gateway on the text before it
 * is parsed, by the client on the value before it is queued. Pure.
 */

/** Why a JSON value may not travel. */
export type JsonFault =
  /** Nested deeper than 16: closes the connection (4500). */
  | "depth"
  /** More than 256 keys: closes the connection (4500). */
  | "keys"
  /** U+0000 in a string or key: `invalid`. */
  | "nul"
  /** A lone surrogate in a string or key: `invalid`. */
  | "surrogate"
  /** A key `__proto__`: `invalid`. */
  | "proto"
  /** Not a JSON value: a function, `undefined` in an array, an infinite number, a class that is no plain object. */
  | "type";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACE = 0x7d;
const CLOSE_BRACKET = 0x5d;

/**
 * Depth and number of keys of a JSON text, in one pass and without recursion; of a text that is no
 * JSON it says something, and the parser then says what. Stops at the first bound that is passed.
 */
export function measureJsonText(text: string, depthMax: number, keysMax: number): "depth" | "keys" | null {
  let depth = 0;
  let keys = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      for (at++; at < text.length; at++) {
        const inside = text.charCodeAt(at);
        if (inside === BACKSLASH) at++;
        else if (inside === QUOTE) break;
      }
    } else if (code === COLON) {
      if (++keys > keysMax) return "keys";
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      if (++depth > depthMax) return "depth";
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      depth--;
    }
  }
  return null;
}

/** Numbers of fewer digits and a shorter exponent are finite, whatever they are. */
const MAY_BE_INFINITE = /[eE]\+?[0-9]{3}|[0-9]{100}/;

/**
 * Whether a text can hold a U+0000, a lone surrogate, a `__proto__` key or an infinite number at all.
 * Well-formed text can hold the first two only by escapes. false is certain, true is to be looked into.
 */
export function textMayHideFaults(text: string): boolean {
  return text.includes("\\u") || text.includes("__proto__") || MAY_BE_INFINITE.test(text);
}

interface Budget {
  keys: number;
}

/**
 * The first fault of a value that is to travel as JSON, or null.
 * `depth` is the nesting that `value` itself stands at (a frame is 1, its body 2).
 */
export function jsonFault(value: unknown, depthMax: number, keysMax: number, depth = 1): JsonFault | null {
  return faultOf(value, depth, depthMax, { keys: keysMax });
}

function faultOf(value: unknown, depth: number, depthMax: number, budget: Budget): JsonFault | null {
  switch (typeof value) {
    case "string":
      return textFault(value);
    case "number":
      return Number.isFinite(value) ? null : "type";
    case "boolean":
      return null;
    case "object":
      break;
    default:
      return "type";
  }
  if (value === null) return null;
  if (depth > depthMax) return "depth";
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at++) {
      const fault = faultOf(value[at], depth + 1, depthMax, budget);
      if (fault !== null) return fault;
    }
    return null;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return "type";
  for (const key of Object.keys(value)) {
    const inside = (value as Record<string, unknown>)[key];
    if (inside === undefined) continue;
    if (--budget.keys < 0) return "keys";
    if (key === "__proto__") return "proto";
    const fault = textFault(key) ?? faultOf(inside, depth + 1, depthMax, budget);
    if (fault !== null) return fault;
  }
  return null;
}

const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

function textFault(text: string): "nul" | "surrogate" | null {
  if (text.includes("\u0000")) return "nul";
  return LONE_SURROGATE.test(text) ? "surrogate" : null;
}

/** Bytes that a text takes as UTF-8, without encoding it; a lone surrogate takes three, as its replacement would. */
export function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code <= 0x7f) continue;
    if (code <= 0x7ff) bytes += 1;
    else {
      bytes += 2;
      if (code >= 0xd800 && code <= 0xdbff && isLowSurrogate(text.charCodeAt(at + 1))) at++;
    }
  }
  return bytes;
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}
