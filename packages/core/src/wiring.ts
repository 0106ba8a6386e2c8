import type { EventRow, InboxRow, UserId, WelcomeFrame } from "@earshot/protocol";
import { monotonicFactory } from "ulid";
import { RecentEvents } from "./bus/recent-events.ts";
import { checkFrame, decode, decodeHello } from "./codec/decode.ts";
import {
  type EncodedEvent,
  type EncodedEvents,
  encode,
  encodeAgain,
  encodeDeleted,
  encodePage,
} from "./codec/encode.ts";
import { AccessBatch } from "./engine/access-batch.ts";
import { arrivals, type CommittedEvents, creationArrival } from "./engine/arrivals.ts";
import { Changes } from "./engine/changes.ts";
import { commandsOf } from "./engine/commands.ts";
import { contentText } from "./engine/content-text.ts";
import { dispatch } from "./engine/dispatch.ts";
import { HostQueue } from "./engine/host-queue.ts";
import { send, sendBlocked } from "./engine/send.ts";
import { sendRefusal } from "./engine/send-refusal.ts";
import { Sequencer } from "./engine/sequencer.ts";
import { stillVisible } from "./engine/still-visible.ts";
import { takeCursors } from "./engine/take-cursors.ts";
import { takeToldCursors } from "./engine/told-cursors.ts";
import { type PresenceRequest, watchPresence } from "./engine/watch-presence.ts";
import { Watermarks } from "./engine/watermarks.ts";
import { membersPolicy } from "./fanout/fanout-policy.ts";
import { endSubscription, openSubscription } from "./fanout/open-subscription.ts";
import type { Gauges } from "./gauges.ts";
import { Host } from "./host/host.ts";
import { HostDecisions } from "./host/host-decisions.ts";
import { chargedReads } from "./http/charged-reads.ts";
import { HttpApi } from "./http/http-api.ts";
import { checkedCreation, checkedPatch } from "./http/request-value.ts";
import { hex, Keys } from "./keys.ts";
import type { ChatEngineOptions, EngineSettings } from "./options.ts";
import { Outbox } from "./outbox/outbox.ts";
import { OutboxBudget } from "./outbox/outbox-budget.ts";
import type { NewConversation } from "./ports/conversation-settings.ts";
import type { Access } from "./ports/pages.ts";
import type { Connection } from "./ports/transport.ts";
import type { Watermarks as MemberMarks } from "./ports/watermarks.ts";
import { leaseName } from "./presence/lease-name.ts";
import { MemoryPresenceRegistry, memoryPresence } from "./presence/memory-presence-store.ts";
import { OnlineCounts } from "./presence/online-counts.ts";
import { PresenceBoard } from "./presence/presence-board.ts";
import { PresenceTracker } from "./presence/presence-tracker.ts";
import { sessionsElsewhere } from "./presence/whereabouts.ts";
import { REQUEST_ROWS } from "./session/frame-cost.ts";
import { Handshake } from "./session/handshake.ts";
import { Sweeper } from "./session/heartbeat.ts";
import { addressRate } from "./session/rate-limit.ts";
import { SendRates } from "./session/send-rates.ts";
import { Session } from "./session/session.ts";
import type { SessionSurroundings } from "./session/session-surroundings.ts";
import { Sessions } from "./session/sessions.ts";
import { SharedRates } from "./session/shared-rates.ts";
import { UserCosts } from "./session/user-costs.ts";
import { welcomeFrame } from "./session/welcome-frame.ts";
import { silentLogger } from "./system/silent-logger.ts";
import { systemClock } from "./system/system-clock.ts";
import * as systemCrypto from "./system/system-crypto.ts";
import { systemRandom } from "./system/system-random.ts";
import { addressKey } from "./transport/addresses.ts";
import { Admission } from "./transport/admission.ts";
import { KnownNodes } from "./transport/known-nodes.ts";
import { PeerReader } from "./transport/peer-reader.ts";
import { PollTransport } from "./transport/poll-transport.ts";
import { WsTransport } from "./transport/ws-transport.ts";
import { wireDelivery } from "./wire-delivery.ts";

/** What the engine's phase closes. */
export interface Doors {
  /** Why nobody can come in now, or null. */
  closedBecause(): string | null;
  /** Why no call is answered now, or null: a gateway that leaves still answers. */
  silentBecause(): string | null;
  /** Why a balancer should send nobody here, or null. */
  unreadyBecause(): string | null;
}

type EngineSession = Session<EncodedEvents>;
export type House = ReturnType<typeof wire>;

