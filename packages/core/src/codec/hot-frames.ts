import { type AckFrame, isId, type PingFrame, type SendFrame, type UnvalidatedFrame } from "@earshot/protocol";

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
