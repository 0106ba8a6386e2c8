import {
  type Body,
  type ConversationId,
  type Epoch,
  type EventRow,
  type EventsFrame,
  type GatewayFrame,
  type HaveEntry,
  isVoidRow,
  type MessageId,
  type PageRow,
  type SentFrame,
  type UserId,
  type VoidRow,
} from "@earshot/protocol";
import { contentHash, seenEvent, stampOf } from "./content-hash.ts";
import type { HistoryLine, SentContent } from "./history-line.ts";
import type { ClientObserver, SendOutcome } from "./simulated-client.ts";

/** A device's own send, over all its lives. */
export interface OwnSend extends SentContent {
  readonly type: string;
  readonly re: number | undefined;
  /** The life of the log that the application knows it to be in. */
  epoch: Epoch | null;
}

/** A message that the device has seen, which its user may do something about. */
export interface SeenMessage {
  readonly seq: number;
  readonly own: boolean;
}

/** A line of a device without what is the same in all of them. */
type Told = ToldOf<HistoryLine>;
type ToldOf<Line> = Line extends { readonly dev: string; readonly user: UserId }
  ? Omit<Line, "t" | "p" | "dev" | "user">
  : Line extends { readonly ev: "start" | "stop" | "crash" }
    ? Pick<Line, "ev">
    : never;

/** What a device's application knows over all its lives. */
export class DeviceMemory {
  readonly sends = new Map<MessageId, OwnSend>();
  readonly messages = new Map<ConversationId, SeenMessage[]>();
  /** Conversations in which some life had a cursor. */
  readonly followed = new Set<ConversationId>();
}

interface DeviceCursor {
  readonly epoch: Epoch;
  readonly seq: number;
  /** It is as it was stored: nothing has come since. */
  readonly stored?: true;
}

export interface DeviceHistoryHost {
  readonly dev: string;
  readonly user: UserId;
  /** Names the life. */
  readonly p: string;
  readonly memory: DeviceMemory;
  /** Whether it keeps things over its lives. */
  readonly storage: boolean;
  write(line: HistoryLine): void;
  now(): number;
  /** Once the life is over nothing of it counts. */
  over(): boolean;
  /** Called with each answer to an own send, before it is taken. */
  onSent(): void;
}

/** Writes down what one life of a device sees, and what its application is given. */
export class DeviceHistory implements ClientObserver {
  readonly #host: DeviceHistoryHost;
  readonly #memory: DeviceMemory;
  /** The application's cursors, in this life. */
  readonly #cursors = new Map<ConversationId, DeviceCursor>();
  readonly #followed = new Set<ConversationId>();
  /** Sends of this life that have no outcome yet. */
  readonly #pending = new Set<OwnSend>();
  /** Seqs that the page which is being taken says the user cannot have. */
  #voids: readonly VoidRow[] = [];
  /** Whether the frame that is being taken came in an `again`. */
  again = false;

  constructor(host: DeviceHistoryHost) {
    this.#host = host;
    this.#memory = host.memory;
  }

  get pending(): number {
    return this.#pending.size;
  }

  tell(told: Told): void {
    const { dev, user, p } = this.#host;
    this.#host.write({ t: this.#host.now(), p, dev, user, ...told } as unknown as HistoryLine);
  }

  // ---- own sends

  sent(conv: ConversationId, cmid: MessageId, type: string, re: number | undefined, body: Body | undefined): OwnSend {
    const hash = contentHash(type, re, body);
    const send: OwnSend = { conv, cmid, type, re, hash, epoch: null };
    this.#memory.sends.set(cmid, send);
    this.#pending.add(send);
    this.tell({ ev: "invoke", op: "send", conv, cmid, hash });
    return send;
  }

