import type { ConversationId, Epoch, UserId } from "@earshot/protocol";
import type { SeenEvent } from "../../history-line.ts";
import type { ModelLog } from "./model-log.ts";
import type { Cursor, DevicePart, ModelGateway, SessionPart, WorldPart } from "./model-parts.ts";
import { ModelSession } from "./model-session.ts";

interface ModelSend {
  readonly conv: ConversationId;
  readonly cmid: string;
  readonly type: string;
  readonly hash: string;
  /** Whether a hook of the host has something against it, the first time. */
  readonly refuse: boolean;
}

/** What was applied longer ago than this is stored, in ms. */
const STORED_AFTER_MS = 400;

/** A device, its application, and the gateway's side of its sessions. */
export class ModelDevice implements DevicePart {
  readonly name: string;
  readonly user: UserId;
  readonly storage: boolean;
  readonly #world: WorldPart;
  life = 0;
  running = false;
  session: ModelSession | null = null;
  #connections = 0;
  #cursors = new Map<ConversationId, Cursor>();
  /** Positions, by time, that the storage will have. */
  #trail: { readonly t: number; readonly conv: ConversationId; readonly cursor: Cursor | null }[] = [];
  #pending: ModelSend[] = [];
  #acked: (ModelSend & Cursor)[] = [];
  #wiped = false;
  #writes = 0;

  constructor(world: WorldPart, name: string, user: UserId, storage: boolean) {
    this.#world = world;
    this.name = name;
    this.user = user;
    this.storage = storage;
  }

  get p(): string {
    return `${this.name}#${this.life}`;
  }

  cursor(conv: ConversationId): Cursor | undefined {
    return this.#cursors.get(conv);
  }

  tell(line: object): void {
    this.#world.write({ p: this.p, dev: this.name, user: this.user, ...line });
  }

  // ---- lives