/**
 * Builds every room, in the order in which a message visits them, and is the only place that sees
 * them all: transport → codec → session → engine → store → bus → fan-out → outbox → transport.
 */
export function wire(options: ChatEngineOptions, settings: EngineSettings, doors: Doors) {
  const { closedBecause, silentBecause, unreadyBecause } = doors;
  const { limits, permissions } = settings;
  const { store } = options;
  const clock = options.clock ?? systemClock;
  const random = options.random ?? systemRandom;
  const logger = options.logger ?? silentLogger;
  const bus = options.bus ?? null;
  const presence = options.presence ?? memoryPresence(new MemoryPresenceRegistry(clock));
  const node = settings.node ?? `n${hex(random.bytes(4))}`;
  const ulid = monotonicFactory(() => random.float());
  const newId = (): string => ulid(clock.now());
  const keys = new Keys();
  const house = { store, clock, logger, limits };

  // transport: bytes in, bytes out
  const nodes = new KnownNodes(clock);
  const otherNodes = () => nodes.size;
  const admission = new Admission({ ...house, otherNodes, bucket: (now) => addressRate(limits, now) });
  const peers = new PeerReader({ ...settings, logger, production: process.env["NODE_ENV"] === "production" });
  const admit = (address: string) => admission.admit(address);
  const accept = (connection: Connection) => sessions.accept(connection);
  const door = { ...house, closedBecause, admit, accept };
  const transport = new WsTransport({ ...door, see: (request) => peers.see(request) });
  const polls = new PollTransport({ ...door, random, equal: systemCrypto.equal, sweeper: new Sweeper(clock) });

  // session: one device's stay on this node
  const sweeper = new Sweeper<EngineSession>(clock);
  const sessions: Sessions<EngineSession> = new Sessions<EngineSession>({
    limits,
    sweeper,
    admission,
    make: (connection) =>
      new Session(sessionHouse, `s_${node}_${Buffer.from(random.bytes(16)).toString("base64url")}`, connection),
    holds: ({ user, mark }) => inProcess.revocations.holds(user, mark),
    entered: (session, first) => {
      delivery.entered(session, first);
      presenceTracker.enter(presenceOf(session));
    },
    left: (session, farewell, last) => {
      delivery.left(session, last);
      presenceBoard.end(session);
      void watermarks.flush(session.user);
      presenceTracker.leave(presenceOf(session), farewell);
    },
  });
  const sessionsOf = (user: UserId) => sessions.of(user);
  const rates = new SendRates(limits);
  const costs = new UserCosts(limits);
  const sharedRates = new SharedRates({ ...house, shared: options.sharedRates ?? {} });
  const handshake = new Handshake({
    ...house,
    sharedRates,
    addressKey: (address) => addressKey(address) || null,
    authenticate: options.authenticate,
    crypto: systemCrypto,
    system: settings.system,
    get secrets() {
      return keys.resume;
    },
    get revocations() {
      return inProcess.revocations;
    },
  });
  const sessionHouse: SessionSurroundings<EncodedEvents, EngineSession> = {
    ...house,
    rates,
    costs,
    handshake,
    decode,
    decodeHello,
    encode,
    outbox: (wireOut, owner) => new Outbox(outboxHouse, wireOut, owner),
    enter: (session) => sessions.enter(session),
    leave: (session, farewell) => sessions.leave(session, farewell),
    welcome,
    spread: () => admission.spread(sessions.all.size),
    activity: (session, state) => presenceTracker.activity(session.id, state),
    delivered: (session, seqs) => {
      for (const [c, seq] of seqs) watermarks.delivered(session.user, c, seq);
    },
    cursors: (session, seqs) => void takeToldCursors(engineHouse, session.user, seqs),
    command: (session, frame) => delivery.asked(session, frame, dispatch(engineHouse, callerOf(session), frame)),
    send: async (session, frame, order) =>
      delivery.answered(session, await send(engineHouse, callerOf(session), frame, order)),
    sendBlocked: async (session, frame, retryAfterMs) =>
      delivery.answered(session, await sendBlocked(engineHouse, callerOf(session), frame, retryAfterMs)),
    repair: async (session, have) => {
      delivery.presented(session, have);
      await topics.ready(`u:${session.user}`);
      return takeCursors(engineHouse, session, have);
    },
  };

  // engine: decisions
  const decisions = new HostDecisions({
    ...house,
    authorize: options.authorize ?? null,
    definition: settings.definition,
    presence,
    sessionsOf,
  });
  const hostQueue = new HostQueue();
  const access = new AccessBatch(store, clock);
  const sequencer = new Sequencer({
    ...house,
    committed: (batch) => {
      for (const arrival of arrivals(batch)) tellWritten(arrival);
      for (const { entry, result } of batch)
        if (entry.key !== undefined) tellSent(entry.conversation, entry.user, result.epoch, result.row.seq);
    },
    found: (c, epoch, rows) => {
      publisher.publish({ c, epoch, rows, membersVersion: 0 });
      for (const { id, from, seq } of rows) if (id !== undefined) tellSent(c, from, epoch, seq);
    },
    refused: (order, retryAfterMs) => hostQueue.refused(order, retryAfterMs),
  });
  const recent = new RecentEvents<EncodedEvent>(clock, limits, encodeDeleted);
  const life = (c: string) => delivery.gate.life(c);
  const watermarks = new Watermarks({ ...house, life, raised: (c, user, raised) => receipts.tell(c, user, raised) });
  const engineHouse = {
    ...house,
    permissions,
    sequencer,
    fanout: options.fanout ?? membersPolicy(),
    host: decisions,
    hostQueue,
    changes: new Changes(limits),
    watermarks,
    newId,
    keyedHash: (text: string) => systemCrypto.sign(keys.messages, text),
    access: (user: UserId, c: string) => access.one(user, c),
    accessMany: (user: UserId, conversations: readonly string[]) => access.of(user, conversations),
    recent: (c: string, epoch: string, after: number, head: number) => recent.above(c, epoch, after, head),
    sharedPage: (...given: Parameters<(typeof recent)["page"]>) => recent.page(...given),
    encode,
    encodePage,
    created: (
      made: NewConversation,
      created: { readonly rows: readonly EventRow[]; readonly membersVersion: number },
    ) => {
      // Nobody looks at the members of a large one.
      if (made.mode === "push") audiences.begin(made, created);
      tellWritten(creationArrival(made, created));
    },
    unsure: (c: string, at: number) => sequencer.look(c, at),
    removed: (c: string, members: readonly UserId[]) => publisher.gone(c, members),
    open: (session: EngineSession, c: string) => openSubscription({ ...delivery, encode }, session, c),
    unsubscribe: (session: EngineSession, c: string) => endSubscription({ subscriptions }, session, c),
    listening: (conversations: readonly string[]) => delivery.listening(conversations),
    kept: (session: EngineSession, c: string, access: Access | null) => delivery.kept(session, c, access),
    listed: (session: EngineSession, rows: readonly InboxRow[]) => delivery.listed(session, rows),
    known: (c: string, access: Access) => {
      delivery.known(c, access);
      watermarks.members(c, access.members);
    },
    subscribed: (session: EngineSession, c: string, access: Access) => tallies.subscribed(session, c, access.members),
    told: (c: string, epoch: string, given: readonly MemberMarks[]) => receipts.known(c, epoch, given),
    seen: (c: string, epoch: string) => delivery.gate.seen(c, epoch),
    online: (c: string, access: Access) => onlineCounts.of(c, access),
    presence: {
      see: (users: readonly UserId[]) => presenceBoard.see(users),
      open: (session: EngineSession, c: string, users: readonly UserId[]) => presenceBoard.open(session, c, users),
    },
    watch: (session: EngineSession, request: PresenceRequest) => watchPresence(engineHouse, session, request),
    unwatch: (session: EngineSession, users: readonly UserId[]) => presenceBoard.unwatch(session, users),
    listeners: (c: string, user: UserId, asOf: Access) =>
      bus === null ? subscriptions.beside(c, user) : audiences.users(c, asOf),
    typed: (c: string, user: UserId, members: number) => typingNotices.tell(c, user, members),
    sendWait: (user: UserId, c: string) => rates.take(null, user, c, clock.monotonic()),
    apart: (user: UserId, other: UserId) => {
      presenceBoard.blocked(user, other);
      delivery.tellNodes([`u:${user}`, `u:${other}`], { kind: "blocked", user, other });
    },
  };

  // bus and fan-out: who hears of it, here and on other nodes
  const delivery = wireDelivery({
    ...house,
    node,
    bus,
    random,
    recent,
    sessionsOf,
    hearing: {
      kick: (said) => inProcess.kicks.heard(said),
      revoked: () => inProcess.revocations.hinted(),
      blocked: ({ user, other }) => presenceBoard.blocked(user, other),
    },
    heard: (other) => nodes.heard(other),
    happened: (c) => inProcess.wake(c),
    anew: (c) => sequencer.anew(c),
    left: (c, users) => (users === null ? presenceBoard.gone(c) : presenceBoard.left(c, users)),
    online: (c, members) => onlineCounts.of(c, members),
  });
  const { topics, publisher, audiences, subscriptions, receipts, typingNotices, tallies } = delivery;

  // outbox: one a session
  const budget = new OutboxBudget(clock, limits.outboxesBytesMax);
  const { onOverflow } = settings;
  const outboxHouse = { limits, onOverflow, budget, now: () => clock.monotonic(), encode, encodeAgain };

  const presenceHouse = { ...house, node: leaseName(node, random), store: presence };
  const presenceTracker = new PresenceTracker({
    ...presenceHouse,
    changed: (user) => presenceBoard.changed([user]),
    failed: () => presenceBoard.troubled(),
  });
  const onlineCounts = new OnlineCounts({
    ...house,
    members: (c, asOf) => audiences.users(c, asOf),
    online: (users) => presenceTracker.online(users),
    see: (users) => presenceBoard.see(users),
  });
  const registry = { ...presenceHouse, here: (user: UserId) => presenceTracker.of(user) };
  const presenceBoard = new PresenceBoard({
    ...registry,
    confirm: bus === null && options.presence === undefined ? null : (sights) => stillVisible(house, sights),
    encode,
  });

  // the host in process, and the same commands over HTTP
  const commands = commandsOf(engineHouse);
  const inProcess: Host = new Host({
    ...engineHouse,
    node,
    random,
    system: settings.system,
    retention: settings.retention,
    commands,
    decode: checkFrame,
    checkedCreation,
    checkedPatch,
    refusalOf: sendRefusal,
    contentHash: (content) => engineHouse.keyedHash(contentText(content)),
    sessionsOf,
    allSessions: () => sessions.all,
    tellNodes: delivery.tellNodes,
    elsewhere: (user) => sessionsElsewhere(registry, user),
    forget: (c) => recent.forget(c),
  });
  const http = new HttpApi({
    ...house,
    polls,
    commands: chargedReads(commands, (user, rows) => costs.charge(user, rows, clock.monotonic())),
    ask: (user) => costs.ask(user, REQUEST_ROWS, clock.monotonic()),
    see: (request) => peers.see(request),
    authenticate: (token, peer) => handshake.authenticate(token, peer, null),
    silentBecause,
    unreadyBecause,
  });

  return {
    node,
    store,
    bus,
    presence,
    clock,
    random,
    logger,
    keys,
    sessions: sessions.all,
    sharedRates,
    transport,
    polls,
    sequencer,
    watermarks,
    typingNotices,
    delivery,
    presenceTracker,
    presenceBoard,
    registry,
    http,
    inProcess,
    decisions,
    accept,
    closedBecause,
    gauges,
  };

  function gauges(): Gauges {
    return {
      sessions: sessions.all.size,
      swept: sweeper.size,
      polls: polls.size,
      users: sessions.users,
      ...delivery.gauges(),
      watermarks: watermarks.size,
      present: presenceTracker.size,
      watchers: presenceBoard.sizes.watchers,
      addresses: admission.addresses,
      outboxBytes: budget.bytes,
      asked: hostQueue.size,
    };
  }

  /** Written by this node: for its sessions, the other nodes, and the host's listeners. */
  function tellWritten(events: CommittedEvents): void {
    publisher.publish(events);
    decisions.listeners.tell(events);
  }

  /** A send has raised its sender's watermarks in the store; whoever listens is told, which of other nodes nobody knows. */
  function tellSent(c: string, user: UserId, epoch: string, seq: number): void {
    const isRead = subscriptions.of(c) !== undefined && !watermarks.large(c);
    const [listener] = isRead ? subscriptions.beside(c, user) : [];
    if (bus !== null || listener !== undefined || sessions.of(user).length > 1)
      watermarks.sent(user, c, { epoch, seq });
  }

  function welcome(session: EngineSession, resumed: boolean): WelcomeFrame {
    const spread = admission.spread(sessions.all.size);
    return welcomeFrame({ node, durability: store.durability, limits, spread, now: clock.now() }, session, resumed);
  }
}

function callerOf(session: EngineSession) {
  return { user: session.user, claims: session.claims, origin: session, session };
}

function presenceOf(session: EngineSession) {
  return { session: session.id, user: session.user, device: session.device, activity: session.activity };
}
