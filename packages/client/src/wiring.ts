import type { ChatError, ClientFrame, ConversationId, UserId } from "@earshot/protocol";
import { type Addresses, addressesOf } from "./addresses.ts";
import { Changes, ComputedCell, clockWithin, type LiveCell } from "./changes.ts";
import { Connection } from "./connection/connection.ts";
import { Credentials } from "./connection/credentials.ts";
import type { ConnectionView } from "./connection-view.ts";
import type { ConversationHost } from "./conversation-handle.ts";
import { Calls, unreadable } from "./http/calls.ts";
import { InboxList } from "./inbox/inbox-list.ts";
import { unreadAbove } from "./inbox/unread-above.ts";
import { Incoming, type Rooms } from "./incoming.ts";
import { noStorage } from "./no-storage.ts";
import { type ChatClientOptions, CLIENT_LIMITS, type ClientLimits } from "./options.ts";
import { pageAddress, pageNetwork } from "./platform/browser.ts";
import { systemClock } from "./platform/system-clock.ts";
import { systemRandom } from "./platform/system-random.ts";
import type { Clock } from "./ports/clock.ts";
import type { Random } from "./ports/random.ts";
import { Activity } from "./presence/activity.ts";
import { PresenceRoom } from "./presence/presence-room.ts";
import { isInboxRow, readFrame } from "./protocol/frame-guard.ts";
import { RequestTable } from "./protocol/request-table.ts";
import { OwnMarks } from "./receipts/own-marks.ts";
import { Receipts } from "./receipts/receipts.ts";
import { SendQueue } from "./send/send-queue.ts";
import { ulidFactory } from "./send/ulid.ts";
import type { StorageRoom } from "./storage-room.ts";
import type { StorageView } from "./storage-view.ts";
import { Timelines } from "./timeline/timelines.ts";
import { openingBy } from "./transport/transports.ts";
import { webSocketTransport } from "./transport/web-socket-transport.ts";
import { TypingRoom } from "./typing/typists.ts";
import { VERSION } from "./version.ts";
import { statusAt } from "./window-item.ts";
import { Windows } from "./windows.ts";

/** Builds the rooms: the one file that sees them all. What they do is theirs. */
export class Wiring implements Rooms, ConversationHost {
  readonly changes = new Changes();
  readonly connection: Connection;
  readonly connectionCell: LiveCell<ConnectionView>;
  readonly userCell: LiveCell<UserId | null>;
  readonly storageCell: LiveCell<StorageView>;
  readonly requests: RequestTable;
  readonly calls: Calls;
  readonly storage: StorageRoom;
  readonly timelines: Timelines;
  readonly sends: SendQueue;
  readonly windows: Windows;
  readonly marks: OwnMarks;
  readonly inbox: InboxList;
  readonly receipts: Receipts;
  readonly typing: TypingRoom;
  readonly presence: PresenceRoom;
  readonly activity: Activity;
  readonly #options: ChatClientOptions;
  readonly #limits: ClientLimits;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #credentials: Credentials;
  readonly #fetch: typeof fetch;
  readonly #incoming = new Incoming(this);

