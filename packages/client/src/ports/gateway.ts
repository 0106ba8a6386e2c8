import type {
  ChatError,
  EventsFrame,
  FetchFrame,
  InboxFrame,
  InboxRequestFrame,
  PresenceFrame,
  ResetFrame,
  SubscribedFrame,
  SubscribeFrame,
  UnsubscribedFrame,
  UnsubscribeFrame,
} from "@earshot/protocol";

/** Frames that are answered, without the id that the answer is known by. */
export interface Requests {
  readonly fetch: Omit<FetchFrame, "id">;
  readonly inbox: Omit<InboxRequestFrame, "id">;
  readonly subscribe: Omit<SubscribeFrame, "id">;
  readonly unsubscribe: Omit<UnsubscribeFrame, "id">;
}

/** What each is answered with. */
export interface Answers {
  readonly fetch: EventsFrame | ResetFrame;
  readonly inbox: InboxFrame;
  /** `presence` where users were named. */
  readonly subscribe: SubscribedFrame | PresenceFrame;
  readonly unsubscribe: UnsubscribedFrame;
}

/**
 * Asks the gateway. `done` is called exactly once: from within the frame that answers, so that nothing
 * comes between it and what the gateway said next; or with `offline` (at once without a session, or when
 * it ends), `timeout` (15 s), or the gateway's code.
 */
export type Ask = <T extends keyof Requests>(
  request: Requests[T] & { readonly t: T },
  done: (answer: Answers[T] | ChatError) => void,
) => void;

/** The gateway as the rooms see it. */
export interface Gateway {
  /** Whether there is a session that takes new requests and sends. */
  readonly open: boolean;
  /** Why there will be none any more unless the application asks for it; null while there may. */
  readonly stopped: ChatError | null;
  /** Something needs a connection. */
  want(): void;
  readonly ask: Ask;
}
