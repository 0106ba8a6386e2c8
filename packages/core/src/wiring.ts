import {
  ChatError,
  CLOSE,
  type CloseCode,
  type EventRow,
  type GatewayFrame,
  LIMITS,
  PROTOCOL_VERSION,
  type UserId,
} from "@earshot/protocol";
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
  encodeEvents,
  encodePage,
} from "./codec/encode.ts";
import { AccessBatch } from "./engine/access-batch.ts";
import { arrivals, creationArrival } from "./engine/arrivals.ts";
import type { Caller } from "./engine/caller.ts";
import { createConversation } from "./engine/create-conversation.ts";
import { dispatch } from "./engine/dispatch.ts";
import { fetchPage } from "./engine/fetch.ts";
import { inboxPage } from "./engine/inbox.ts";
import { changeMembers, listMembers } from "./engine/members.ts";
import { repair } from "./engine/repair.ts";
import { send, sendBlocked } from "./engine/send.ts";
import { Sequencer } from "./engine/sequencer.ts";
import { Audiences } from "./fanout/audience.ts";
import { Fanout } from "./fanout/fanout.ts";
import { HttpApi, type HttpCommands } from "./http/http-api.ts";
import type { ChatEngineOptions, EngineSettings } from "./options.ts";
import { Outbox } from "./outbox/outbox.ts";
import type { NewConversation } from "./ports/message-store.ts";
import type { Connection } from "./ports/transport.ts";
import { MemoryPresenceRegistry, memoryPresence } from "./presence/memory-presence-store.ts";
import { PresenceTracker } from "./presence/presence-tracker.ts";
import { Handshake } from "./session/handshake.ts";
import { Sweeper } from "./session/heartbeat.ts";
import { SendRates } from "./session/send-rates.ts";
import { Session } from "./session/session.ts";
import { SessionRegistry } from "./session/session-registry.ts";
import type { SessionSurroundings } from "./session/session-surroundings.ts";
import { silentLogger } from "./system/silent-logger.ts";
import { systemClock } from "./system/system-clock.ts";
import * as systemCrypto from "./system/system-crypto.ts";
import { systemRandom } from "./system/system-random.ts";
import { Admission } from "./transport/admission.ts";
import { seeRequest } from "./transport/origin.ts";
import { WsTransport } from "./transport/ws-transport.ts";

/** What only an open store can give; filled in by `start`. */
export interface Keys {
  /** Sign resume tokens: the first signs, all verify. */
  resume: readonly string[];
  /** Keys the hash that a repeat of a send is compared by. One for the whole store, for ever. */
  messages: string;
}

/** What grows with connections, and is back at 0 when they are gone (I25). */
export interface Gauges {
  readonly sessions: number;
  /** Sessions whose deadlines are looked at. */
  readonly swept: number;
  /** Users that have a session here. */
  readonly users: number;
  /** Topics listened to on the bus. */
  readonly topics: number;
}

type EngineSession = Session<EncodedEvents>;
export type House = ReturnType<typeof wire>;

/**
 * Builds every room, in the order in which a message visits them, and is the only place that sees
 * them all: transport → codec → session → engine → store → bus → fan-out → outbox → transport.
 * `closedBecause`: why nobody can come in now, or null.
 */
