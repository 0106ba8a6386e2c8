import { ChatError, type ConversationId, cursorPosition, type HaveEntry, type UserId } from "@earshot/protocol";
import type { Asking } from "../ports/commands.ts";
import type { Access } from "../ports/pages.ts";
import type { HostVerdicts } from "./host-verdicts.ts";
import { type RepairedSession, type RepairSurroundings, repair } from "./repair.ts";
import { type SeenCursors, seenCursors } from "./seen-cursors.ts";
import { type SubscribeSurroundings, subscribeMany } from "./subscribe.ts";
import type { Watermarks } from "./watermarks.ts";

export interface CursorsSurroundings<Session>
  extends Omit<SubscribeSurroundings<Session>, "store">,
    RepairSurroundings {
  readonly host: HostVerdicts;
  readonly store: SubscribeSurroundings<Session>["store"] & RepairSurroundings["store"];
  readonly watermarks: Pick<Watermarks, "delivered">;
  /** Ends a subscription, if there is one. */
  unsubscribe(session: Session, c: ConversationId): void;
  /** Told of what a client keeps up to date, and where it stood; null: it is not its user's. */
  kept(session: Session, c: ConversationId, access: Access | null): void;
  accessMany(user: UserId, conversations: readonly ConversationId[]): Promise<readonly (Access | null)[]>;
}

/**
 * What a client keeps up to date: its cursors are repaired by pages, tell what was delivered, and
 * subscribe where they say so. Rights and heads are read once for all of it; what the host could not be
 * asked about in time is named in one `lagging`. Resolves with the number of rows that pages took. Rejects
 * as the store does, or with `unavailable` or `too_large` (over the bound) for subscriptions, after everything else was done.
 */
export async function takeCursors<Session extends RepairedSession & Asking>(
  house: CursorsSurroundings<Session>,
  session: Session,
  have: readonly HaveEntry[],
): Promise<number> {
  const { user, live } = session;
  // What is subscribed for who has gone would stay for ever.
  if (!live) return 0;
  const wanted = have.filter(([, , , subscribes]) => subscribes === true).map(([c]) => ({ session, user, c }));
  // Subscriptions are begun before rights are read: what happens in between is held back.
  let reading: Promise<SeenCursors> | null = null;
  const read = (): Promise<SeenCursors> => {
    reading ??= house.listening(wanted.map(({ c }) => c)).then(() => readRights(house, session, have));
    return reading;
  };
  const subscribing = subscribeMany(house, wanted, async ({ c }) => {
    const { access, unasked } = await read();
    const index = have.findIndex(([known]) => known === c);
    if (unasked.has(index))
      throw new ChatError("unavailable", "unable to subscribe; the host did not answer", { retryAfterMs: 1_000 });
    return access[index] ?? null;
  });
  const seen = await read();
  tellDelivered(house, user, have, seen.access);
  const all = seen.unasked.size === 0;
  const asked = all ? have : have.filter((_, index) => !seen.unasked.has(index));
  const access = all ? seen.access : seen.access.filter((_, index) => !seen.unasked.has(index));
  for (const [index, [c]] of asked.entries()) {
    const known = access[index];
    // Who is told that it is gone is told nothing more of it, also where the removal itself is still on its way.
    if (!known) house.unsubscribe(session, c);
    if (session.live) house.kept(session, c, known ?? null);
  }
  const rest = all ? [] : have.filter((_, index) => seen.unasked.has(index)).map(([c]) => c);
  if (rest.length > 0) session.tell(house.encode({ t: "lagging", c: rest }));
  const rows = await repair(house, session, asked, access);
  const refusal = await subscribing;
  if (refusal !== null) throw refusal;
  return rows;
}

async function readRights<Session extends RepairedSession & Asking>(
  house: Pick<CursorsSurroundings<Session>, "accessMany" | "host">,
  session: Session,
  have: readonly HaveEntry[],
): Promise<SeenCursors> {
  const access = await house.accessMany(
    session.user,
    have.map(([c]) => c),
  );
  return seenCursors(house.host, session, have, access);
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
    if (seq > known.delivered) watermarks.delivered(user, c, seq, known.epoch);
  }
}
