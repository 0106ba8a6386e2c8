import type { ConversationId, GatewayFrame } from "@earshot/protocol";
import type { EncodedFrames } from "../ports/transport.ts";
import { type FannedEvents, shareOf } from "./fanned-events.ts";
import type { SubscribedFrom, Subscriber, Subscriptions } from "./subscriptions.ts";

/** A session that is told where it stands, and then what happens. */
export interface OpeningSession extends Subscriber {
  deliver(events: FannedEvents): void;
  tell(frames: EncodedFrames): void;
}

export interface OpenSubscriptionSurroundings<S extends OpeningSession> {
  readonly subscriptions: Subscriptions<S, FannedEvents>;
  encode(frame: GatewayFrame): EncodedFrames;
}

/** A subscription between its beginning and the word of the store. */
export interface Opening {
  /** It does not come about. */
  abandon(): void;
  /**
   * It stands from `from` on: says `frame`, then what came above that meanwhile. false: it has ended,
   * since the user was removed meanwhile, or gave it up; nothing is said.
   */
  activate(from: SubscribedFrom, frame: () => GatewayFrame): boolean;
}

/** Begins a subscription, before the user's rights are read. Throws `too_large` over the bound. */
export function openSubscription<S extends OpeningSession>(
  house: OpenSubscriptionSurroundings<S>,
  session: S,
  c: ConversationId,
): Opening {
  const { subscriptions } = house;
  const subscription = subscriptions.open(session, c);
  return {
    abandon: () => subscriptions.abandon(subscription),
    activate: (from, frame) => {
      const missed = subscriptions.activate(subscription, from);
      if (missed === null) return false;
      session.tell(house.encode(frame()));
      if (missed.lost) session.tell(house.encode({ t: "lagging", c: [c] }));
      for (const events of missed.events) {
        const share = events.epoch === from.epoch ? shareOf(session, events, null, from.head + 1) : null;
        if (share !== null) session.deliver(share);
      }
      return true;
    },
  };
}
