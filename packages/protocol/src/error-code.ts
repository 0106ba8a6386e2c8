/** Codes that travel on the wire and over HTTP. */
export type WireErrorCode =
  | "invalid"
  | "unauthenticated"
  | "forbidden"
  | "not_found"
  | "conflict"
  | "blocked"
  | "too_large"
  | "rate_limited"
  | "internal"
  | "unavailable";

/** Codes that only a client raises, about itself. */
export type LocalErrorCode = "offline" | "aborted" | "timeout" | "closed" | "storage";

export type ErrorCode = WireErrorCode | LocalErrorCode;

export interface ErrorMeaning {
  /** Status of the same refusal over HTTP. */
  readonly http: number;
  /** Whether the same request may succeed later although the refusal carries no `retry` of its own. */
  readonly retryable: boolean;
  /** What it says, in words fit for a log; never content. */
  readonly meaning: string;
}

export const WIRE_ERRORS: Readonly<Record<WireErrorCode, ErrorMeaning>> = {
  invalid: { http: 400, retryable: false, meaning: "the request is not one this protocol allows" },
  unauthenticated: { http: 401, retryable: false, meaning: "the credentials are missing or do not hold" },
  forbidden: { http: 403, retryable: false, meaning: "the caller may not do this" },
  not_found: { http: 404, retryable: false, meaning: "no such thing, or not the caller's to see" },
  conflict: { http: 409, retryable: false, meaning: "it contradicts what is already stored" },
  blocked: { http: 409, retryable: true, meaning: "an earlier send of this conversation has to be answered first" },
  too_large: { http: 413, retryable: false, meaning: "over a bound of size or count" },
  rate_limited: { http: 429, retryable: true, meaning: "too many in too short a time" },
  internal: { http: 500, retryable: false, meaning: "the server failed; the failure is in its log" },
  unavailable: { http: 503, retryable: true, meaning: "the server cannot answer just now" },
};

/** Guards a code that came over the wire. */
export function isWireErrorCode(value: unknown): value is WireErrorCode {
  return typeof value === "string" && Object.hasOwn(WIRE_ERRORS, value);
}
