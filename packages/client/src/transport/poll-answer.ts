import { isWireErrorCode, parseJson, type UnvalidatedFrame } from "@earshot/protocol";
import { ABNORMAL, BROKEN, OVERSIZED, REFUSED } from "../close-number.ts";

/** `CLOSE.forbidden` */
const FORBIDDEN = 4503;

/** What a poll's answer comes to: frames, the end of the connection, or the same poll again, not before `afterMs`. */
export type PollAnswer =
  | { readonly frames: readonly UnvalidatedFrame[] }
  | { readonly over: number }
  | { readonly afterMs: number };

/** Ends, where the gateway itself refused the poll (it says so by a `code`); what stands in front of it proves nothing. */
const REFUSALS: Readonly<Record<string, number>> = {
  invalid: BROKEN,
  unauthenticated: REFUSED,
  forbidden: FORBIDDEN,
};

/** Reads what poll `k` was answered with (pure). `retryAfter`: the header, in s. */
export function readPollAnswer(status: number, retryAfter: string | null, text: string, k: number): PollAnswer {
  if (status === 410) return { over: ABNORMAL };
  if (status === 413) return { over: OVERSIZED };
  const answer = objectOf(text);
  if (status >= 200 && status < 300) {
    const frames = answer?.["frames"];
    // anything else was not said by a gateway to this poll
    if (answer?.["k"] !== k || !Array.isArray(frames) || !frames.every(isObject)) return { afterMs: 0 };
    return { frames };
  }
  if (status >= 500 || status === 408 || status === 425 || status === 429) {
    return { afterMs: Number(answer?.["retry"]) || Number(retryAfter) * 1_000 || 0 };
  }
  const code = answer?.["code"];
  return { over: (isWireErrorCode(code) && REFUSALS[code]) || ABNORMAL };
}

function objectOf(text: string): UnvalidatedFrame | null {
  try {
    const value = parseJson(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is UnvalidatedFrame {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
