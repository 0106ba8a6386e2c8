import type {
  ActiveFrame,
  Body,
  ConversationId,
  Epoch,
  EventRow,
  GatewayFrame,
  HaveEntry,
  MessageId,
  UserId,
} from "@earshot/protocol";
import type { Clock } from "../../ports/clock.ts";
import type { Random } from "../../ports/random.ts";
import type { InProcessTransport } from "../in-process-transport.ts";

/** What outlives a client: its storage's content, as of the last write that came to its end. */
export interface SimulatedDisk {
  /** Sends on it, none of them answered. */
  readonly sends: number;
  /** While true, every call of the storage is refused. */
  failing: boolean;
  /** Called once, before the next write; what it throws away with the client's clock is never written. */
  beforeWrite: (() => void) | null;
  /** Somebody has deleted it all. */
  wipe(): void;
}

/** What the platform says of the network, and of sleep. */
export interface SimulatedNetworkStatus {
  subscribe(listener: (change: "online" | "offline" | "wake" | "hidden") => void): () => void;
}

export interface SimulatedClientOptions {
  readonly url: string;
  readonly user: UserId;
  readonly clock: Pick<Clock, "now" | "monotonic" | "after">;
  readonly random: Pick<Random, "float">;
  readonly transport: InProcessTransport;
  readonly transports: readonly ("websocket" | "sse" | "poll")[];
  readonly fetch: typeof fetch;
  readonly network: SimulatedNetworkStatus;
  /** null: nothing outlives it. */
  readonly disk: SimulatedDisk | null;
  /** Time that each call of the storage takes, in ms. */
  readonly diskMs: () => number;
  readonly observer: ClientObserver;
}

/** What is seen of a client from within, where it happens: before anything that follows from it. */
export interface ClientObserver {
  /** A frame has reached the rooms. */
  frame(frame: GatewayFrame): void;
  /** What was asked at `askedAt` (monotonic ms) is answered; the frame itself was told before. */
  answered(frame: GatewayFrame, askedAt: number): void;
  /** These cursors go out with a `hello`. */
  have(cursors: readonly HaveEntry[]): void;
  /**
   * Rows that are new to the application, in order; `reached`: its cursor behind them. `opened`: the head of the page
   * in present state that they begin with; rows up to there are part of it.
   */
  applied(c: ConversationId, epoch: Epoch, rows: readonly EventRow[], reached: number, opened: number | null): void;
  /** It goes on from what was stored. */
  restored(c: ConversationId, epoch: Epoch, seq: number): void;
  /** What was here of a conversation is let go: the answer to a question said that it is not the user's. */
  denied(c: ConversationId): void;
  /** What was here of a conversation is let go: the log is to be read anew, in this life of it. */
  restarted(c: ConversationId, epoch: Epoch): void;
  receipt(c: ConversationId, of: UserId, delivered: number, read: number): void;
  presence(of: UserId, status: "online" | "away" | "offline"): void;
}

/** An answer to a send, once and for all. */
export type SendOutcome =
  | { readonly epoch: Epoch; readonly seq: number }
  /** `final`: refused; otherwise nobody knows. */
  | { readonly code: string; readonly final: boolean };

/** What a window shows. */
export interface ShownWindow {
  /** `""` and 0: nothing was read. */
  readonly epoch: Epoch;
  readonly cursor: number;
  /** Of the items that the log holds. */
  readonly seqs: readonly number[];
  readonly status: "loading" | "live" | "catching-up";
  /** A code: why it cannot be read. */
  readonly error?: string;
}

/** What a user does to a conversation's log; `re`: the message that it is done to. */
export type SimulatedSend = { readonly c: ConversationId } & (
  | { readonly type: "message"; readonly body: Body; readonly re?: number }
  | { readonly type: "edit"; readonly body: Body; readonly re: number }
  | { readonly type: "delete"; readonly re: number }
  | { readonly type: "react"; readonly key: string; readonly re: number }
);

/** A real client, as far as the simulation has to do with it. */
export interface SimulatedClient {
  /** `done` once, in a later turn. Gives the id that it is sent under. */
  send(send: SimulatedSend, done: (outcome: SendOutcome) => void): MessageId;
  /** Looks at the newest messages, or no longer. */
  open(c: ConversationId): void;
  shut(c: ConversationId): void;
  /** What is shown of it; null: nobody looks. */
  shown(c: ConversationId): ShownWindow | null;
  /** Reads all that is here; gives the last seq of it, 0: nothing is. */
  markRead(c: ConversationId): number;
  press(c: ConversationId): void;
  watch(c: ConversationId, user: UserId): void;
  activity(state: ActiveFrame["state"]): void;
  connect(): void;
  /** Whether it was told to stop, and does not come back by itself. */
  readonly stopped: boolean;
  /** Whether it has a session. */
  readonly online: boolean;
  close(): Promise<void>;
}

/** Makes real clients: `simulatedClient` of `@earshot/client/testing`. */
export interface SimulatedClientFactory {
  /** Loads what clients would load on the way. */
  ready(): Promise<void>;
  disk(): SimulatedDisk;
  client(options: SimulatedClientOptions): SimulatedClient;
}
