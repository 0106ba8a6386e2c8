import type { HaveEntry, InboxRow, SentFrame, UserId } from "@earshot/protocol";
import { Announcements } from "./bus/announcements.ts";
import type { Arrival } from "./bus/arrival.ts";
import type { ToldHead } from "./bus/gate.ts";
import { OrderGate } from "./bus/order-gate.ts";
import { Publisher } from "./bus/publisher.ts";
import type { RecentEvents } from "./bus/recent-events.ts";
import { Reconciliation } from "./bus/reconciliation.ts";
import { ToldHeads } from "./bus/told-heads.ts";
import { type Hearing, Topics } from "./bus/topics.ts";
import { type EncodedEvent, type EncodedEvents, encode, encodeEvents } from "./codec/encode.ts";
import { AnsweredSends } from "./fanout/answered-sends.ts";
import { Audiences } from "./fanout/audience.ts";
import { AwaitedHere } from "./fanout/awaited-here.ts";
import { Fanout } from "./fanout/fanout.ts";
import { HeadsNotices } from "./fanout/heads-notices.ts";
import { Modes } from "./fanout/modes.ts";
import { NamedHere } from "./fanout/named-here.ts";
import { beginNewLife } from "./fanout/new-life.ts";
import { ReadPositions } from "./fanout/read-positions.ts";
import { Receipts } from "./fanout/receipts.ts";
import { Subscriptions } from "./fanout/subscriptions.ts";
import { Tallies, type TalliesSurroundings } from "./fanout/tallies.ts";
import { TypingNotices } from "./fanout/typing-notices.ts";
import { HeldLease } from "./held-lease.ts";
import type { EngineLimits } from "./options.ts";
import type { Bus } from "./ports/bus.ts";
import type { Clock } from "./ports/clock.ts";
import type { Logger } from "./ports/logger.ts";
import type { MessageStore } from "./ports/message-store.ts";
import type { Access } from "./ports/pages.ts";
import type { Random } from "./ports/random.ts";
import { Replacements } from "./session/replacements.ts";
import type { Session } from "./session/session.ts";
import type { CommandFrame } from "./session/session-surroundings.ts";

type EngineSession = Session<EncodedEvents>;

/** Conversations that the store is asked about at a time after it was put back. */
const LOOKS_AT_ONCE = 20;
const NOBODY = { users: new Set<UserId>() };

/** What other nodes say that is taken here. */
type HeardHere = "events" | "heads" | "gone" | "receipt" | "raised" | "tally" | "typing" | "session";

/** What the way of an event needs of the other rooms. */
export interface DeliverySurroundings {
  readonly node: string;
  /** null: a cluster of one. */
  readonly bus: Bus | null;
  readonly store: MessageStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly limits: EngineLimits;
  readonly recent: RecentEvents<EncodedEvent>;
  /** Who takes what other nodes say, beside what is taken here. */
  readonly hearing: Omit<Hearing, HeardHere>;
  /** Something of this node has arrived. */
  heard(node: string): void;
  /** How many members are online, on whatever node. Rejects as the store does. */
  readonly online: TalliesSurroundings<EngineSession>["online"];
  sessionsOf(user: UserId): readonly EngineSession[];
  /** Something happened in a conversation. */
  happened(c: string): void;
  /** Another life of a log has begun: what was remembered of the one before is void. */
  anew(c: string): void;
  /** Users were removed from a conversation; null: it was removed itself. */
  left(c: string, users: readonly UserId[] | null): void;
}

