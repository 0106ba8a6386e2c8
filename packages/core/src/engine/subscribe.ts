import {
  ChatError,
  type ConversationId,
  type Epoch,
  type GatewayFrame,
  isChatError,
  LIMITS,
  type RequestId,
  type SubscribedFrame,
  type UserId,
} from "@earshot/protocol";
import type { MessageStore } from "../ports/message-store.ts";
import type { Access } from "../ports/pages.ts";
import type { Watermarks } from "../ports/watermarks.ts";

/** A subscription between its beginning and the word of the store. */
export interface SubscriptionOpening {
  /** It does not come about. */
  abandon(): void;
  /** It stands from there on: says the frame, then what came above that meanwhile. false: it has ended, and nothing is said. */
  activate(from: Pick<Access, "epoch" | "head">, frame: () => GatewayFrame): boolean;
}

export interface SubscribeSurroundings<Session> {
  readonly store: Pick<MessageStore, "receipts">;
  /** Begins a subscription, before rights are read. Throws `too_large` over the bound. */
  open(session: Session, c: ConversationId): SubscriptionOpening;
  /** Resolves when nothing that happens later in conversations that somebody here subscribes to can be missed, or after a while: a dead bus must not keep people out (trap 11). */
  listening(conversations: readonly ConversationId[]): Promise<void>;
  /** Told of what was read of a conversation that somebody listens to. */
  known(c: ConversationId, access: Access): void;
  /** Told of a subscription that stands, behind its answer. */
  subscribed(session: Session, c: ConversationId, access: Access): void;
  /** The same watermarks, none below what was told already. */
  told(c: ConversationId, epoch: Epoch, watermarks: readonly Watermarks[]): readonly Watermarks[];
  /** Members who are online, as far as anybody may know. */
  online(c: ConversationId, access: Access): number | Promise<number>;
}

/** One conversation to subscribe to. */
export interface SubscribeRequest<Session> {
  readonly session: Session;
  readonly user: UserId;
  readonly c: ConversationId;
  /** The question's; absent: it was a cursor's. */
  readonly id?: RequestId;
}

/**
 * Subscribes, and says `subscribed`. What happens between the reading of rights and the answer is told
 * behind the answer, and a removal in between ends it (I17). Rejects with `not_found`, `too_large`,
 * `unavailable`.
 */
export async function subscribe<Session>(
  house: SubscribeSurroundings<Session>,
  request: SubscribeRequest<Session>,
  access: () => Promise<Access | null>,
): Promise<void> {
  const opening = house.open(request.session, request.c);
  await finish(house, request, opening, async () => {
    await house.listening([request.c]);
    return access();
  });
}

/** A subscription that is begun: reads rights, and either stands or is given up. */
async function finish<Session>(
  house: SubscribeSurroundings<Session>,
  { session, user, c, id }: SubscribeRequest<Session>,
  opening: SubscriptionOpening,
  read: () => Promise<Access | null>,
): Promise<void> {
  let access: Access | null;
  let watermarks: readonly Watermarks[];
  let online: number;
  try {
    access = await read();
    if (access === null) throw notFound();
    house.known(c, access);
    [watermarks, online] = await Promise.all([watermarksOf(house, user, c, access), house.online(c, access)]);
  } catch (error) {
    opening.abandon();
    throw error;
  }
  const { mode, epoch, head, ord, members } = access;
  const answer = (): SubscribedFrame => ({
    t: "subscribed",
    ...(id === undefined ? {} : { id }),
    c,
    mode,
    epoch,
    head,
    ord,
    members,
    // They may have been counted among more, who came meanwhile.
    online: Math.min(online, members),
    watermarks: house.told(c, epoch, watermarks),
  });
  if (!opening.activate(access, answer)) throw notFound();
  house.subscribed(session, c, access);
}

/**
 * Subscribes to many, beside the repair of their cursors, whose reading of rights serves both, and begins when
 * all are listened to. Where
 * the user is no member, or is removed meanwhile, the repair says so. Resolves with the first other
 * refusal, which keeps no other from standing, or null.
 */
export async function subscribeMany<Session>(
  house: SubscribeSurroundings<Session>,
  requests: readonly SubscribeRequest<Session>[],
  access: (request: SubscribeRequest<Session>) => Promise<Access | null>,
): Promise<unknown> {
  const begun: (() => Promise<void>)[] = [];
  let refusal: unknown = null;
  for (const request of requests) {
    try {
      const opening = house.open(request.session, request.c);
      begun.push(() => finish(house, request, opening, () => access(request)));
    } catch (error) {
      refusal ??= error;
    }
  }
  // One after the other: what a thousand who come back ask of the store stays bounded.
  for (const go of begun) {
    await go().catch((error: unknown) => {
      if (!isChatError(error) || error.code !== "not_found") refusal ??= error;
    });
  }
  return refusal;
}

/** All members', or above the receipt limit the user's own. */
async function watermarksOf(
  house: Pick<SubscribeSurroundings<unknown>, "store">,
  user: UserId,
  c: ConversationId,
  access: Access,
): Promise<readonly Watermarks[]> {
  if (access.members > LIMITS.receiptMembersMax) return [[user, access.delivered, access.read]];
  const page = await house.store.receipts(c, access.head, null, LIMITS.receiptMembersMax);
  if (page === null) throw notFound();
  return page.users;
}

function notFound(): ChatError {
  return new ChatError("not_found", "unable to subscribe; no such conversation");
}
