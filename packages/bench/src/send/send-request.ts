import type { StoreAddress } from "../stores/store-kind.ts";

/**
 * `earshot`: `chat.as(user)…send`, in process. `bare`: the same entries straight into the store's `append`, the next
 * batch when the last is acknowledged. `transactions`: plain SQL, a transaction a message, on ten connections.
 */
export type SendWay = "earshot" | "bare" | "transactions";

/** What the program send-program.ts is asked. */
export interface SendRequest {
  readonly way: SendWay;
  readonly store: StoreAddress;
  /** Of the store's server, whose CPU counts. */
  readonly serverPid: number | null;
  readonly conversations: number;
  /** Sends that are unanswered at any moment. */
  readonly inFlight: number;
  /** Between an answer and the next send, in ms; 0: at once. */
  readonly pauseMs: number;
  readonly warmMs: number;
  readonly ms: number;
}
