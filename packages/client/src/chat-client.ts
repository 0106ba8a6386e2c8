import {
  type Body,
  ChatError,
  type ConversationId,
  type ConversationKind,
  type GatewayFrame,
  isId,
  LIMITS,
  type Role,
  type UserId,
  type WelcomeFrame,
} from "@earshot/protocol";
import { type Addresses, addressesOf } from "./addresses.ts";
import { Changes, ComputedCell, clockWithin, type LiveCell } from "./changes.ts";
import { Connection } from "./connection/connection.ts";
import { Credentials } from "./connection/credentials.ts";
import type { ConnectionView } from "./connection-view.ts";
import type { Conversation } from "./conversation.ts";
import { eventRowOf } from "./event-row.ts";
import { call } from "./http/call.ts";
import { InboxList } from "./inbox/inbox-list.ts";
import type { ConversationRow, Inbox } from "./inbox.ts";
import type { Live } from "./live.ts";
import { LiveWindow } from "./live-window.ts";
import type { SendOptions, WindowItem } from "./message.ts";
import type { MessageWindow, WindowOptions } from "./message-window.ts";
import { type ChatClientOptions, CLIENT_LIMITS, type ClientLimits } from "./options.ts";
import type { Outgoing } from "./outgoing.ts";
import { pageAddress, pageNetwork } from "./platform/browser.ts";
import { systemClock } from "./platform/system-clock.ts";
import { systemRandom } from "./platform/system-random.ts";
import type { Clock } from "./ports/clock.ts";
import type { Random } from "./ports/random.ts";
import { isInboxRow, readFrame } from "./protocol/frame-guard.ts";
import { RequestTable } from "./protocol/request-table.ts";
import { SendQueue } from "./send/send-queue.ts";
import { ulidFactory } from "./send/ulid.ts";
import { Timelines } from "./timeline/timelines.ts";
import { webSocketTransport } from "./transport/web-socket-transport.ts";
import { VERSION } from "./version.ts";
import { windowItem } from "./window-item.ts";

/** Rows of a window's first page, unless its options say otherwise. */
const PAGE_ROWS = 50;

export interface CreateOptions {
  readonly kind: ConversationKind;
  /** User ids, or `[user, role]`; the caller is a member anyway. */
  readonly members?: readonly (UserId | readonly [user: UserId, role: Role])[];
  readonly title?: string;
  /** Give one, and asking again after a lost answer creates nothing twice. Made by the gateway otherwise. */
  readonly id?: ConversationId;
  readonly meta?: Body;
}

/** One user's chat, on one device. Nothing connects before something needs it, so building one is free. */
export class ChatClient {
  /** How it stands with the gateway. */
  readonly connection: Live<ConnectionView>;
  /** Who the gateway says we are; null before the first connection. */
  readonly user: Live<UserId | null>;
  /** The user's conversations. */
  readonly inbox: Inbox;
  /** The same as `close()`, where the platform has the symbol. */
  declare readonly [Symbol.asyncDispose]: () => Promise<void>;

  readonly #options: ChatClientOptions;
  readonly #limits: ClientLimits;
  readonly #changes = new Changes();
  readonly #random: Random;
  readonly #clock: Clock;
  readonly #credentials: Credentials;
  readonly #connection: Connection;
  readonly #requests: RequestTable;
  readonly #timelines: Timelines<WindowItem>;
  readonly #sends: SendQueue;
  readonly #inbox: InboxList;
  readonly #connectionCell: LiveCell<ConnectionView>;
  readonly #userCell: LiveCell<UserId | null>;
  readonly #windows = new Map<ConversationId, LiveWindow>();
  readonly #calls = new Set<(error: ChatError) => void>();
  #user: UserId | null = null;
  #closed: ChatError | null = null;

  constructor(options: ChatClientOptions) {
    checkOptions(options);
    this.#options = options;
    this.#limits = { ...CLIENT_LIMITS, ...options.limits };
    this.#random = options.random ?? systemRandom;
    this.#clock = clockWithin(this.#changes, options.clock ?? systemClock);
    this.#credentials = new Credentials(options.token, this.#clock);
    this.#connection = this.#makeConnection();
    this.#requests = new RequestTable(this.#clock, this.#connection);
    this.#timelines = this.#makeTimelines();
    this.#sends = this.#makeSends();
    this.#inbox = new InboxList({ ...this.#shared(), rowsMax: this.#limits.inboxRowsMax });
    this.#connectionCell = new ComputedCell(this.#changes, () => this.#connection.view);
    this.#userCell = new ComputedCell(this.#changes, () => this.#user);
    this.connection = this.#connectionCell;
    this.user = this.#userCell;
    this.inbox = this.#inbox;
    if (Symbol.asyncDispose) this[Symbol.asyncDispose] = () => this.close();
  }

  /** A reference to a conversation, which may or may not exist. Throws `invalid` for what is no id. */
  conversation(id: ConversationId): Conversation {
    if (!isId(id)) throw new ChatError("invalid", "unable to refer to a conversation; its id is none");
    return {
      id,
      send: (body, options) => this.#send(id, body, options),
      messages: (options) => this.#messages(id, options),
    };
  }

  /** Connects now: before anything needs it, instead of waiting for the next attempt, or again after a stop. */
  connect(): void {
    this.#changes.run(() => this.#connection.revive());
  }

