import {
  type Durability,
  LIMITS,
  type NodeId,
  PROTOCOL_VERSION,
  type SessionId,
  type WelcomeFrame,
} from "@earshot/protocol";
import type { EngineLimits } from "../options.ts";

/** What is true of the whole node as it greets a session. */
export interface WelcomingNode {
  readonly node: NodeId;
  readonly durability: Durability;
  readonly limits: EngineLimits;
  /** Upper bound of the first delay of a reconnect, ms. */
  readonly spread: number;
  /** Unix ms. */
  readonly now: number;
}

/** The session that is greeted. */
export interface WelcomedSession {
  readonly id: SessionId;
  readonly user: string;
  readonly expires: number | null;
  /** What its later requests have to show; null: nothing. */
  readonly secret: string | null;
  /** A resume token as of now. */
  renew(): string;
}

/** The answer to `hello`: who one is here, and the bounds that the gateway holds to. */
export function welcomeFrame(
  { node, durability, limits, spread, now }: WelcomingNode,
  session: WelcomedSession,
  resumed: boolean,
): WelcomeFrame {
  return {
    t: "welcome",
    v: PROTOCOL_VERSION,
    session: session.id,
    user: session.user,
    node,
    resumed,
    resume: session.renew(),
    durability,
    ...(session.expires === null ? {} : { expires: session.expires }),
    heartbeat: limits.heartbeatMs,
    spread,
    window: limits.windowFramesMax,
    limits: {
      frame: LIMITS.frameBytesMax,
      body: LIMITS.bodyBytesMax,
      inflight: limits.inflightMax,
      have: LIMITS.haveMax,
      page: LIMITS.pageRowsMax,
      subscriptions: limits.subscriptionsMax,
    },
    now,
    ...(session.secret === null ? {} : { secret: session.secret }),
  };
}
