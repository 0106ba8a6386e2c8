/** What the program slow-program.ts is asked, in this order. */
export type SlowQuestion =
  /** One conversation of so many readers, and who sends. */
  | { readonly connect: { readonly port: number; readonly readers: number } }
  /** So many messages a second, for so long: how long they took to those who read. */
  | { readonly send: { readonly perSecond: number; readonly bodyChars: number; readonly ms: number } }
  /** So many of the readers read no more, and stay. */
  | { readonly stop: { readonly readers: number } };

/** How long deliveries took, in ms. */
export interface SlowLatencies {
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}