  constructor(options: ChatClientOptions) {
    this.#options = options;
    this.#limits = { ...CLIENT_LIMITS, ...options.limits };
    this.#random = options.random ?? systemRandom;
    this.#clock = clockWithin(this.changes, options.clock ?? systemClock);
    this.#fetch = options.fetch ?? ((...request) => fetch(...request));
    this.#credentials = new Credentials(options.token, this.#clock);
    this.connection = this.#makeConnection();
    this.requests = new RequestTable(this.#clock, this.connection);
    this.calls = this.#makeCalls();
    this.storage = this.#makeStorage();
    const shared = this.#shared();
    this.timelines = this.#makeTimelines(shared);
    this.sends = this.#makeSends(shared);
    this.windows = this.#makeWindows(shared);
    this.marks = this.#makeMarks(shared);
    this.inbox = this.#makeInbox(shared);
    this.receipts = this.#makeReceipts(shared);
    this.typing = new TypingRoom(shared);
    this.presence = new PresenceRoom(shared);
    this.activity = new Activity(shared);
    this.connectionCell = new ComputedCell(this.changes, () => this.connection.view);
    this.userCell = new ComputedCell(this.changes, () => this.#incoming.user);
    this.storageCell = new ComputedCell(this.changes, () => this.storage.view);
  }

  onUser(): void {
    this.userCell.touch();
  }

  put(answer: unknown): ReturnType<ConversationHost["put"]> {
    if (!isInboxRow(answer)) throw unreadable();
    return this.changes.run(() => this.inbox.put(answer));
  }

  gone(c: ConversationId): void {
    this.changes.run(() => this.#incoming.gone(c));
  }

  async close(closed: ChatError, forget: boolean): Promise<void> {
    this.changes.run(() => {
      this.connection.close(closed);
      this.sends.close(closed);
      this.calls.close(closed);
      this.storage.flush();
      for (const room of [this.timelines, this.inbox, this.activity]) room.stop();
      this.windows.touch();
    });
    await this.storage.close(forget);
  }

  /** Up to where the user has read; null while nothing has told. */
  #read(c: ConversationId): number | null {
    const [row, own] = [this.inbox.peek(c)?.read, this.receipts.own(c)];
    return row === undefined ? own : Math.max(row, own ?? 0);
  }

  #makeConnection(): Connection {
    const { device, agent, network = pageNetwork, transport, transports } = this.#options;
    const outside = { clock: this.#clock, random: this.#random, network };
    return new Connection({
      ...outside,
      openTransport: openingBy({
        ...outside,
        fetch: this.#fetch,
        webSocket: transport ?? webSocketTransport,
        kinds: transports ?? (transport ? ["websocket"] : ["websocket", "sse", "poll"]),
        base: () => this.#addresses().http,
        load: () => import("./transport/fallback.ts"),
      }),
      credentials: this.#credentials,
      device: device ?? ulidFactory(this.#clock, this.#random)(),
      agent: agent ?? `earshot-js/${VERSION}`,
      run: this.changes.run,
      url: () => this.#addresses().socket,
      read: readFrame,
      ready: () => this.storage.ready(),
      have: () => this.timelines.have(),
      awaitedSince: () => earliest(this.requests.since, this.sends.since),
      onWelcome: (frame, named) => this.#incoming.welcome(frame, named),
      onFrame: (frame) => this.#incoming.frame(frame),
      onNetwork: (change) => {
        this.activity.noticed(change);
        // it may be the last that this page hears
        if (change === "hidden") this.storage.flush();
      },
      onLost: (code) => this.#incoming.lost(code),
      onChange: () => this.connectionCell.touch(),
    });
  }

  #makeCalls(): Calls {
    return new Calls({
      clock: this.#clock,
      fetch: this.#fetch,
      token: (fresh) => (fresh ? this.#credentials.fresh() : this.#credentials.current()),
      base: () => this.#addresses().http,
    });
  }

  #makeStorage(): StorageRoom {
    const { storage } = this.#options;
    if (!storage) return noStorage;
    return storage.room({
      clock: this.#clock,
      changes: this.changes,
      inbox: () => this.inbox.stored(),
      timeline: (c) => this.timelines.peek(c)?.timeline,
      onOpen: (stored) => this.#incoming.stored(stored),
      onChange: () => this.storageCell.touch(),
    });
  }

  /** What most rooms need. */
  #shared(): Shared {
    return {
      clock: this.#clock,
      random: this.#random,
      changes: this.changes,
      gateway: this.requests,
      limits: this.#limits,
      user: () => this.#incoming.user,
      tell: this.connection.tell.bind(this.connection),
      onChange: (c: ConversationId) => this.windows.touch(c),
    };
  }

  #makeTimelines(shared: Shared): Timelines {
    return new Timelines(
      {
        ...shared,
        reach: (c) => this.receipts.reach(c),
        onStorable: (c) => this.storage.timelineChanged(c),
        present: (have) => this.connection.present(have),
        onFollowed: (followed) => {
          this.storage.timeline(followed.conversation, (stored) => {
            followed.restore(stored);
            const { c, epoch, rows, last } = stored;
            // an own message that this log holds may still stand among the stored sends
            if (followed.timeline.cursor?.epoch === epoch) this.sends.observe(c, epoch, rows, last);
          });
        },
        onApplied: (c, epoch, rows, reached) => {
          this.sends.observe(c, epoch, rows, reached);
          this.receipts.applied(c, epoch, rows);
          // an event is acknowledged by its number, and sending raises the sender's own watermarks
          if (this.#incoming.taking === "events" && rows.length > 0) this.connection.moved(c, reached);
        },
      },
      this.#limits.idleTimelinesMax,
    );
  }

  #makeSends(shared: Shared): SendQueue {
    return new SendQueue({
      ...shared,
      storage: this.storage,
      tellAwaited: (text) => this.connection.tellAwaited(text),
      skip: (id) => this.connection.tell({ t: "skip", id }),
      reached: (c, seq) => statusAt(seq, this.receipts.reach(c)),
      awaits: (c, seq) => (this.timelines.peek(c)?.timeline.cursor?.seq ?? seq) < seq,
      onSent: (c, epoch, row) => {
        this.marks.shown(c, row.seq, null);
        this.inbox.event(c, epoch, row);
        return this.timelines.sent(c, epoch, row);
      },
    });
  }

