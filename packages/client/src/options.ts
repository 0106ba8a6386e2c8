import { ChatError, type DeviceId } from "@earshot/protocol";
import type { ClientStorage } from "./ports/client-storage.ts";
import type { Clock } from "./ports/clock.ts";
import type { NetworkStatus } from "./ports/network-status.ts";
import type { Random } from "./ports/random.ts";
import type { OpenTransport, TransportKind } from "./ports/transport.ts";

/** Bounds of one client; all may be set by the application. Counts and bytes. */
export interface ClientLimits {
  /** Sends that are queued or unanswered, over all conversations. More fail with `too_large`. */
  readonly queuedSendsMax: number;
  /** Bytes of their frames. More fail with `too_large`. */
  readonly queuedBytesMax: number;
  /** Failed sends kept for `retry()`; beyond it the oldest leave their windows. */
  readonly failedSendsMax: number;
  /** Answered own sends kept, over all conversations, to send again should a log be lost. */
  readonly sentKeptMax: number;
  /** Items of one window; beyond it the oldest are let go. */
  readonly windowItemsMax: number;
  /** Events of one conversation held behind a hole; beyond it they are fetched again later. */
  readonly heldEventsMax: number;
  /** Places of one conversation, apart from its newest messages, that windows look at; threads count too. More: `too_large`. */
  readonly islandsMax: number;
  /** Edits, deletions, reactions and replies remembered of each conversation, for pages that were read before and come after them. */
  readonly recentChangesMax: number;
  /** Others' reactions remembered of each conversation, so that a repeat counts nothing. Beyond it they are forgotten. */
  readonly heardReactionsMax: number;
  /** Conversations kept up to date after their windows have lost their listeners, latest first. */
  readonly idleTimelinesMax: number;
  /** Rows of the inbox; beyond it those of the oldest activity are let go. */
  readonly inboxRowsMax: number;
}

/** A new token, asked for at the first connection and when the last one no longer holds; null where cookies authenticate. */
export type TokenSource = () => string | null | Promise<string | null>;

export interface ChatClientOptions {
  /** Where the engine is mounted: `https://example.com/chat`, or in a browser `/chat`. */
  readonly url: string;
  readonly token: TokenSource;
  /** Names this running client. Made anew by default, which is right: two clients with one device replace each other. */
  readonly device?: DeviceId;
  /** Shown in the gateway's logs, e.g. `my-app/1.2`. */
  readonly agent?: string;
  readonly limits?: Partial<ClientLimits>;
  /** Where conversations, messages and the send queue are kept over a reload, a crash, a day offline. Default: in memory alone. */
  readonly storage?: ClientStorage;
  /** What opens WebSockets. Default: the global `WebSocket`. */
  readonly transport?: OpenTransport;
  /**
   * What frames may travel by: all three by default, WebSockets alone with a `transport` of the application's.
   * The first is `websocket`, where it is among them; where WebSockets are blocked although HTTP answers,
   * `sse` (a stream down, posts up), and `poll` (posts that wait for their answer) where streams do not get
   * through or the platform reads none (React Native). Later WebSockets are tried again.
   */
  readonly transports?: readonly TransportKind[];
  /** Default: the global `fetch`. */
  readonly fetch?: typeof fetch;
  /** Default: the browser's `online`, `offline` and `visibilitychange`; elsewhere nothing. */
  readonly network?: NetworkStatus;
  readonly clock?: Clock;
  readonly random?: Random;
}

export const CLIENT_LIMITS: ClientLimits = {
  queuedSendsMax: 1_000,
  queuedBytesMax: 4_194_304,
  failedSendsMax: 100,
  sentKeptMax: 100,
  windowItemsMax: 50_000,
  heldEventsMax: 1_000,
  islandsMax: 16,
  recentChangesMax: 256,
  heardReactionsMax: 10_000,
  idleTimelinesMax: 32,
  inboxRowsMax: 10_000,
};

/** Throws `invalid` for options without which nothing works. */
export function checkOptions(options: ChatClientOptions): void {
  const { url, token, storage } = options;
  const right = {
    url: typeof url === "string",
    token: typeof token === "function",
    storage: !storage || typeof storage.room === "function",
  };
  const field = Object.entries(right).find(([, is]) => !is)?.[0] ?? null;
  if (field === null) return;
  throw new ChatError("invalid", `unable to make a client; \`${field}\` is missing or of a wrong type`, {
    details: { field },
  });
}
