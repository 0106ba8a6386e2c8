import type { StoreAddress } from "../stores/store-kind.ts";

/** What the program history-program.ts is asked. */
export interface HistoryRequest {
  readonly store: StoreAddress;
  /** Of the store's server, whose CPU counts. */
  readonly serverPid: number | null;
  /** Messages of the conversation that is read, from the newest to the first. */
  readonly events: number;
  /** Rows of a page. */
  readonly pageRows: number;
  /** Conversations of the inbox that is read, newest first. */
  readonly conversations: number;
  readonly inboxRows: number;
}

/** Pages at one place: how long they took, in ms of the wall, and what they cost, in ms of CPU, here and in the server. */
export interface PageCosts {
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly maxMs: number;
  readonly cpuMs: number;
  readonly pages: number;
}

export interface HistoryAnswer {
  /** The newest tenth of the pages, that in the middle, and the oldest. */
  readonly newest: PageCosts;
  readonly middle: PageCosts;
  readonly oldest: PageCosts;
  /** Pages of the inbox from null, all the way down. */
  readonly inbox: PageCosts;
  /** The page behind a cursor once a tenth of a page's conversations have changed. */
  readonly changed: PageCosts;
}
