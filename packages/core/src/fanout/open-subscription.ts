import type { ConversationId, Epoch, GatewayFrame } from "@earshot/protocol";
import type { EncodedFrames } from "../ports/transport.ts";
import { type FannedEvents, type Origins, shareOf, upTo } from "./fanned-events.ts";
import type { SubscribedFrom, Subscriber, Subscriptions } from "./subscriptions.ts";

/** A session that is told where it stands, and then what happens. */
export interface OpeningSession extends Subscriber {
  deliver(events: FannedEvents): void;
  tell(frames: EncodedFrames): void;
}

export interface OpenSubscriptionSurroundings<S extends OpeningSession> {
  readonly subscriptions: Subscriptions<S, FannedEvents>;
  /** Whose sends these are, as far as is known by now. */
  origins(c: ConversationId, epoch: Epoch, rows: readonly { readonly seq: number }[]): Origins | undefined;
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
    abandon: () => {
      for (const events of subscriptions.abandon(subscription)) session.deliver(events);
    },
    activate: (from, frame) => {
      const { stands, held, lost, life } = subscriptions.activate(subscription, from);
      const above = stands ? from.head : Number.POSITIVE_INFINITY;
      const deliver = (events: FannedEvents | null, after = 0): void => {
        if (events === null) return;
        // Its own sends among them may have been answered, as stored already, while they were held.
        const rows = events.events.map(({ row }) => row);
        const share = shareOf(session, events, house.origins(c, events.epoch, rows) ?? null, after + 1);
        if (share !== null) session.deliver(share);
      };
      // What the session is to have anyway, and its answer will not lead to.
      for (const { events, unasked } of held) {
        if (unasked) deliver(events.epoch === from.epoch ? upTo(events, above) : events);
      }
      if (stands) session.tell(house.encode(frame()));
      if (stands && lost) session.tell(house.encode({ t: "lagging", c: [c] }));
      for (const { events, unasked } of held) {
        if (events.epoch === from.epoch) deliver(events, above);
        else if (stands && !unasked && events.epoch === life?.epoch) deliver(events, life.head);
      }
      return stands;
    },
  };
}

/** Ends a subscription, if there is one. */
export function endSubscription<S extends OpeningSession>(
  { subscriptions }: Pick<OpenSubscriptionSurroundings<S>, "subscriptions">,
  session: S,
  c: ConversationId,
): void {
  for (const events of subscriptions.end(session, c)) session.deliver(events);
}
