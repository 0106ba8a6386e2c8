import type {
  ClientFrame,
  CloseCode,
  ErrorFrame,
  GatewayFrame,
  HaveEntry,
  HelloFrame,
  SendFrame,
  SentFrame,
} from "@earshot/protocol";
import type { EngineLimits } from "../options.ts";
import type { Clock } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { Connection, EncodedFrames } from "../ports/transport.ts";
import type { Handshake } from "./handshake.ts";
import type { SendRates } from "./send-rates.ts";

/** A session's counted deliveries, as the session sees them. */
export interface SessionOutbox<Events> {
  readonly written: number;
  deliver(events: Events): "slow" | "silent" | null;
  tell(frame: EncodedFrames): void;
  ack(n: number): boolean;
  flush(): void;
  sweep(fresh: boolean): "slow" | "silent" | null;
}

/** Frames that the engine answers. */
export type CommandFrame = Exclude<
  ClientFrame,
  { readonly t: "hello" | "have" | "auth" | "ack" | "ping" | "send" | "skip" | "bye" }
>;

/** What a session (`Session`) needs of the house. */
export interface SessionSurroundings<Events, Session> {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: EngineLimits;
  readonly rates: SendRates;
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
  outbox(wire: Connection): SessionOutbox<Events>;
  /** Takes the session in, or says with which code it has to go. */
  enter(session: Session): CloseCode | null;
  leave(session: Session): void;
  welcome(session: Session, resumed: boolean): GatewayFrame;
  spread(): number;
  command(session: Session, frame: CommandFrame): Promise<GatewayFrame | null>;
  send(session: Session, frame: SendFrame, order: object): Promise<SentFrame>;
  sendBlocked(session: Session, frame: SendFrame, retryAfterMs: number): Promise<SentFrame>;
  /** Answers cursors by pages; resolves when the last one was handed over. */
  repair(session: Session, have: readonly HaveEntry[]): Promise<void>;
}