export function wire(options: ChatEngineOptions, settings: EngineSettings, closedBecause: () => string | null) {
  const { limits } = settings;
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
  const admission = new Admission(clock, limits.admissionsPerSecondMax);
  const transport = new WsTransport({
    ...settings,
    clock,
    closedBecause,
    admit: () => admission.admit(),
    accept,
  });

  // session: one device's stay on this node
  const sweeper = new Sweeper(clock);
  const registry = new SessionRegistry<EngineSession>(limits.connectionsPerUserMax);
  const rates = new SendRates(limits);
  const handshake = new Handshake({
    ...house,
    authenticate: options.authenticate,
    crypto: systemCrypto,
    get secrets() {
      return keys.resume;
    },
  });
  const sessionHouse: SessionSurroundings<EncodedEvents, EngineSession> = {
    ...house,
    rates,
    handshake,
    decode,
    decodeHello,
    encode,
    outbox: (wireOut) => new Outbox(outboxHouse, wireOut),
    enter,
    leave,
    welcome,
    spread: () => admission.spread(sessions.size),
    command: (session, frame) => dispatch(engineHouse, callerOf(session), frame),
    send: (session, frame, order) => send(engineHouse, callerOf(session), frame, order),
    sendBlocked: (session, frame, retryAfterMs) => sendBlocked(engineHouse, callerOf(session), frame, retryAfterMs),
    repair: async (session, have) => {
      await listening(session.user);
      await repair(engineHouse, session, have);
    },
  };

  // engine: decisions
  const access = new AccessBatch(store, clock);
  const sequencer = new Sequencer({
    ...house,
    committed: (batch) => {
      for (const arrival of arrivals(batch)) publisher.publish(arrival);
    },
  });
  const recent = new RecentEvents<EncodedEvent>(limits);
  const engineHouse = {
    ...house,
    sequencer,
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
      audiences.begin(made, created);
      publisher.publish(creationArrival(made, created));
    },
  };

  // bus and fan-out: who hears of it
  const gate = new OrderGate({ ...house, pass: (arrival) => fanout.deliver(arrival) });
  const audiences = new Audiences(house);
  const publisher = new Publisher({
    node,
    bus,
    logger,
    arrive: (arrival) => gate.arrive(arrival),
    members: async (c, version) => (audiences.at(c, version) ?? (await audiences.read(c, version, false))).users,
  });
  const fanout = new Fanout({
    audiences,
    clock,
    logger,
    sessionsOf: (user) => registry.of(user),
    encodeEvents,
    encode,
    remember: ({ c, epoch, events }) => recent.add(c, epoch, events),
  });

  // outbox: one a session
  const outboxHouse = { limits, onOverflow: settings.onOverflow, now: () => clock.monotonic(), encode, encodeAgain };

  const presenceTracker = new PresenceTracker({
    node,
    store: presence,
    clock,
    logger,
    sessions: () => [...sessions].filter((session) => session.live).map(presenceOf),
  });

  const http = new HttpApi({
    logger,
    commands: httpCommands(),
    see: (headers, address) => seeRequest({ headers: Object.fromEntries(headers), remoteAddress: address }, settings),
    authenticate: (token, peer) => handshake.authenticate(token, peer, null),
    ready: async () => {
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
    random,
    logger,
    keys,
    sessions,
    transport,
    sequencer,
    presenceTracker,
    http,
    accept,
    gauges,
  };

  /** Takes in one connection, of whatever transport. */
  function accept(connection: Connection): EngineSession {
    const session: EngineSession = new Session(sessionHouse, `s_${node}_${base64url(random.bytes(16))}`, connection);
    sessions.add(session);
    sweeper.add(session);
    return session;
  }

  function gauges(): Gauges {
    return { sessions: sessions.size, swept: sweeper.size, users: registry.size, topics: publisher.size };
  }

  function enter(session: EngineSession): CloseCode | null {
    if (sessions.size > limits.connectionsMax) return CLOSE.overloaded;
    const registered = registry.add(session);
    if (registered.kind === "replaced") return CLOSE.replaced;
    if (registered.kind === "too many") return CLOSE.tooManyConnections;
    for (const other of registered.replaced) other.end(CLOSE.replaced);
    void publisher.listen(session.user);
    presenceTracker.enter(presenceOf(session));
    return null;
  }

  function leave(session: EngineSession): void {
    sweeper.remove(session);
    sessions.delete(session);
    if (session.user === "") return;
    if (registry.remove(session)) publisher.forget(session.user);
    presenceTracker.leave(presenceOf(session));
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
    return {
      t: "welcome",
      v: PROTOCOL_VERSION,
      session: session.id,
      user: session.user,
      node,
      resumed,
      resume: session.renew(),
      durability: store.durability,
      ...(session.expires === null ? {} : { expires: session.expires }),
      heartbeat: limits.heartbeatMs,
      spread: admission.spread(sessions.size),
      window: limits.windowFramesMax,
      limits: {
        frame: LIMITS.frameBytesMax,
        body: LIMITS.bodyBytesMax,
        inflight: limits.inflightMax,
        have: LIMITS.haveMax,
        page: LIMITS.pageRowsMax,
        subscriptions: limits.subscriptionsMax,
      },
      now: clock.now(),
    };
  }

  function httpCommands(): HttpCommands {
    const by = (user: UserId): Caller => ({ user, origin: null });
    return {
      create: (user, request) => createConversation(engineHouse, by(user), request),
      inbox: (user, cursor, limit) =>
        inboxPage(engineHouse, by(user), limit === undefined ? { cursor } : { cursor, limit }),
      row: (user, c) => store.row(user, c),
      members: (user, c, cursor, limit) => listMembers(engineHouse, by(user), c, cursor, limit),
      changeMembers: (user, c, changes) => changeMembers(engineHouse, by(user), c, changes),
      fetch: (user, request) => fetchPage(engineHouse, by(user), request),
      send: async (user, draft) => {
        const wait = rates.take(null, user, draft.c, clock.monotonic());
        if (wait > 0)
          throw new ChatError("rate_limited", "unable to send message; too many in too short a time", {
            retryAfterMs: wait,
          });
        return send(engineHouse, by(user), draft, null);
      },
    };
  }
}

function callerOf(session: EngineSession) {
  return { user: session.user, origin: session, subscriptions: session.subscriptions };
}

function presenceOf(session: EngineSession) {
  return { session: session.id, user: session.user, device: session.device };
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}