/** Builds what an event passes between its commit, here or on another node, and the outboxes of sessions: bus and fan-out. */
export function wireDelivery(house: DeliverySurroundings) {
  const { node, bus, store, clock, logger, limits, recent, sessionsOf } = house;

  // bus: what nodes tell each other, and the order of what they tell
  const announcements = new Announcements(house);
  const tellNodes: Announcements["tell"] = (topics, said) => announcements.tell(topics, said);
  const gate = new OrderGate({
    ...house,
    pass: (arrival: Arrival) => {
      fanout.deliver(arrival);
      notice(arrival);
      tallies.changed(arrival.c);
      house.happened(arrival.c);
    },
    anew: (c, epoch) =>
      beginNewLife(
        { ...signals, audiences, forget, left: lost },
        { c, epoch, users: [...audiences.remembered(c), ...named.of(c)], lost: [...named.lost(c), ...awaited.of(c)] },
      ),
    gone,
  });
  const publisher = new Publisher({
    clock,
    logger,
    limits,
    alone: bus === null,
    tellNodes,
    arrive: (arrival) => gate.arrive(arrival),
    gone,
    mode: async ({ c, epoch, rows }) => {
      const [first, last] = [rows[0]?.seq ?? 1, rows.at(-1)?.seq ?? 1];
      return modes.of(c, epoch, first) ?? modes.read(c, { epoch, head: last });
    },
    members: (c, asOf) => audiences.users(c, asOf),
  });
  const toldHeads = new ToldHeads({
    ...house,
    gate,
    subscribed: (c) => subscriptions.of(c) !== undefined,
    concerns,
    memberHere: async (told) => isHere(await audiences.users(told.c, told)),
    news: (told) => {
      awaited.told(told);
      // Of another life only when it is confirmed, and with it who may hear of it.
      if (told.mode === "pull" && (gate.standing(told.c)?.epoch ?? told.epoch) === told.epoch) headsNotices.put(told);
    },
    gone: (c) => gone(c, []),
  });
  const reconciliation = new Reconciliation({
    ...house,
    tellNodes,
    take: (heads) => toldHeads.take(heads, true),
    lookAtAll: async () => {
      gate.doubtLeft();
      const all = [...new Set([...gate.known(), ...subscriptions.conversations(), ...awaited.conversations()])];
      for (let from = 0; from < all.length; from += LOOKS_AT_ONCE)
        await Promise.all(all.slice(from, from + LOOKS_AT_ONCE).map((c) => gate.doubt(c)));
      audiences.clear();
      modes.clear();
    },
  });
  const topics = new Topics({
    ...house,
    hearing: {
      ...house.hearing,
      events: (said) => gate.arrive(said),
      heads: (said) => {
        if (said.digest === null) toldHeads.take(said.heads, false);
        else reconciliation.heard(said);
      },
      gone: ({ c, members }) => gone(c, members),
      receipt: (said) => receipts.heard(said),
      raised: ({ c }) => tallies.raised(c),
      tally: (said) => tallies.heard(said),
      typing: (said) => typingNotices.heard(said),
      session: (said) => replacements.heard(said),
    },
  });
  const replacements = new Replacements<EngineSession>({
    sessionsOf,
    tellNodes,
    listening: (user) => topics.ready(`u:${user}`),
  });

  // fan-out: who hears of it here
  const audiences = new Audiences({ store, limits });
  const modes = new Modes({ store, limits });
  const subscriptions = new Subscriptions<EngineSession, EncodedEvents>(limits, {
    begun: (c) => topics.listen(`c:${c}`),
    ended: (c) => {
      topics.forget(`c:${c}`);
      tallies.ended(c);
    },
  });
  const fanout = new Fanout<EngineSession>({
    clock,
    logger,
    limits,
    audiences,
    modes,
    subscriptions,
    sessionsOf,
    encodeEvents,
    encode,
    remember: ({ c, epoch, events }) => recent.add(c, epoch, events),
    unheard: (c) => recent.forget(c),
    forget: (c) => recent.forget(c),
    readTo: (session, c, epoch) => readPositions.of(session, c, epoch),
    rightsAt: (session, c, epoch) => readPositions.rightsAt(session, c, epoch),
    origins,
    left: lost,
  });
  const headsNotices = new HeadsNotices<EngineSession>({
    clock,
    limits,
    subscribed: (session, c) => subscriptions.of(c)?.sessions.has(session) ?? false,
    encode,
  });
  const named = new NamedHere(limits);
  const awaited = new AwaitedHere<EngineSession>({ ...house, alone: bus === null, encode });
  const answeredSends = new AnsweredSends<EngineSession>(clock, limits);
  const readPositions = new ReadPositions<EngineSession>(clock);
  const life = (c: string) => gate.life(c);
  const seen = (c: string, epoch: string) => gate.seen(c, epoch);
  const signals = { ...house, subscriptions, encode, tellNodes, life, seen };
  const tallies = new Tallies<EngineSession>({
    ...signals,
    lease: (name) => new HeldLease(house, name, limits.tallyLeaseMs),
  });
  let undo: (() => void) | undefined;
  const receipts = new Receipts<EngineSession>({ ...signals, risen: (c) => tallies.risen(c) });
  const typingNotices = new TypingNotices<EngineSession>(signals);

  return {
    node,
    tellNodes,
    topics,
    publisher,
    gate,
    audiences,
    modes,
    subscriptions,
    receipts,
    typingNotices,
    tallies,
    entered,
    left,
    listening,
    known,
    answered,
    origins,
    presented,
    asked,
    kept,
    listed,
    gauges,
    start,
    leave,
    stop,
  };

  /** Tells who keeps a `pull` conversation up to date where it stands, from the event on that makes it one. */
  function notice({ c, epoch, rows, mode }: Arrival): void {
    const last = rows.at(-1);
    if (last === undefined || mode === "push") return;
    const become = rows.find(({ seq, type, body }) => seq > 1 && type === "meta" && body?.["mode"] === "pull");
    for (const user of become === undefined ? [] : named.keepers(c))
      for (const session of sessionsOf(user)) headsNotices.name(session, { c, epoch, head: become?.seq ?? 0 });
    headsNotices.put({ c, epoch, head: last.seq, ord: last.ord });
  }

  /** A conversation is no more: here too. */
  function gone(c: string, members: readonly UserId[]): void {
    gate.remove(c);
    fanout.gone(c, [...members, ...named.of(c)]);
    house.happened(c);
  }

  /** Another life of the log has begun: what was remembered of the one before is void. */
  function forget(c: string): void {
    modes.anew(c);
    recent.forget(c);
    fanout.anew(c);
    receipts.anew(c);
    tallies.anew(c);
    house.anew(c);
  }

  function lost(c: string, users: readonly UserId[] | null): void {
    headsNotices.left(c, users);
    named.left(c, users, (user) => isHere([user]));
    for (const user of users ?? []) if (isHere([user])) awaited.add(c, user);
    house.left(c, users);
  }

  /** `first`: the user had none here. */
  function entered(session: EngineSession, first: boolean): void {
    if (first) topics.listen(`u:${session.user}`);
    void replacements.entered(session);
  }

  /** `last`: the user has none left here. */
  function left(session: EngineSession, last: boolean): void {
    subscriptions.leave(session);
    headsNotices.leave(session);
    if (last) topics.forget(`u:${session.user}`);
  }

  /** Resolves when nothing that happens later in conversations that somebody here subscribes to can be missed, or after a while. */
  async function listening(conversations: readonly string[]): Promise<void> {
    await Promise.all(conversations.map((c) => topics.ready(`c:${c}`)));
  }

  function gauges() {
    return {
      topics: topics.size,
      subscriptions: subscriptions.size,
      headed: headsNotices.size,
      tallied: tallies.size,
    };
  }

  function isHere(users: Iterable<UserId>): boolean {
    for (const user of users) if (sessionsOf(user).length > 0) return true;
    return false;
  }

  /** Whether what comes next may be for somebody here: a removal, too, is for who was a member before it. */
  function concerns({ c, epoch, mode }: ToldHead): boolean {
    if (subscriptions.of(c) !== undefined || headsNotices.has(c) || isHere(named.of(c)) || isHere(named.lost(c)))
      return true;
    const standing = gate.standing(c);
    if (standing !== null && standing.epoch !== epoch) return true;
    const members = mode === "push" ? audiences.at(c, standing ?? { epoch, membersVersion: 0 }) : NOBODY;
    return members === null || isHere(members.users);
  }

  /** Somebody's rights were read: from there on it is noticed what does not come. */
  function known(c: string, access: Access): void {
    modes.learn(c, access.mode, access);
    gate.begin(c, access.epoch, access.head);
  }

  /** A send is answered. */
  function answered(session: EngineSession, sent: SentFrame): SentFrame {
    const { c, epoch, seq, dup } = sent;
    // What comes from the store, or from another node, does not say whose send it was.
    if (dup === true || !gate.passedAsOwn(c, epoch, seq)) answeredSends.add(session, c, epoch, seq);
    session.told(c, seq);
    return sent;
  }

  /** Whose sends these are, as far as is known by now. */
  function origins(...given: Parameters<AnsweredSends<EngineSession>["origins"]>) {
    return answeredSends.origins(...given);
  }

  /** A client names what it keeps up to date, and has up to there. */
  function presented(session: EngineSession, have: readonly HaveEntry[]): void {
    for (const [c, epoch, head] of have) readPositions.set(session, c, { epoch, head }, false);
  }

  /** A client asks: by the answer it knows whether a conversation is its user's. */
  function asked<Answer>(session: EngineSession, frame: CommandFrame, answer: Promise<Answer>): Promise<Answer> {
    const c = frame.t === "fetch" || frame.t === "subscribe" ? frame.c : undefined;
    return c === undefined ? answer : awaited.answered(c, session, answer);
  }

  /** A client keeps it up to date, and reads it up to where it stood; null: it is not its user's. */
  function kept(session: EngineSession, c: string, access: Access | null): void {
    if (access === null) {
      awaited.add(c, session.user);
      return;
    }
    awaited.came(c, session);
    known(c, access);
    readPositions.set(session, c, access, true);
    named.add(c, session.user, true);
    if (access.mode === "pull") headsNotices.name(session, { ...access, c });
  }

  /** A client was given them. */
  function listed(session: EngineSession, rows: readonly InboxRow[]): void {
    for (const { c, epoch, head } of rows) {
      named.add(c, session.user, false);
      gate.begin(c, epoch, head);
    }
  }

  /** Store and bus are open. */
  async function start(): Promise<void> {
    topics.start();
    topics.listen("nodes");
    undo = bus?.onInterruption(() => void receipts.reread());
    await reconciliation.start();
  }

  /** What this node does for all others do from now on. */
  async function leave(): Promise<void> {
    await Promise.all([reconciliation.leave(), tallies.leave()]);
  }

  /** What waits to be told is told at once; nothing is heard any longer. */
  async function stop(): Promise<void> {
    undo?.();
    publisher.stop();
    topics.stop();
    toldHeads.stop();
    awaited.stop();
    headsNotices.stop();
    await Promise.all([reconciliation.stop(), tallies.close()]);
  }
}
