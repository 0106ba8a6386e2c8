import type { StoreAddress } from "../stores/store-kind.ts";

/**
 * `engine`: `chat.as(user)…send`, in process. `bare`: the same entries straight into the store's `append`, the next
 * batch when the last is acknowledged. `transactions`: plain SQL, a transaction a message, on ten connections.
 */
export type SendWay = "engine" | "bare" | "transactions";

/** One run of the program send-program.ts. */
export interface SendRequest {
  readonly way: SendWay;
  readonly store: StoreAddress;
  readonly conversations: number;
  /** Sends that are unanswered at any moment. */
  readonly inFlight: number;
  /** Between an answer and the next send, in ms; 0: at once. */
  readonly pauseMs: number;
  readonly warmMs: number;
  readonly ms: number;
}
