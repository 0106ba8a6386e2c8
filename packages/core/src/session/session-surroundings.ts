import type {
  ClientFrame,
  CloseCode,
  ConversationId,
  ErrorFrame,
  GatewayFrame,
  HaveEntry,
  HelloFrame,
  SendFrame,
  SentFrame,
  WelcomeFrame,
} from "@earshot/protocol";
import type { EngineLimits } from "../options.ts";
import type { Clock } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { Activity } from "../ports/presence-store.ts";
import type { Connection, EncodedFrames } from "../ports/transport.ts";
import type { Handshake } from "./handshake.ts";
import type { LaneOrder } from "./send-order.ts";
import type { SendRates } from "./send-rates.ts";
import type { UserCosts } from "./user-costs.ts";

/** State on its way to a session, encoded for all who get it. */
export interface SessionSignal {
  readonly c: ConversationId;
  /** While the socket is full the latest under one key waits; null: it is dropped. */
  readonly key: string | null;
  readonly frame: EncodedFrames;
}

/** How a session ended. */
export interface Farewell {
  /** The client itself said so, by `bye` or by closing in its transport's proper way; or it is elsewhere already. */
  readonly clean: boolean;
  /** The gateway ended it so that its client does not come back. */
  readonly forGood: boolean;
  /** When it last gave a sign of life, monotonic ms. */
  readonly heardAt: number;
}

/** A session's deliveries, as the session sees them. */
export interface SessionOutbox<Events> {
  readonly written: number;
  deliver(events: Events): "slow" | "silent" | null;
  signal(signal: SessionSignal): "slow" | "silent" | null;
  lose(c: ConversationId, frames: EncodedFrames): void;
  /** The answer to a send of its own is about to tell of this event: one that waits does not follow it. */
  told(c: ConversationId, seq: number): void;
  /** The highest seq of each conversation that was freed; null: `n` was never written. */
  ack(n: number): ReadonlyMap<ConversationId, number> | null;
  flush(): void;
  /** The way down begins anew: says from which number, and writes again what is not acknowledged, but for the newest `queued`. */
  startOver(queued: number): void;
  /** An answer was written past it. */
  answered(): void;
  /** The session has ended. */
  close(): void;
  sweep(fresh: boolean): "slow" | "silent" | null;
}

/** Frames that the engine answers. */
export type CommandFrame = Exclude<
  ClientFrame,
  { readonly t: "hello" | "have" | "auth" | "ack" | "ping" | "send" | "skip" | "active" | "bye" }
>;

/** What a session (`Session`) needs of the house. */
export interface SessionSurroundings<Events, Session> {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: EngineLimits;
  readonly rates: SendRates;
  readonly costs: UserCosts;
  readonly handshake: Handshake;
  decode(
    text: string,
  ):
    | { readonly kind: "frame"; readonly frame: ClientFrame }
    | { readonly kind: "refused"; readonly error: ErrorFrame }
    | { readonly kind: "malformed" };
  decodeHello(
    text: string,
  ): { readonly kind: "hello"; readonly hello: HelloFrame } | { readonly kind: "too large" | "version" | "malformed" };
  encode(frame: GatewayFrame): EncodedFrames;
  outbox(wire: Connection, owner: { slow(): void }): SessionOutbox<Events>;
  /** Takes the session in, or says with which code it has to go. */
  enter(session: Session): CloseCode | null;
  leave(session: Session, farewell: Farewell): void;
  welcome(session: Session, resumed: boolean): WelcomeFrame;
  spread(): number;
  command(session: Session, frame: CommandFrame): Promise<GatewayFrame | null>;
  send(session: Session, frame: SendFrame, order: LaneOrder): Promise<SentFrame>;
  sendBlocked(session: Session, frame: SendFrame, retryAfterMs: number): Promise<SentFrame>;
  /** The device says how present it is. */
  activity(session: Session, state: Activity): void;
  /** The session's application, or the client for it, has everything up to these seqs. */
  delivered(session: Session, seqs: Iterable<readonly [ConversationId, number]>): void;
  /** The same as the client says of itself: of conversations that are not the user's nothing is kept. */
  cursors(session: Session, seqs: Iterable<readonly [ConversationId, number]>): void;
  /** Answers cursors by pages; resolves with the number of rows read when the last one was handed over. */
  repair(session: Session, have: readonly HaveEntry[]): Promise<number>;
}
