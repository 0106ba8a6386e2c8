import { type ErrorCode, WIRE_ERRORS, type WireErrorCode } from "./error-code.ts";

export interface ChatErrorOptions {
  /** Shortest wait before the same request may succeed, in ms. Present exactly when it may. */
  readonly retryAfterMs?: number;
  /** A word of the host's own hook, passed through as it is. */
  readonly reason?: string;
  /** What the code carries beside itself: `{ last }` of a slot conflict, `{ field }` of a wrong option. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * The one error of every package. Tell errors apart by `code`, never by their text, and never by
 * `instanceof` alone: an application may hold the ESM and the CJS build at once.
 */
export class ChatError extends Error {
  override readonly name = "ChatError";
  readonly code: ErrorCode;
  readonly retryAfterMs: number | undefined;
  readonly reason: string | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  /** `message` follows the grammar "unable to send message; conversation is closed" and holds no content. */
  constructor(code: ErrorCode, message: string, options: ChatErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
    this.reason = options.reason;
    this.details = options.details;
  }

  /** Whether the same request, unchanged, may succeed later. */
  get retryable(): boolean {
    return this.retryAfterMs !== undefined;
  }
}

/** Whether a value is a `ChatError` of any copy of this package. */
export function isChatError(value: unknown): value is ChatError {
  return value instanceof Error && value.name === "ChatError" && "code" in value;
}

/** The code an error has on the wire: its own, or `internal` for what only a client raises or nobody foresaw. */
export function wireCodeOf(error: unknown): WireErrorCode {
  return isChatError(error) && Object.hasOwn(WIRE_ERRORS, error.code) ? (error.code as WireErrorCode) : "internal";
}
