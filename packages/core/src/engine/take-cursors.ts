import { type ConversationId, cursorPosition, type HaveEntry, type UserId } from "@earshot/protocol";
import type { Access } from "../ports/message-store.ts";
import { type RepairedSession, type RepairSurroundings, repair } from "./repair.ts";
import { type SubscribeSurroundings, subscribeMany } from "./subscribe.ts";
import type { Watermarks } from "./watermarks.ts";

export interface CursorsSurroundings<Session>
  extends Omit<SubscribeSurroundings<Session>, "store">,
    RepairSurroundings {
  readonly store: SubscribeSurroundings<Session>["store"] & RepairSurroundings["store"];
  readonly watermarks: Pick<Watermarks, "delivered">;
  /** Ends a subscription, if there is one. */
  unsubscribe(session: Session, c: ConversationId): void;
  accessMany(user: UserId, conversations: readonly ConversationId[]): Promise<readonly (Access | null)[]>;
}

/**
 * What a client keeps up to date: its cursors are repaired by pages, tell what was delivered, and
 * subscribe where they say so. Rights and heads are read once for all of it. Rejects as the store
 * does, or with `too_large` for subscriptions over the bound, after everything else was done.
 */
export async function takeCursors<Session extends RepairedSession>(
  house: CursorsSurroundings<Session>,
  session: Session,
  have: readonly HaveEntry[],
): Promise<void> {
  const { user, live } = session;
  // What is subscribed for who has gone would stay for ever.
  if (!live) return;
  const wanted = have.filter(([, , , subscribes]) => subscribes === true).map(([c]) => ({ session, user, c }));
  // Subscriptions are begun before rights are read: what happens in between is held back.
  let reading: Promise<readonly (Access | null)[]> | null = null;
  const read = (): Promise<readonly (Access | null)[]> => {
    reading ??= house.accessMany(
      user,
      have.map(([c]) => c),
    );
    return reading;
  };
  const subscribing = subscribeMany(house, wanted, async ({ c }) => {
    return (await read())[have.findIndex(([known]) => known === c)] ?? null;
  });
  const access = await read();
  tellDelivered(house, user, have, access);
  // Who is told that it is gone is told nothing more of it, also where the removal itself is still on its way.
  for (const [index, [c]] of have.entries()) if (!access[index]) house.unsubscribe(session, c);
  await repair(house, session, have, access);
  const refusal = await subscribing;
  if (refusal !== null) throw refusal;
}

/** A cursor of the log's present life names what the user's application has. */
function tellDelivered(
  { watermarks }: Pick<CursorsSurroundings<unknown>, "watermarks">,
  user: UserId,
  have: readonly HaveEntry[],
  access: readonly (Access | null)[],
): void {
  for (const [index, [c, epoch, seq]] of have.entries()) {
    const known = access[index];
    if (!known || cursorPosition({ epoch, seq }, known) === "void") continue;
    if (seq > known.delivered) watermarks.delivered(user, c, seq);
  }
}
