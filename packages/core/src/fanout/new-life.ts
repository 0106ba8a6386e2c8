import { ChatError, type ConversationId, type Epoch, type GatewayFrame, type UserId } from "@earshot/protocol";
import type { MessageStore } from "../ports/message-store.ts";
import type { EncodedFrames } from "../ports/transport.ts";
import type { Audiences } from "./audience.ts";
import type { FannedEvents } from "./fanned-events.ts";
import type { Recipient } from "./handover.ts";
import type { Subscriptions } from "./subscriptions.ts";

/** One that can be told to read. */
interface Reader extends Recipient {
  tell(frames: EncodedFrames): void;
}

export interface NewLifeSurroundings<S extends Reader> {
  readonly store: Pick<MessageStore, "access">;
  readonly audiences: Pick<Audiences, "forget">;
  readonly subscriptions: Subscriptions<S, FannedEvents>;
  sessionsOf(user: UserId): readonly S[];
  encode(frame: GatewayFrame): EncodedFrames;
  /** Forgets whatever else is remembered of the conversation. */
  forget(c: ConversationId): void;
  /** Told of users that are no members in this life, though they were in the one before. */
  left(c: ConversationId, users: readonly UserId[]): void;
}

interface LifeBegun {
  readonly c: ConversationId;
  readonly epoch: Epoch;
  /** Who may have been members in the life before. */
  readonly users: Iterable<UserId>;
  /** Who were none in the end, or asked for it in vain. */
  readonly lost: Iterable<UserId>;
}

/** Members whose rights are read at once. */
const BATCH_USERS = 1_000;

/**
 * The log of a conversation has begun another life, in which members, and what is numbered, are others (I17, I19).
 * Whoever of the one before is here, `users` and those who subscribed, is looked up: who is no member now loses it, and
 * nothing that was remembered is used any longer; who had `lost` it, and is a member now, is told to read it. Resolves
 * when what happens in the new life may be told. Rejects as the store does, with nothing forgotten; and with
 * `unavailable` where a further life has begun meanwhile.
 */
export async function beginNewLife<S extends Reader>(
  house: NewLifeSurroundings<S>,
  { c, epoch, users, lost }: LifeBegun,
): Promise<void> {
  const { audiences, subscriptions, sessionsOf, encode } = house;
  const had = new Set(users);
  for (const { user } of subscriptions.of(c)?.sessions.keys() ?? []) had.add(user);
  // Who had lost it may have come back since, and their client may not know.
  const doubtful = new Set(lost);
  const strange = new Set([...doubtful].filter((user) => !had.has(user)));
  const concerned = new Set([...had, ...strange].filter((user) => sessionsOf(user).length > 0));
  const since = await membersAmong(house, [...concerned], { c, epoch });
  audiences.forget(c);
  subscriptions.anew(c, epoch, since);
  house.forget(c);
  const back = encode({ t: "lagging", c: [c] });
  for (const user of doubtful) if (since.has(user)) for (const session of sessionsOf(user)) session.tell(back);
  const strangers = [...concerned].filter((user) => !since.has(user) && !strange.has(user));
  if (strangers.length === 0) return;
  house.left(c, strangers);
  const frames = encode({ t: "events", c, gone: true });
  for (const user of strangers) {
    for (const session of sessionsOf(user)) {
      // What one that is being opened was to have is of the life before.
      subscriptions.removed(c, session, Number.MAX_SAFE_INTEGER);
      session.lose(c, frames);
    }
  }
}

/** The first seq that each may have who is a member in this life of the log. */
async function membersAmong(
  { store }: Pick<NewLifeSurroundings<Reader>, "store">,
  users: readonly UserId[],
  { c, epoch }: { readonly c: ConversationId; readonly epoch: Epoch },
): Promise<ReadonlyMap<UserId, number>> {
  const since = new Map<UserId, number>();
  for (let from = 0; from < users.length; from += BATCH_USERS) {
    const batch = users.slice(from, from + BATCH_USERS);
    const access = await store.access(batch.map((user) => ({ user, conversation: c })));
    for (const [index, user] of batch.entries()) {
      const known = access[index];
      if (!known) continue;
      if (known.epoch !== epoch)
        throw new ChatError("unavailable", "unable to tell of a log's new life; it has begun another one meanwhile");
      since.set(user, known.spans.at(-1)?.[0] ?? 1);
    }
  }
  return since;
}
