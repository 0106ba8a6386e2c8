import {
  type AckFrame,
  type HelloFrame,
  isId,
  LIMITS,
  type PingFrame,
  type SendFrame,
  type UnvalidatedFrame,
} from "@earshot/protocol";
import { AGENT_CHARACTERS_MAX, RESUME_CHARACTERS_MAX } from "./frame-schemas.ts";

/** Of 15 digits at most: every one of them is exact. */
const COUNT = /^\{"t":"(ack|ping)","n":(0|[1-9][0-9]{0,14})\}$/;
/** What a message has beside `re`. */
const MESSAGE_FIELDS = 5;

/** An `ack` or a `ping` as clients write it, read without a parser; null: read it as any other. Pure. */
export function countFrame(text: string): AckFrame | PingFrame | null {
  const found = COUNT.exec(text);
  return found === null ? null : { t: found[1] as "ack" | "ping", n: Number(found[2]) };
}

/**
 * A plain message, or a reply, with no other field: what its schema would let through as it is, at a
 * twentieth of what that costs. null: nothing is said, and the schema decides. Pure.
 */
export function messageFrame(raw: UnvalidatedFrame): SendFrame | null {
  if (raw.t !== "send" || raw["type"] !== "message" || !isId(raw["id"]) || !isId(raw["c"])) return null;
  const { body, re } = raw;
  if (typeof body !== "object" || body === null || Array.isArray(body)) return null;
  if (re !== undefined && !(Number.isSafeInteger(re) && (re as number) >= 1)) return null;
  // All those fields are there, so nothing else is: neither one that only the gateway sets, nor one to drop.
  const fields = re === undefined ? MESSAGE_FIELDS : MESSAGE_FIELDS + 1;
  return Object.keys(raw).length === fields ? (raw as unknown as SendFrame) : null;
}

/** Each field of a `hello`, and what its schema lets through there. */
const HELLO_FIELDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  t: (value) => value === "hello",
  v: Number.isSafeInteger,
  token: (value) => value === null || isText(value, LIMITS.tokenCharactersMax),
  device: isId,
  k: isCounter,
  agent: (value) => isText(value, AGENT_CHARACTERS_MAX),
  resume: (value) => isText(value, RESUME_CHARACTERS_MAX),
  have: (value) => Array.isArray(value) && value.length <= LIMITS.haveMax && value.every(isCursor),
};

/**
 * A `hello` with no field that nobody knows: what its schema would let through as it is. A thousand come at once when
 * a gateway has died, with twenty cursors each, and the schema's reading of those was a tenth of what each cost. null:
 * nothing is said, and the schema decides. Pure.
 */
export function helloFrame(raw: UnvalidatedFrame): HelloFrame | null {
  for (const field of Object.keys(raw)) {
    if (!Object.hasOwn(HELLO_FIELDS, field) || HELLO_FIELDS[field]?.(raw[field]) !== true) return null;
  }
  const whole = raw.t !== undefined && raw["v"] !== undefined && raw["device"] !== undefined;
  return whole ? (raw as unknown as HelloFrame) : null;
}

function isCursor(entry: unknown): boolean {
  if (!Array.isArray(entry) || entry.length < 3 || entry.length > 4) return false;
  const [c, epoch, seq, subscribes] = entry as unknown[];
  return isId(c) && isId(epoch) && isCounter(seq) && (entry.length === 3 || typeof subscribes === "boolean");
}

function isCounter(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isText(value: unknown, charactersMax: number): boolean {
  return typeof value === "string" && value.length <= charactersMax;
}
