/** What the program of those who send is asked. */
export type SendersQuestion =
  /** Signs in so many users and makes each a conversation with its reader; gives their ids. */
  | { readonly connect: { readonly url: string; readonly pairs: number } }
  /** Each user has so many sends unanswered, for so long. */
  | { readonly flood: { readonly inFlight: number; readonly ms: number } }
  /** So many sends a second, one user after the other, for so long. */
  | { readonly pace: { readonly perSecond: number; readonly ms: number } };

/** All are answered. */
export interface SentCount {
  readonly sent: number;
  readonly perSecond: number;
}

/** What the program of those who read is asked. */
export type ReadersQuestion =
  /** Signs in a reader for each conversation, who looks at it. */
  | { readonly watch: { readonly url: string; readonly conversations: readonly string[] } }
  /** How long messages took, once so many have come since it was asked last; rejects where they do not within 10 s. */
  | { readonly taken: number };

/** From the sender's call to the reader's listener, in ms. */
export interface Latencies {
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

/** What a message carries: when its sender called, by a clock that all processes of a machine share, in µs. */
export function monotonicMicros(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}
