import type { Frame } from "./frame.ts";
import { parseJson } from "./parse-json.ts";

/** One JSON object a frame. Absent fields are left out; nothing else is changed. */
export function encodeFrame(frame: Frame): string {
  return JSON.stringify(frame);
}

/** What came off the wire: an object with some `t`, and nothing else promised about it. */
export interface UnvalidatedFrame {
  readonly t?: unknown;
  readonly [field: string]: unknown;
}

/** Parses one frame without looking at its fields; null for what is no JSON object. Never throws. */
export function decodeFrame(text: string): UnvalidatedFrame | null {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    return null;
  }
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as UnvalidatedFrame) : null;
}