  #makeWindows(shared: Shared): Windows {
    return new Windows(
      {
        ...shared,
        timelines: this.timelines,
        tail: (c) => this.sends.tail(c),
        overlays: (c) => this.sends.overlays(c),
        read: (c) => this.#read(c),
      },
      this.#limits.islandsMax,
    );
  }

  #makeMarks(shared: Shared): OwnMarks {
    return new OwnMarks({
      ...shared,
      known: (c) => {
        const row = this.inbox.peek(c);
        const cursor = this.timelines.peek(c)?.timeline.cursor;
        const epoch = cursor?.epoch ?? row?.epoch ?? null;
        // An earlier life's row may still be here.
        const has = row?.epoch === epoch ? row : undefined;
        const read = Math.max(has?.read ?? 0, this.receipts.own(c) ?? 0);
        return { epoch, head: Math.max(has?.head ?? 0, cursor?.seq ?? 0), read, marked: row?.marked === true };
      },
      onRead: (c, seq) => this.inbox.read(c, seq),
      onMark: (c, on) => this.inbox.mark(c, on),
    });
  }

  #makeInbox(shared: Shared): InboxList {
    return new InboxList({
      ...shared,
      rowsMax: this.#limits.inboxRowsMax,
      unshown: (row) => this.marks.unshown(row),
      above: (c, seq) => {
        const stretch = this.timelines.peek(c)?.timeline.newest;
        return stretch ? unreadAbove(seq, stretch, this.inbox.peek(c)?.head ?? 0, this.#incoming.user) : null;
      },
      onStorable: () => this.storage.inboxChanged(),
    });
  }

  #makeReceipts(shared: Shared): Receipts {
    return new Receipts({
      ...shared,
      watched: (c) => this.timelines.peek(c)?.watched === true,
      onChange: (c) => {
        this.timelines.reached(c);
        this.sends.receipts(c);
      },
    });
  }

  #addresses(): Addresses {
    return addressesOf(this.#options.url, pageAddress());
  }
}

type Shared = Readonly<{
  clock: Clock;
  random: Random;
  changes: Changes;
  gateway: RequestTable;
  limits: ClientLimits;
  user(): UserId | null;
  tell(frame: ClientFrame): void;
  onChange(c: ConversationId): void;
}>;

function earliest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}