  settled(send: OwnSend, outcome: SendOutcome): void {
    if (this.#host.over() || !this.#pending.delete(send)) return;
    const { conv, cmid } = send;
    if ("seq" in outcome) this.#ok(send, outcome.epoch, outcome.seq);
    else if (outcome.final) this.tell({ ev: "fail", conv, cmid, code: outcome.code });
    else this.tell({ ev: "info", conv, cmid });
  }

  /** The life is over. */
  end(how: "crash" | "stop"): void {
    this.tell({ ev: how });
    for (const { conv, cmid } of this.#pending) this.tell({ ev: "info", conv, cmid });
    this.#pending.clear();
  }

  #ok(send: OwnSend, epoch: Epoch, seq: number): void {
    send.epoch = epoch;
    this.tell({ ev: "ok", conv: send.conv, cmid: send.cmid, epoch, seq });
  }

  // ---- what comes in

  frame(frame: GatewayFrame): void {
    if (this.#host.over()) return;
    this.#voids = [];
    switch (frame.t) {
      case "event":
        this.#delivered(this.again ? "again" : "event", frame.c, frame.epoch, frame);
        break;
      case "sent":
        this.#host.onSent();
        if (!this.#host.over()) this.#sentFrame(frame);
        break;
      case "events":
        if ("gone" in frame) this.#gone(frame.c);
        else if (!("from" in frame)) {
          if (frame.id === undefined) this.#head("page", frame.c, frame.epoch, frame.head);
        } else this.#page(frame);
        break;
      case "subscribed":
        if (frame.id === undefined) this.#head("subscribed", frame.c, frame.epoch, frame.head);
        break;
      case "heads":
        for (const [c, epoch, head] of frame.heads) this.#head("heads", c, epoch, head);
        break;
      case "typing":
        if (frame.user !== undefined) this.tell({ ev: "typist", conv: frame.c, of: frame.user });
    }
  }

  answered(frame: GatewayFrame, askedAt: number): void {
    if (this.#host.over()) return;
    if (frame.t === "events" && "head" in frame) this.#head("page", frame.c, frame.epoch, frame.head, askedAt);
    else if (frame.t === "subscribed") this.#head("subscribed", frame.c, frame.epoch, frame.head, askedAt);
    else if (frame.t === "inbox") {
      for (const row of frame.conversations) {
        if ("head" in row) this.#head("inbox", row.c, row.epoch, row.head, askedAt);
      }
    }
  }

  have(cursors: readonly HaveEntry[]): void {
    if (this.#host.over()) return;
    this.tell({ ev: "have", cursors: cursors.map(([c, epoch, seq]) => [c, epoch, seq] as const) });
  }

  #delivered(by: "event" | "again" | "repair" | "page", c: ConversationId, epoch: Epoch, row: EventRow): void {
    this.tell({ ev: "deliver", by, ...seenEvent(c, epoch, row) });
  }

  #sentFrame({ id, c, epoch, seq, body, dup }: SentFrame): void {
    const send = this.#memory.sends.get(id);
    if (send === undefined || send.conv !== c) return;
    const { user } = this.#host;
    const { type, re } = send;
    const seen = { conv: c, epoch, seq, type, from: user, cmid: id };
    const content = { hash: body === undefined ? send.hash : contentHash(type, re, body), ...stampOf(body) };
    // of what is deleted by now nobody is told what it was
    const isWhole = dup !== true || body !== undefined;
    this.tell({ ev: "deliver", by: "sent", ...seen, ...(isWhole ? content : {}) });
    // of this life the application is told by its own promise
    if (!this.#pending.has(send) && send.epoch !== epoch) this.#ok(send, epoch, seq);
  }

  #page(frame: EventsFrame): void {
    const { c, epoch, head, id } = frame;
    const by = id === undefined ? "repair" : "page";
    if (id === undefined) this.#head("page", c, epoch, head);
    const rows: readonly PageRow[] = frame.events;
    for (const row of rows) if (!isVoidRow(row)) this.#delivered(by, c, epoch, row);
    this.#voids = rows.filter(isVoidRow);
  }

  #head(
    by: "page" | "subscribed" | "heads" | "inbox",
    conv: ConversationId,
    epoch: Epoch,
    head: number,
    asked?: number,
  ) {
    this.tell({ ev: "head", by, ...(asked === undefined ? {} : { asked }), conv, epoch, head });
  }

  // ---- what the application is given

  applied(c: ConversationId, epoch: Epoch, rows: readonly EventRow[], reached: number, opened: number | null): void {
    if (this.#host.over()) return;
    const was = this.#cursors.get(c);
    const other = was?.epoch !== epoch;
    // of a life of the log that is over nothing is taken
    if (other && opened === null && rows.length === 0) return;
    let last = other ? Number.NaN : was.seq;
    if (opened !== null && (other || opened > last)) {
      this.#reset(c, epoch, opened, this.#whyOpened(c, epoch, was));
      last = opened;
    }
    for (const row of rows) {
      if (row.seq <= last && opened !== null) continue;
      last = this.#pass(c, epoch, last, row.seq - 1);
      this.tell({ ev: "apply", ...seenEvent(c, epoch, row) });
      last = row.seq;
      if (row.type === "message") this.#remember(c, row);
    }
    last = this.#pass(c, epoch, last, reached);
    if (!Number.isNaN(last) && (other || last !== was.seq)) this.#cursors.set(c, { epoch, seq: last });
  }

  restored(c: ConversationId, epoch: Epoch, seq: number): void {
    if (this.#host.over() || this.#cursors.has(c)) return;
    this.#reset(c, epoch, seq, "stored");
    this.#cursors.set(c, { epoch, seq, stored: true });
  }

  denied(c: ConversationId): void {
    if (!this.#host.over()) this.#gone(c);
  }

  restarted(c: ConversationId, epoch: Epoch): void {
    // what is read anew in the same life is no jump
    if (this.#cursors.get(c)?.epoch === epoch) this.#cursors.set(c, { epoch: "", seq: 0 });
  }

  receipt(conv: ConversationId, of: UserId, delivered: number, read: number): void {
    if (!this.#host.over()) this.tell({ ev: "receipt", conv, of, delivered, read });
  }

  presence(of: UserId, status: "online" | "away" | "offline"): void {
    if (!this.#host.over()) this.tell({ ev: "presence", of, status });
  }

  /** Moves over seqs that the user cannot have, if the page says so of them; gives where the cursor is then. */
  #pass(c: ConversationId, epoch: Epoch, last: number, to: number): number {
    if (Number.isNaN(last)) return last;
    let at = last;
    for (const gap of this.#voids) if (gap.seq <= at + 1 && gap.to > at) at = gap.to;
    if (at === last || at > to) return last;
    this.#reset(c, epoch, at, "void");
    return at;
  }

  #gone(conv: ConversationId): void {
    this.#cursors.delete(conv);
    this.tell({ ev: "gone", conv });
  }

  #whyOpened(c: ConversationId, epoch: Epoch, was: DeviceCursor | undefined): "begin" | "lost" | "epoch" | "jump" {
    if (was !== undefined && was.epoch !== epoch) return "epoch";
    // the page was asked for before it was known what is stored
    if (was !== undefined) return was.stored ? "begin" : "jump";
    const { storage } = this.#host;
    return storage && !this.#followed.has(c) && this.#memory.followed.has(c) ? "lost" : "begin";
  }

  #reset(
    conv: ConversationId,
    epoch: Epoch,
    seq: number,
    why: "epoch" | "jump" | "begin" | "stored" | "lost" | "void",
  ) {
    this.#memory.followed.add(conv);
    this.#followed.add(conv);
    this.tell({ ev: "reset", conv, epoch, seq, why });
  }

  #remember(c: ConversationId, { seq, from }: EventRow): void {
    const messages = this.#memory.messages.get(c) ?? [];
    this.#memory.messages.set(c, messages);
    messages.push({ seq, own: from === this.#host.user });
  }
}