  /**
   * Creates a conversation, or finds the one that is there: a `direct` of the same two users is always
   * the same. Rejects with the gateway's code, `offline`, `timeout` or `closed`.
   */
  async create(options: CreateOptions): Promise<ConversationRow> {
    if (this.#closed !== null) throw this.#closed;
    this.#changes.run(() => this.#connection.want());
    const host = {
      clock: this.#clock,
      fetch: this.#options.fetch ?? ((...request) => fetch(...request)),
      token: (fresh: boolean) => (fresh ? this.#credentials.fresh() : this.#credentials.current()),
      underWay: this.#calls,
    };
    const row = await call(host, "POST", `${this.#addresses().http}/conversations`, options);
    if (!isInboxRow(row)) throw new ChatError("internal", "unable to read the answer; it is no conversation");
    return this.#changes.run(() => this.#inbox.put(row));
  }

  /**
   * Says goodbye and lets everything go: no timer, socket or listener on the platform is left. Sends that
   * are not answered fail with `closed`. `forget`: also what is stored of this user on this device.
   */
  async close(_options: { readonly forget?: boolean } = {}): Promise<void> {
    if (this.#closed !== null) return;
    const closed = new ChatError("closed", "unable to go on; the client is closed");
    this.#closed = closed;
    this.#changes.run(() => {
      this.#connection.close(closed);
      this.#sends.close(closed);
      this.#timelines.stop();
      this.#inbox.stop();
      for (const end of this.#calls) end(closed);
      for (const window of this.#windows.values()) window.touch();
    });
  }

  #send(c: ConversationId, body: Body, options: SendOptions = {}): Outgoing {
    return this.#changes.run(() => this.#sends.send(c, body, options));
  }

  #messages(c: ConversationId, { limit = PAGE_ROWS }: WindowOptions = {}): MessageWindow {
    const known = this.#windows.get(c);
    if (known !== undefined) return known;
    const rows = Math.min(Math.max(1, Math.trunc(limit) || PAGE_ROWS), LIMITS.pageRowsMax);
    const window = new LiveWindow(
      {
        clock: this.#clock,
        changes: this.#changes,
        gateway: this.#requests,
        timelines: this.#timelines,
        tail: (conversation) => this.#sends.tail(conversation),
      },
      c,
      rows,
    );
    this.#windows.set(c, window);
    return window;
  }

  #makeConnection(): Connection {
    const { device, agent, network, transport } = this.#options;
    return new Connection({
      clock: this.#clock,
      random: this.#random,
      network: network ?? pageNetwork,
      openTransport: transport ?? webSocketTransport,
      credentials: this.#credentials,
      device: device ?? ulidFactory(this.#clock, this.#random)(),
      agent: agent ?? `earshot-js/${VERSION}`,
      run: this.#changes.run,
      url: () => this.#addresses().socket,
      read: readFrame,
      have: () => this.#timelines.have(),
      awaitedSince: () => earliest(this.#requests.since, this.#sends.since),
      onWelcome: (frame, named) => this.#onWelcome(frame, named),
      onFrame: (frame) => this.#onFrame(frame),
      onLost: (code) => this.#onLost(code),
      onChange: () => this.#connectionCell.touch(),
    });
  }

  #makeTimelines(): Timelines<WindowItem> {
    return new Timelines(
      {
        ...this.#shared(),
        limits: this.#limits,
        present: (row, c) => windowItem(row, c, this.#user),
        onApplied: (c, epoch, rows, reached) => this.#sends.observe(c, epoch, rows, reached),
      },
      this.#limits.idleTimelinesMax,
    );
  }

  #makeSends(): SendQueue {
    return new SendQueue({
      ...this.#shared(),
      limits: this.#limits,
      tellAwaited: (text) => this.#connection.tellAwaited(text),
      skip: (id) => this.#connection.tell({ t: "skip", id }),
      onSent: (c, epoch, row) => {
        this.#inbox.event(c, epoch, row);
        return this.#timelines.sent(c, epoch, row);
      },
    });
  }

  /** What most rooms need. */
  #shared() {
    return {
      clock: this.#clock,
      random: this.#random,
      changes: this.#changes,
      gateway: this.#requests,
      user: () => this.#user,
      onChange: (c: ConversationId) => this.#windows.get(c)?.touch(),
    };
  }

  #addresses(): Addresses {
    return addressesOf(this.#options.url, pageAddress());
  }

  #onWelcome(frame: WelcomeFrame, named: ReadonlyMap<ConversationId, boolean>): void {
    const other = this.#user !== null && this.#user !== frame.user;
    if (this.#user !== frame.user) this.#userCell.touch();
    this.#user = frame.user;
    if (other) {
      this.#sends.forget();
      this.#timelines.forget();
      this.#inbox.forget();
      for (const window of this.#windows.values()) window.touch();
    }
    this.#sends.welcomed(frame.limits);
    this.#timelines.welcomed(other ? new Map() : named);
    this.#inbox.welcomed();
  }

  #onLost(code: number | null): void {
    this.#requests.lost();
    this.#sends.lost(code);
    this.#timelines.lost();
    this.#inbox.lost();
  }

  #onFrame(frame: GatewayFrame): void {
    if ("c" in frame && "epoch" in frame) this.#sends.heard(frame.c, "reset" in frame ? null : frame.epoch);
    if (this.#requests.takes(frame)) return;
    if (frame.t === "sent" || frame.t === "error") this.#sends.take(frame);
    this.#timelines.take(frame);
    if (frame.t === "event") this.#inbox.event(frame.c, frame.epoch, eventRowOf(frame));
    if (frame.t === "events" && "gone" in frame) this.#inbox.gone(frame.c);
    if (frame.t === "lagging") this.#inbox.askSoon();
  }
}

function earliest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

function checkOptions(options: ChatClientOptions): void {
  const field = typeof options.url !== "string" ? "url" : typeof options.token !== "function" ? "token" : null;
  if (field === null) return;
  throw new ChatError("invalid", `unable to make a client; \`${field}\` is missing or of a wrong type`, {
    details: { field },
  });
}
