import type {
  ClientFrame,
  ConversationId,
  ErrorFrame,
  EventFrame,
  EventRow,
  EventsFrame,
  FetchFrame,
  GatewayFrame,
  HaveEntry,
  HelloFrame,
  InboxRow,
  SendFrame,
  SendType,
  UserId,
  WelcomeFrame,
} from "@earshot/protocol";
import { CLOSE, LIMITS, PROTOCOL_VERSION } from "@earshot/protocol";
import type { Clock } from "../ports/clock.ts";
import { asHappened, asItStands, cutPage, type Hidden, isDeleted, targetOf } from "./fake-log.ts";
import { FakeMarks } from "./fake-marks.ts";
import { type FakePeer, FakeServer } from "./fake-server.ts";

interface FakeLog {
  epoch: string;
  events: EventRow[];
  readonly hidden: Hidden[];
}

interface FakeSession {
  readonly peer: FakePeer;
  readonly user: UserId;
  readonly hello: HelloFrame;
  /** Counted frames written. */
  written: number;
}

/** What becomes of one frame on its way to the client: nothing, once, twice. */
export type Fate = (frame: GatewayFrame) => readonly GatewayFrame[];

/**
 * A small gateway that keeps its promises: logs in memory, dedup by message id, repair of `have`, pages,
 * inbox, pings, receipts, typing, presence. Its wire may be made unreliable. Everybody is a member of every
 * conversation and subscribed to it, and the token is the user's id.
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
  /** The same of a page. */
  refuseFetch: (frame: FetchFrame) => GatewayFrame | null = () => null;
  /** Whom `subscribed` names. */
  people: readonly UserId[] = ["me", "you"];
  readonly marks = new FakeMarks();
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

  /** Messages as they stand for a user, with what changed the conversation, less what is hidden: what windows should show. */
  visible(c: ConversationId, user: UserId): readonly EventRow[] {
    const { hidden } = this.#log(c);
    return this.present(c, user).filter(({ seq }) => !hidden.some(([from, to]) => from <= seq && seq <= to));
  }

  /** The same with what is hidden. */
  present(c: ConversationId, user: UserId): readonly EventRow[] {
    return asItStands(this.#log(c).events, user);
  }

  /** Somebody writes; members hear of it. `re`: a reply. */
  append(
    c: ConversationId,
    from: UserId,
    body: Readonly<Record<string, unknown>>,
    id?: string,
    more: Pick<EventRow, "re" | "mentions"> = {},
  ): EventRow {
    return this.#append(c, { type: "message", from, body, ...(id === undefined ? {} : { id }), ...more });
  }

  /** Somebody edits, deletes or reacts to the message `re`, or writes an event of the host's own; rights are not asked for. */
  change(
    c: ConversationId,
    from: UserId,
    type: SendType,
    re: number,
    body?: Readonly<Record<string, unknown>>,
  ): EventRow {
    return this.#append(c, { type, from, re, ...(body === undefined ? {} : { body }) });
  }

  /** Somebody has more of it; members hear of it. */
  receipt(c: ConversationId, user: UserId, delivered: number, read = 0): void {
    const mark = this.marks.raise(c, user, delivered, read);
    this.#tell({ t: "receipt", c, user, delivered: mark.delivered, read: mark.read });
  }

  /** Says something to every session, but those of one user. */
  #tell(frame: GatewayFrame, but?: UserId): void {
    for (const session of this.#sessions) if (session.user !== but) this.#say(session, frame);
  }

  /** From now on nobody may have these seqs: pages name them by `void`. */
  hide(c: ConversationId, from: number, to: number): void {
    this.#log(c).hidden.push([from, to]);
  }

  /** The log falls back to its first `kept` events, and begins another life. */
  lose(c: ConversationId, kept: number): void {
    const log = this.#log(c);
    log.events = log.events.slice(0, kept);
    this.marks.cut(c, kept);
    log.epoch = `e${++this.#epochs}`;
    this.marks.lose(c, kept);
  }

  /** All connections break, as if the process were killed. */
  kill(): void {
    for (const { peer } of [...this.#sessions]) peer.close(1006);
    this.#sessions.clear();
  }

  #log(c: ConversationId): FakeLog {
    const log = this.#logs.get(c) ?? { epoch: `e${++this.#epochs}`, events: [], hidden: [] };
    this.#logs.set(c, log);
    return log;
  }

  #append(c: ConversationId, draft: Omit<EventRow, "seq" | "ord" | "at">, by?: FakeSession): EventRow {
    const log = this.#log(c);
    const seq = log.events.length + 1;
    const ord = ordOf(log) + (draft.type === "message" ? 1 : 0);
    const row: EventRow = { seq, ord, id: `m${seq}`, at: this.#now(), ...draft };
    log.events.push(row);
    this.marks.raise(c, row.from, seq, seq);
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
    const session: FakeSession = { peer, user: hello.token ?? "me", hello, written: 0 };
    for (const other of this.#sessions) {
      const { device, k = 0 } = other.hello;
      if (device === hello.device && k <= (hello.k ?? 0)) other.peer.close(CLOSE.replaced.code);
      if (!other.peer.open) this.#sessions.delete(other);
    }
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
        this.#say(session, this.refuseFetch(frame) ?? { ...this.#page(frame, session.user), id: frame.id });
        break;
      case "subscribe":
        if (frame.users === undefined) this.#subscribed(session, frame.c, frame.id);
        else {
          const users = frame.users.map((user) => this.marks.presence.get(user)).filter((row) => row !== undefined);
          this.#say(session, { t: "presence", id: frame.id, users });
        }
        break;
      case "read":
        this.marks.of(frame.c, session.user).marked = false;
        this.receipt(frame.c, session.user, 0, Math.min(frame.seq, this.#log(frame.c).events.length));
        break;
      case "unread":
        this.marks.of(frame.c, session.user).marked = frame.on;
        break;
      case "typing":
        this.#tell({ t: "typing", c: frame.c, user: session.user }, session.user);
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
      else if (seq < head) this.#say(session, this.#page({ c, after: seq }, session.user));
      if (subscribe === true) this.#subscribed(session, c);
    }
  }

  #subscribed(session: FakeSession, c: ConversationId, id?: string): void {
    const log = this.#log(c);
    const { epoch, events } = log;
    this.#say(session, {
      t: "subscribed",
      ...(id === undefined ? {} : { id }),
      c,
      mode: "push",
      epoch,
      head: events.length,
      ord: ordOf(log),
      members: this.people.length,
      online: 0,
      watermarks: this.people.map((user) => {
        const { delivered, read } = this.marks.of(c, user);
        return [user, delivered, read];
      }),
    });
  }

  #send(session: FakeSession, frame: SendFrame): void {
    const { t, c, ...draft } = frame;
    const log = this.#log(c);
    const stored = log.events.find((row) => row.id === frame.id && row.from === session.user);
    const refusal = stored === undefined ? (this.refuse(frame) ?? refusalOf(log, frame, session.user)) : null;
    if (refusal !== null) {
      this.#say(session, refusal);
      return;
    }
    const row = stored ?? this.#append(c, { ...draft, from: session.user }, session);
    const { id, seq, ord, at } = { ...row, id: frame.id };
    this.#say(session, {
      ...{ t: "sent", id, c, epoch: log.epoch, seq, ord, at },
      ...(stored === undefined ? {} : { dup: true }),
    });
  }

  #page({ c, re, limit, ...where }: Omit<FetchFrame, "id" | "t">, user: UserId): EventsFrame {
    const { epoch, events, hidden } = this.#log(c);
    const head = events.length;
    const rows = where.after === undefined ? asItStands(events, user) : asHappened(events);
    const of = re === undefined ? rows : rows.filter((row) => row.type === "message" && row.re === re);
    const bounded = Math.min(limit ?? LIMITS.pageRowsMax, LIMITS.pageRowsMax);
    return { t: "events", c, epoch, head, ...cutPage(of, hidden, head, { ...where, limit: bounded }) };
  }

  #row(c: ConversationId, user: UserId): InboxRow {
    const log = this.#log(c);
    const { epoch, events } = log;
    const [head, ord] = [events.length, ordOf(log)];
    const last = this.present(c, user).findLast(({ type }) => type === "message") ?? null;
    return {
      ...{ c, kind: "group", mode: "push", epoch, head, ord, ...this.marks.rowFields(c, user, events) },
      ...{ role: "member", title: null, meta: null, mute: false, last },
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

function ordOf({ events }: FakeLog): number {
  return events.at(-1)?.ord ?? 0;
}

/** What the gateway refuses about the message that a send names, or null. */
function refusalOf({ events }: FakeLog, { id, c, type, re }: SendFrame, user: UserId): ErrorFrame | null {
  const no = (code: ErrorFrame["code"]): ErrorFrame => ({ t: "error", id, c, code, message: `unable to ${type}` });
  if (type.startsWith("x-") || (type === "message" && re === undefined)) return null;
  const target = targetOf(events, re);
  if (target === undefined) return no("not_found");
  if (type !== "react" && type !== "message" && target.from !== user) return no("forbidden");
  return (type === "edit" || type === "react") && isDeleted(events, target.seq) ? no("conflict") : null;
}
