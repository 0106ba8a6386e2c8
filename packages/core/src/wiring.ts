import { ChatError, CLOSE, type CloseCode, type EventRow, type GatewayFrame, type UserId } from "@earshot/protocol";
import { monotonicFactory } from "ulid";
import { OrderGate } from "./bus/order-gate.ts";
import { Publisher } from "./bus/publisher.ts";
import { RecentEvents } from "./bus/recent-events.ts";
import { decode, decodeHello } from "./codec/decode.ts";
import {
  type EncodedEvent,
  type EncodedEvents,
  encode,
  encodeAgain,
  encodeDeleted,
  encodeEvents,
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
import { Sequencer } from "./engine/sequencer.ts";
import { takeCursors } from "./engine/take-cursors.ts";
import { takeToldCursors } from "./engine/told-cursors.ts";
import { type PresenceRequest, watchPresence } from "./engine/watch-presence.ts";
import { Watermarks } from "./engine/watermarks.ts";
import { Audiences } from "./fanout/audience.ts";
import { Fanout } from "./fanout/fanout.ts";
import { Modes } from "./fanout/modes.ts";
import { openSubscription } from "./fanout/open-subscription.ts";
import { Receipts } from "./fanout/receipts.ts";
import { Subscriptions } from "./fanout/subscriptions.ts";
import { TypingNotices } from "./fanout/typing-notices.ts";
import type { Gauges } from "./gauges.ts";
import { Host } from "./host/host.ts";
import { HostDecisions } from "./host/host-decisions.ts";
import { chargedReads } from "./http/charged-reads.ts";
import { HttpApi } from "./http/http-api.ts";
import { checkedCreation, checkedPatch } from "./http/request-value.ts";
import type { ChatEngineOptions, EngineSettings } from "./options.ts";
import { Outbox } from "./outbox/outbox.ts";
import { OutboxBudget } from "./outbox/outbox-budget.ts";
import type { Access, NewConversation } from "./ports/message-store.ts";
import type { Connection } from "./ports/transport.ts";
import { MemoryPresenceRegistry, memoryPresence } from "./presence/memory-presence-store.ts";
import { OnlineCounts } from "./presence/online-counts.ts";
import { PresenceBoard } from "./presence/presence-board.ts";
import { PresenceTracker } from "./presence/presence-tracker.ts";
import { REQUEST_ROWS } from "./session/frame-cost.ts";
import { Handshake } from "./session/handshake.ts";
import { Sweeper } from "./session/heartbeat.ts";
import { addressRate } from "./session/rate-limit.ts";
import { SendRates } from "./session/send-rates.ts";
import { Session } from "./session/session.ts";
import { SessionRegistry } from "./session/session-registry.ts";
import type { Farewell, SessionSurroundings } from "./session/session-surroundings.ts";
import { UserCosts } from "./session/user-costs.ts";
import { welcomeFrame } from "./session/welcome-frame.ts";
import { silentLogger } from "./system/silent-logger.ts";
import { systemClock } from "./system/system-clock.ts";
import * as systemCrypto from "./system/system-crypto.ts";
import { systemRandom } from "./system/system-random.ts";
import { Admission } from "./transport/admission.ts";
import { PeerReader } from "./transport/peer-reader.ts";
import { PollTransport } from "./transport/poll-transport.ts";
import { WsTransport } from "./transport/ws-transport.ts";

/** What only an open store can give; filled in by `start`. */
export interface Keys {
  /** Sign resume tokens: the first signs, all verify. */
  resume: readonly string[];
  /** Keys the hash that a repeat of a send is compared by. One for the whole store, for ever. */
  messages: string;
}

type EngineSession = Session<EncodedEvents>;
export type House = ReturnType<typeof wire>;

/**
 * Builds every room, in the order in which a message visits them, and is the only place that sees
 * them all: transport → codec → session → engine → store → bus → fan-out → outbox → transport.
 * `closedBecause`: why nobody can come in now, or null.
 */
export function wire(options: ChatEngineOptions, settings: EngineSettings, closedBecause: () => string | null) {
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
  const keys: Keys = { resume: [], messages: "" };
  const house = { store, clock, logger, limits };
  const sessions = new Set<EngineSession>();

  // transport: bytes in, bytes out
  const admission = new Admission({ ...house, bucket: (now) => addressRate(limits, now) });
  const peers = new PeerReader({ ...settings, logger, production: process.env["NODE_ENV"] === "production" });
  const door = { ...house, closedBecause, admit: (address: string) => admission.admit(address), accept };
  const transport = new WsTransport({ ...door, see: (request) => peers.see(request) });
  const polls = new PollTransport({ ...door, random, equal: systemCrypto.equal, sweeper: new Sweeper(clock) });

  // session: one device's stay on this node
  const sweeper = new Sweeper(clock);
  const registry = new SessionRegistry<EngineSession>(limits.connectionsPerUserMax);
  const sessionsOf = (user: UserId) => registry.of(user);
  const rates = new SendRates(limits);
  const costs = new UserCosts(limits);
  const handshake = new Handshake({
    ...house,
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
    outbox: (wireOut, slow) => new Outbox(outboxHouse, wireOut, slow),
    enter,
    leave,
    welcome,
    spread: () => admission.spread(sessions.size),
    activity: (session, state) => presenceTracker.activity(session.id, state),
    delivered: (session, seqs) => {
      for (const [c, seq] of seqs) watermarks.delivered(session.user, c, seq);
    },
    cursors: (session, seqs) => void takeToldCursors(engineHouse, session.user, seqs),
    command: (session, frame) => dispatch(engineHouse, callerOf(session), frame),
    send: (session, frame, order) => send(engineHouse, callerOf(session), frame, order),
    sendBlocked: (session, frame, retryAfterMs) => sendBlocked(engineHouse, callerOf(session), frame, retryAfterMs),
    repair: async (session, have) => {
      await listening(session.user);
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
        if (entry.key !== undefined) tellSent(entry.conversation, entry.user, result.row.seq);
    },
    found: (c, epoch, rows) => {
      publisher.publish({ c, epoch, rows, membersVersion: 0 });
      for (const { id, from, seq } of rows) if (id !== undefined) tellSent(c, from, seq);
    },
    refused: (order, retryAfterMs) => hostQueue.refused(order, retryAfterMs),
  });
  const recent = new RecentEvents<EncodedEvent>(limits, encodeDeleted);
  const watermarks = new Watermarks({ ...house, raised: (c, user, raised) => receipts.tell(c, user, raised) });
  const engineHouse = {
    ...house,
    permissions,
    sequencer,
    host: decisions,
    hostQueue,
    changes: new Changes(limits),
    watermarks,
    newId,
    keyedHash: (text: string) => systemCrypto.sign(keys.messages, text),
    access: (user: UserId, c: string) => access.one(user, c),
    accessMany: (user: UserId, conversations: readonly string[]) => access.of(user, conversations),
    recent: (c: string, epoch: string, after: number, head: number) => recent.above(c, epoch, after, head),
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
    removed: (c: string, members: readonly UserId[]) => {
      fanout.gone(c, members);
      inProcess.wake(c);
    },
    open: (session: EngineSession, c: string) => openSubscription({ subscriptions, encode }, session, c),
    unsubscribe: (session: EngineSession, c: string) => subscriptions.end(session, c),
    known: (c: string, { mode, members }: Access) => {
      modes.learn(c, mode);
      watermarks.members(c, members);
    },
    told: (c: string, given: readonly (readonly [UserId, number, number])[]) => receipts.known(c, given),
    online: (c: string, access: Access) => onlineCounts.of(c, access),
    presence: {
      see: (users: readonly UserId[]) => presenceBoard.see(users),
      open: (session: EngineSession, c: string, users: readonly UserId[]) => presenceBoard.open(session, c, users),
    },
    watch: (session: EngineSession, request: PresenceRequest) => watchPresence(engineHouse, session, request),
    unwatch: (session: EngineSession, users: readonly UserId[]) => presenceBoard.unwatch(session, users),
    listeners: (c: string, user: UserId) => subscribersBeside(c, user),
    typed: (c: string, user: UserId, members: number) => typingNotices.tell(c, user, members),
    sendWait: (user: UserId, c: string) => rates.take(null, user, c, clock.monotonic()),
    apart: (user: UserId, other: UserId) => presenceBoard.blocked(user, other),
  };

  // bus and fan-out: who hears of it
  const gate = new OrderGate({
    ...house,
    pass: (arrival) => {
      fanout.deliver(arrival);
      inProcess.wake(arrival.c);
    },
  });
  const audiences = new Audiences(house);
  const modes = new Modes(house);
  const subscriptions = new Subscriptions<EngineSession, EncodedEvents>(limits);
  const publisher = new Publisher({
    node,
    bus,
    logger,
    arrive: (arrival) => gate.arrive(arrival),
    members: membersOf,
  });
  const fanout = new Fanout<EngineSession>({
    audiences,
    modes,
    subscriptions,
    clock,
    logger,
    limits,
    sessionsOf,
    encodeEvents,
    encode,
    remember: ({ c, epoch, events }) => recent.add(c, epoch, events),
    forget: (c) => recent.forget(c),
    left: (c, users) => (users === null ? presenceBoard.gone(c) : presenceBoard.left(c, users)),
  });
  const receipts = new Receipts<EngineSession>({ clock, subscriptions, sessionsOf, encode });
  const typingNotices = new TypingNotices<EngineSession>({ clock, limits, subscriptions, encode });

  // outbox: one a session
  const budget = new OutboxBudget(clock, limits.outboxesBytesMax);
  const { onOverflow } = settings;
  const outboxHouse = { limits, onOverflow, budget, now: () => clock.monotonic(), encode, encodeAgain };

  const presenceTracker = new PresenceTracker({
    node,
    store: presence,
    clock,
    logger,
    limits,
    changed: (user) => presenceBoard.changed([user]),
  });
  const onlineCounts = new OnlineCounts({
    clock,
    limits,
    members: membersOf,
    online: (users) => presenceTracker.online(users),
  });
  const presenceBoard = new PresenceBoard({
    node,
    store: presence,
    clock,
    logger,
    limits,
    here: (user) => presenceTracker.of(user),
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
    decode,
    checkedCreation,
    checkedPatch,
    contentHash: (content) => engineHouse.keyedHash(contentText(content)),
    sessionsOf,
    allSessions: () => sessions,
    forget: (c) => recent.forget(c),
  });
  const http = new HttpApi({
    ...house,
    polls,
    commands: chargedReads(commands, (user, rows) => costs.charge(user, rows, clock.monotonic())),
    ask: (user) => costs.ask(user, REQUEST_ROWS, clock.monotonic()),
    see: (request) => peers.see(request),
    authenticate: (token, peer) => handshake.authenticate(token, peer, null),
    ready: async () => {
      const closed = closedBecause();
      if (closed !== null) throw new ChatError("unavailable", `unable to serve; ${closed}`, { retryAfterMs: 1_000 });
      try {
        await store.ping();
      } catch (cause) {
        throw new ChatError("unavailable", "unable to serve; the store does not answer", {
          retryAfterMs: 1_000,
          cause,
        });
      }
    },
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
    sessions,
    transport,
    polls,
    sequencer,
    watermarks,
    typingNotices,
    presenceTracker,
    presenceBoard,
    http,
    inProcess,
    decisions,
    accept,
    gauges,
  };

  /** Takes in one connection, of whatever transport. */
  function accept(connection: Connection): EngineSession {
    const session: EngineSession = new Session(sessionHouse, `s_${node}_${base64url(random.bytes(16))}`, connection);
    sessions.add(session);
    admission.enter(connection.request.address);
    sweeper.add(session);
    return session;
  }

  function gauges(): Gauges {
    return {
      sessions: sessions.size,
      swept: sweeper.size,
      polls: polls.size,
      users: registry.size,
      topics: publisher.size,
      subscriptions: subscriptions.size,
      watermarks: watermarks.size,
      present: presenceTracker.size,
      watchers: presenceBoard.sizes.watchers,
      addresses: admission.addresses,
      outboxBytes: budget.bytes,
      asked: hostQueue.size,
    };
  }

  function enter(session: EngineSession): CloseCode | null {
    if (sessions.size > limits.connectionsMax) return CLOSE.overloaded;
    if (!inProcess.revocations.holds(session.user, session.mark)) return CLOSE.expired;
    const registered = registry.add(session);
    if (registered.kind === "replaced") return CLOSE.replaced;
    if (registered.kind === "too many") return CLOSE.tooManyConnections;
    for (const other of registered.replaced) other.end(CLOSE.replaced);
    void publisher.listen(session.user);
    presenceTracker.enter(presenceOf(session));
    return null;
  }

  function leave(session: EngineSession, farewell: Farewell): void {
    sweeper.remove(session);
    sessions.delete(session);
    admission.leave(session.address);
    if (session.user === "") return;
    subscriptions.leave(session);
    presenceBoard.end(session);
    void watermarks.flush(session.user);
    if (registry.remove(session)) publisher.forget(session.user);
    presenceTracker.leave(presenceOf(session), farewell);
  }

  /** Written by this node: for its sessions, the other nodes, and the host's listeners. */
  function tellWritten(events: CommittedEvents): void {
    publisher.publish(events);
    decisions.listeners.tell(events);
  }

  /** A send has raised its sender's watermarks in the store; whoever listens is told. */
  function tellSent(c: string, user: UserId, seq: number): void {
    const [listener] = watermarks.large(c) ? [] : subscribersBeside(c, user);
    if (listener !== undefined || registry.of(user).length > 1) watermarks.sent(user, c, seq);
  }

  async function membersOf(c: string, version: number): Promise<ReadonlySet<UserId>> {
    return (audiences.at(c, version) ?? (await audiences.read(c, version, false))).users;
  }

  function* subscribersBeside(c: string, user: UserId): Iterable<UserId> {
    for (const session of subscriptions.of(c)?.sessions.keys() ?? []) if (session.user !== user) yield session.user;
  }

  /** Resolves when nothing published for the user can be missed any longer; at the latest in time, since a dead bus must not keep people out. */
  async function listening(user: UserId): Promise<void> {
    const late = new Promise<void>((resolve) => {
      const timer = clock.after(limits.topicWithinMs, resolve);
      void publisher.listen(user).then(() => {
        timer.cancel();
        resolve();
      });
    });
    await late;
  }

  function welcome(session: EngineSession, resumed: boolean): GatewayFrame {
    const spread = admission.spread(sessions.size);
    return welcomeFrame({ node, durability: store.durability, limits, spread, now: clock.now() }, session, resumed);
  }
}

function callerOf(session: EngineSession) {
  return { user: session.user, claims: session.claims, origin: session, session };
}

function presenceOf(session: EngineSession) {
  return { session: session.id, user: session.user, device: session.device, activity: session.activity };
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}
