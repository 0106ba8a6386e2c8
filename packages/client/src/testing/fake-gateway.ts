import type {
  ClientFrame,
  ConversationId,
  EventFrame,
  EventRow,
  EventsFrame,
  FetchFrame,
  GatewayFrame,
  HaveEntry,
  HelloFrame,
  InboxRow,
  PageRow,
  SendFrame,
  UserId,
  WelcomeFrame,
} from "@earshot/protocol";
import { LIMITS, PROTOCOL_VERSION } from "@earshot/protocol";
import type { Clock } from "../ports/clock.ts";
import { type FakePeer, FakeServer } from "./fake-server.ts";

interface FakeLog {
  epoch: string;
  events: EventRow[];
}

interface FakeSession {
  readonly peer: FakePeer;
  readonly user: UserId;
  /** Counted frames written. */
  written: number;
}

/** What becomes of one frame on its way to the client: nothing, once, twice. */
export type Fate = (frame: GatewayFrame) => readonly GatewayFrame[];

/**
 * A small gateway that keeps its promises: logs in memory, dedup by message id, repair of `have`, pages,
 * inbox, pings. Its wire may be made unreliable. Everybody is a member of every conversation, and the
 * token is the user's id.
 */
export class FakeGateway {
  readonly server: FakeServer;
  /** Fields of `welcome` to say otherwise. */
  welcome: Partial<WelcomeFrame> = {};
  /** How far its wall clock is ahead, in ms. */
  skewMs = 0;
  /** Time a frame takes to the client, in ms. */
  latencyMs = 5;
  /** Loses, doubles or changes frames on their way. */
  fate: Fate = (frame) => [frame];
  /** Answers a send in another way than by storing it; null: store it. */
  refuse: (frame: SendFrame) => GatewayFrame | null = () => null;
  readonly #clock: Clock;
  readonly #logs = new Map<ConversationId, FakeLog>();
  readonly #sessions = new Set<FakeSession>();
  #epochs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.server = new FakeServer(clock);
    this.server.onConnection = (peer) => this.#connected(peer);
  }

  /** A conversation's log, oldest first. */
  log(c: ConversationId): readonly EventRow[] {
    return this.#log(c).events;
  }

  /** Somebody writes; members hear of it. */
  append(c: ConversationId, from: UserId, body: Readonly<Record<string, unknown>>, id?: string): EventRow {
    const log = this.#log(c);
    const seq = log.events.length + 1;
    return this.#append(c, { seq, ord: seq, type: "message", id: id ?? `m${seq}`, from, at: this.#now(), body });
  }

  /** The log falls back to its first `kept` events, and begins another life. */
  lose(c: ConversationId, kept: number): void {
    const log = this.#log(c);
    log.events = log.events.slice(0, kept);
    log.epoch = `e${++this.#epochs}`;
  }

  /** All connections break, as if the process were killed. */
  kill(): void {
    for (const { peer } of [...this.#sessions]) peer.close(1006);
    this.#sessions.clear();
  }

  #log(c: ConversationId): FakeLog {
    const log = this.#logs.get(c) ?? { epoch: `e${++this.#epochs}`, events: [] };
    this.#logs.set(c, log);
    return log;
  }

  #append(c: ConversationId, row: EventRow, by?: FakeSession): EventRow {
    const log = this.#log(c);
    log.events.push(row);
    for (const session of this.#sessions) {
      if (session === by) continue;
      session.written++;
      this.#say(session, { t: "event", c, epoch: log.epoch, ...row });
    }
    return row;
  }

  #connected(peer: FakePeer): void {
    let session: FakeSession | null = null;
    peer.onFrame = (frame) => {
      if (frame.t === "hello") session = this.#hello(peer, frame);
      else if (session !== null) this.#take(session, frame);
    };
  }

  #hello(peer: FakePeer, hello: HelloFrame): FakeSession {
    const session: FakeSession = { peer, user: hello.token ?? "me", written: 0 };
    for (const other of this.#sessions) if (!other.peer.open) this.#sessions.delete(other);
    this.#sessions.add(session);
    this.#say(session, {
      t: "welcome",
      v: PROTOCOL_VERSION,
      session: `s_${this.server.peers.length}`,
      user: session.user,
      node: "n1",
      resumed: hello.resume !== undefined,
      resume: `resume-${this.server.peers.length}`,
      durability: "memory",
      heartbeat: 20_000,
      spread: 400,
      window: LIMITS.windowFramesMax,
      limits: {
        frame: LIMITS.frameBytesMax,
        body: LIMITS.bodyBytesMax,
        inflight: LIMITS.inflightMax,
        have: LIMITS.haveMax,
        page: LIMITS.pageRowsMax,
        subscriptions: LIMITS.subscriptionsMax,
      },
      now: this.#now(),
      ...this.welcome,
    });
    this.#repair(session, hello.have ?? []);
    return session;
  }

  #take(session: FakeSession, frame: ClientFrame): void {
    switch (frame.t) {
      case "have":
        this.#repair(session, frame.have);
        break;
      case "ping":
        this.#say(session, {
          t: "pong",
          n: session.written,
          now: this.#now(),
          resume: `resume-${this.server.peers.length}`,
        });
        break;
      case "send":
        this.#send(session, frame);
        break;
      case "fetch":
        this.#say(session, { ...this.#page(frame), id: frame.id });
        break;
      case "subscribe":
        this.#subscribed(session, frame.c, frame.id);
        break;
      case "unsubscribe":
        this.#say(session, { t: "unsubscribed", id: frame.id });
        break;
      case "inbox":
        this.#say(session, {
          t: "inbox",
          id: frame.id,
          conversations: [...this.#logs.keys()].map((c) => this.#row(c, session.user)),
          cursor: "all",
          more: false,
        });
    }
  }

  #repair(session: FakeSession, have: readonly HaveEntry[]): void {
    for (const [c, epoch, seq, subscribe] of have) {
      const { epoch: now, events } = this.#log(c);
      const head = events.length;
      if (epoch !== now || seq > head)
        this.#say(session, { t: "events", c, epoch: now, head, events: [], reset: true });
      else if (seq < head) this.#say(session, this.#page({ c, after: seq }));
      if (subscribe === true) this.#subscribed(session, c);
    }
  }

  #subscribed(session: FakeSession, c: ConversationId, id?: string): void {
    const { epoch, events } = this.#log(c);
    this.#say(session, {
      t: "subscribed",
      ...(id === undefined ? {} : { id }),
      c,
      mode: "push",
      epoch,
      head: events.length,
      ord: events.length,
      members: 2,
      online: 0,
      watermarks: [],
    });
  }

  #send(session: FakeSession, frame: SendFrame): void {
    const { id, c, type, body = {}, re, mentions } = frame;
    const log = this.#log(c);
    const stored = log.events.find((row) => row.id === id && row.from === session.user);
    const refusal = stored === undefined ? this.refuse(frame) : null;
    if (refusal !== null) {
      this.#say(session, refusal);
      return;
    }
    const seq = log.events.length + 1;
    const row = stored ?? {
      ...{ seq, ord: seq, type, id, from: session.user, at: this.#now(), body },
      ...(re === undefined ? {} : { re }),
      ...(mentions === undefined ? {} : { mentions }),
    };
    if (stored === undefined) this.#append(c, row, session);
    this.#say(session, {
      t: "sent",
      ...{ id, c, epoch: log.epoch, seq: row.seq, ord: row.ord, at: row.at },
      ...(stored === undefined ? {} : { dup: true }),
    });
  }

  #page({ c, after, before, limit = LIMITS.pageRowsMax }: Omit<FetchFrame, "id" | "t">): EventsFrame {
    const { epoch, events } = this.#log(c);
    const head = events.length;
    const [from, to] =
      after === undefined
        ? [Math.max(1, (before ?? head + 1) - limit), (before ?? head + 1) - 1]
        : [after + 1, Math.min(head, after + limit)];
    const rows: readonly PageRow[] = events.slice(from - 1, to);
    return { t: "events", c, epoch, head, from, to, events: rows, more: after === undefined ? from > 1 : to < head };
  }

  #row(c: ConversationId, user: UserId): InboxRow {
    const { epoch, events } = this.#log(c);
    const head = events.length;
    const read = events.findLastIndex((row) => row.from === user) + 1;
    return {
      ...{ c, kind: "group", mode: "push", epoch, head, ord: head, delivered: read, read, unread: head - read },
      ...{ mentions: 0, role: "member", title: null, meta: null, mute: false, last: events.at(-1) ?? null },
    };
  }

  #now(): number {
    return this.#clock.now() + this.skewMs;
  }

  /** Whatever is said is said in order, a little later, and as the wire will have it. */
  #say(session: FakeSession, frame: GatewayFrame | EventFrame): void {
    this.#clock.after(this.latencyMs, () => session.peer.send(...this.fate(frame)));
  }
}