  start(): void {
    this.life++;
    this.running = true;
    this.#world.write({ p: this.p, ev: "start" });
    for (const [conv, { epoch, seq }] of this.#cursors) this.tell({ ev: "reset", conv, epoch, seq, why: "stored" });
    this.connect();
  }

  /** It ends, by a crash or on purpose. */
  end(how: "crash" | "stop"): void {
    if (!this.running) return;
    const { session } = this;
    if (how === "stop" && session !== null) this.lost(session, 1000, "device", false);
    this.#world.write({ p: this.p, ev: how });
    for (const { conv, cmid } of this.#pending) this.tell({ ev: "info", conv, cmid });
    this.running = false;
    if (session !== null) this.#drop(session, "cut");
    this.#acked = [];
    this.#cursors = this.storage ? this.#stored() : new Map();
    this.#trail = [];
    if (!this.storage) this.#pending = [];
    for (const [conv, cursor] of this.#cursors) this.#trail.push({ t: 0, conv, cursor });
  }

  /** What it has stored is gone, while it does not run. */
  wipe(): void {
    this.#cursors.clear();
    this.#trail = [];
    this.#pending = [];
    this.#wiped = true;
  }

  #stored(): Map<ConversationId, Cursor> {
    const stored = new Map<ConversationId, Cursor>();
    for (const { t, conv, cursor } of this.#trail) {
      if (t > this.#world.now - STORED_AFTER_MS) continue;
      if (cursor === null) stored.delete(conv);
      else stored.set(conv, cursor);
    }
    return stored;
  }

  // ---- connections

  connect(): void {
    const up = this.#world.gateways.filter((gateway) => gateway.up && !gateway.draining);
    if (!this.running || this.session !== null) return;
    if (up.length === 0) {
      this.#world.after(500, () => this.connect());
      return;
    }
    const session = new ModelSession(this.#world, this, this.#world.one(up), ++this.#connections);
    this.session = session;
    const { gateway, connection } = session;
    this.tell({ ev: "conn", node: this.#world.process(gateway), connection });
    const cursors = [...this.#cursors].map(([conv, { epoch, seq }]) => [conv, epoch, seq] as const);
    this.tell({ ev: "have", cursors });
    session.up(() => this.#welcome(session, gateway, cursors));
  }

  #welcome(
    session: ModelSession,
    gateway: ModelGateway,
    cursors: readonly (readonly [ConversationId, Epoch, number])[],
  ): void {
    const world = this.#world;
    world.sessions.add(session);
    world.presence.come(session);
    const { connection } = session;
    const node = world.process(gateway);
    session.down(() => {
      session.welcomed = true;
      this.tell({ ev: "welcome", node, connection, resumed: connection > 1 });
      for (const send of this.#pending) this.#transmit(session, send);
    });
    world.presence.tell(session);
    for (const [conv, epoch, seq] of cursors) {
      const log = world.logs.get(conv);
      session.sentTo.set(conv, { epoch, seq });
      if (log?.epoch === epoch && log.raise(this.user, seq, 0)) world.raised(log, this.user);
    }
    for (const log of world.logs.values()) {
      if (log.isMember(this.user)) this.#subscribe(session, log);
      session.pump(log, "repair");
    }
  }

  #subscribe(session: ModelSession, log: ModelLog): void {
    const { conv, epoch, head } = log;
    session.down(() => this.tell({ ev: "head", by: "subscribed", conv, epoch, head }));
    for (const user of log.marks.keys()) session.tellReceipt(log, user);
  }

  /** The connection has ended; `dead`: with its gateway. */
  lost(session: SessionPart, code: number, side: "gateway" | "device" | "network", dead: boolean): void {
    if (this.session !== session || !this.running) return;
    this.tell({ ev: "close", connection: session.connection, code, side });
    this.#drop(session, dead ? "dead" : side === "network" ? "cut" : "clean");
    this.#world.after(50 + this.#world.below(1_500), () => this.connect());
  }

  #drop(session: SessionPart, how: "clean" | "cut" | "dead"): void {
    session.open = false;
    this.session = null;
    this.#world.sessions.delete(session);
    this.#world.presence.go(session, how);
  }

  // ---- what the device does with it

  take(entry: SeenEvent, by: "event" | "repair"): void {
    const { epoch, seq, from, cmid } = entry;
    const own = from === this.user ? this.#pending.find((send) => send.cmid === cmid) : undefined;
    this.tell({ ev: "deliver", by, ...entry });
    this.#pass(entry);
    if (own !== undefined) this.#settled(own, epoch, seq);
  }

  /** The newest page holds everything up to there. */
  openedAt(conv: ConversationId, cursor: Cursor): void {
    const known = this.#cursors.get(conv);
    if (known?.epoch === cursor.epoch) return;
    this.#move(conv, cursor);
    const why = known !== undefined ? "epoch" : this.#wiped ? "lost" : "begin";
    this.tell({ ev: "reset", conv, ...cursor, why });
    if (known !== undefined) this.#sendAgain(conv, cursor.epoch);
  }

  gone(conv: ConversationId): void {
    this.tell({ ev: "gone", conv });
    this.#cursors.delete(conv);
    this.#trail.push({ t: this.#world.now, conv, cursor: null });
  }

  /** The user cannot have it. */
  skip({ conv, epoch, seq }: SeenEvent): void {
    const cursor = this.#cursors.get(conv);
    if (cursor?.epoch !== epoch || seq <= cursor.seq) return;
    this.tell({ ev: "reset", conv, epoch, seq, why: "void" });
    this.#move(conv, { epoch, seq });
  }

  #pass(entry: SeenEvent): void {
    const { conv, epoch, seq } = entry;
    const cursor = this.#cursors.get(conv);
    if (cursor?.epoch !== epoch || seq !== cursor.seq + 1) return;
    this.tell({ ev: "apply", ...entry });
    this.#move(conv, { epoch, seq });
  }

  #move(conv: ConversationId, cursor: Cursor): void {
    this.#cursors.set(conv, cursor);
    this.#trail.push({ t: this.#world.now, conv, cursor });
    const { session } = this;
    const log = this.#world.logs.get(conv);
    if (session === null || log === undefined) return;
    this.#world.after(500 + this.#world.below(500), () => {
      if (!session.open) return;
      session.up(() => {
        if (log.epoch === cursor.epoch && log.raise(this.user, cursor.seq, 0)) this.#world.raised(log, this.user);
      });
    });
  }

  // ---- what its user does

  send(conv: ConversationId, type: string, refuse: boolean): void {
    if (!this.running) return;
    const cmid = `${this.name}-${++this.#writes}`;
    const send: ModelSend = { conv, cmid, type, hash: `h${cmid}`, refuse };
    this.#invoke(send);
  }

  #invoke(send: ModelSend): void {
    const { conv, cmid, hash } = send;
    this.tell({ ev: "invoke", op: "send", conv, cmid, hash });
    this.#pending.push(send);
    if (this.session?.welcomed) this.#transmit(this.session, send);
  }

  read(conv: ConversationId): void {
    const cursor = this.#cursors.get(conv);
    if (!this.running || cursor === undefined) return;
    this.tell({ ev: "read", conv, seq: cursor.seq });
    const arrive = (): void => {
      const { session } = this;
      const log = this.#world.logs.get(conv);
      if (!this.running || log === undefined) return;
      // kept until a gateway has it
      if (session === null) this.#world.after(500, arrive);
      else {
        let here = false;
        session.up(() => {
          here = true;
          if (log.epoch === cursor.epoch && log.raise(this.user, cursor.seq, cursor.seq))
            this.#world.raised(log, this.user);
        });
        this.#world.after(500, () => here || arrive());
      }
    };
    arrive();
  }

  type(conv: ConversationId): void {
    const { session } = this;
    if (!this.running || this.#world.logs.get(conv)?.isMember(this.user) !== true) return;
    this.tell({ ev: "typing", conv });
    if (session?.welcomed) session.up(() => this.#world.typed(conv, session));
  }

  #transmit(session: ModelSession, send: ModelSend): void {
    session.up(() => this.#append(session, send));
  }

  /** At the gateway. */
  #append(session: ModelSession, send: ModelSend): void {
    const log = this.#world.logs.get(send.conv) as ModelLog;
    const known = log.find(this.user, send.cmid);
    if (known !== undefined) {
      session.down(() => this.#answered(send, known));
    } else if (send.refuse || !log.isMember(this.user)) {
      session.down(() => this.#refused(send));
    } else {
      session.pump(log);
      const entry = log.append(send.type, this.user, send.cmid, send.hash);
      session.sentTo.set(log.conv, { epoch: log.epoch, seq: entry.seq });
      session.down(() => this.#answered(send, entry));
      this.#world.committed(log, session.gateway);
      this.#world.raised(log, this.user);
    }
  }

  #answered(send: ModelSend, entry: SeenEvent): void {
    this.tell({ ev: "deliver", by: "sent", ...entry });
    this.#pass(entry);
    if (this.#pending.includes(send)) this.#settled(send, entry.epoch, entry.seq);
  }

  #settled(send: ModelSend, epoch: Epoch, seq: number): void {
    this.#pending = this.#pending.filter((each) => each !== send);
    this.#acked.push({ ...send, epoch, seq });
    this.tell({ ev: "ok", conv: send.conv, cmid: send.cmid, epoch, seq });
  }

  #refused(send: ModelSend): void {
    if (!this.#pending.includes(send)) return;
    this.#pending = this.#pending.filter((each) => each !== send);
    const { conv, cmid } = send;
    this.tell({ ev: "fail", conv, cmid, code: send.refuse ? "forbidden" : "not_found" });
    if (!send.refuse || !this.#world.chance(0.5)) return;
    // its user tries once more, and now it may
    this.#world.after(500, () => this.running && this.#invoke({ ...send, refuse: false }));
  }

  /** What the log's new life lacks of what was acknowledged in those before. */
  #sendAgain(conv: ConversationId, epoch: Epoch): void {
    const log = this.#world.logs.get(conv);
    const lost = this.#acked.filter(
      (send) => send.conv === conv && send.epoch !== epoch && !log?.find(this.user, send.cmid),
    );
    this.#acked = this.#acked.filter((send) => !lost.includes(send));
    for (const { conv: c, cmid, type, hash, refuse } of lost) {
      const send = { conv: c, cmid, type, hash, refuse };
      this.#pending.push(send);
      if (this.session?.welcomed) this.#transmit(this.session, send);
    }
  }
}
