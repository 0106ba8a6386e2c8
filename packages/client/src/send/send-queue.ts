import {
  BODY_BYTES_MAX,
  type Body,
  ChatError,
  type ConversationId,
  type Epoch,
  type ErrorFrame,
  type EventRow,
  FRAME_BYTES_MAX,
  INFLIGHT_MAX,
  isChatError,
  type MessageId,
  type SentFrame,
  type UserId,
} from "@earshot/protocol";
import type { Changes } from "../changes.ts";
import { MALFORMED, OVERSIZED } from "../close-number.ts";
import type { AnySendOptions } from "../message.ts";
import type { ClientLimits } from "../options.ts";
import { refusalOf } from "../refusal.ts";
import type { QueueKeep, StorageRoom } from "../storage-room.ts";
import { composeSend } from "./compose-send.ts";
import { KeptSends } from "./kept-sends.ts";
import { QueuedSend, type SendOwner } from "./queued-send.ts";
import { SendLine, type SendLineHost, type SessionLimits } from "./send-line.ts";
import { type Overlay, ShownSends } from "./shown-sends.ts";
import { ulidFactory } from "./ulid.ts";

/** Closes of which a send that was in flight each time is taken to be the cause. */
const STRIKES_MAX = 2;

/** What the queue needs of its neighbours. */
export interface SendHost extends Pick<SendOwner, "user" | "reached">, Omit<SendLineHost, "onOver" | "onDue"> {
  readonly changes: Changes;
  readonly limits: ClientLimits;
  readonly storage: Pick<StorageRoom, "queue">;
  /** It is durable. Answers true while its row waits behind a hole, and shows in no window by itself. */
  onSent(c: ConversationId, epoch: Epoch, row: EventRow): boolean;
  /** Whether a conversation is followed whose log is not here up to this seq yet. */
  awaits(c: ConversationId, seq: number): boolean;
  /** What windows show beside the log may be another now. */
  onChange(c: ConversationId): void;
}

/**
 * Own sends until they are answered: bounded, kept through reconnects and, with a storage, through
 * reloads and crashes; in order per conversation.
 *
 * With a storage nothing goes out before it is written there, and nothing counts as refused before it
 * is out of there: whatever moment a crash picks, what was shown comes to be, and no is no (I1, I3).
 * Tabs that share it show one queue, and the one whose turn it is sends for all.
 */
export class SendQueue implements SendOwner {
  readonly #host: SendHost;
  readonly #makeId: () => string;
  /** Without an answer that settles them. */
  readonly #line: SendLine;
  readonly #shown: ShownSends;
  readonly #kept: KeptSends;
  readonly #keep: QueueKeep;
  #limits: SessionLimits = { frame: FRAME_BYTES_MAX, body: BODY_BYTES_MAX, inflight: INFLIGHT_MAX };
  #closed: ChatError | null = null;

  constructor(host: SendHost) {
    const { clock, random, storage, changes, gateway, limits } = host;
    this.#host = host;
    this.#makeId = ulidFactory(clock, random);
    this.#shown = new ShownSends(limits.failedSendsMax);
    this.#kept = new KeptSends(limits.sentKeptMax);
    this.#line = new SendLine({
      ...{ clock, random, gateway },
      tellAwaited: (text) => host.tellAwaited(text),
      skip: (id) => host.skip(id),
      onOver: (send, error) => this.#refuse(send, error),
      onDue: () => this.#pump(),
    });
    this.#keep = storage.queue({
      ...{ line: this.#line, shown: this.#shown, kept: this.#kept, queuedMax: limits.queuedSendsMax },
      connected: () => gateway.open,
      want: () => gateway.want(),
      find: (c, id) => this.#find(c, id),
      make: (draft) => new QueuedSend(changes, this, draft),
      refuse: (send, error) => this.#refuse(send, error),
      fail: (send, error) => this.#fail(send, error),
      awaits: (c, seq) => host.awaits(c, seq),
      onChange: (c) => host.onChange(c),
      onDue: () => this.#pump(),
    });
  }

  /** Monotonic time since which the oldest send is in flight; null if none is. */
  get since(): number | null {
    return this.#line.since;
  }

  user(): UserId | null {
    return this.#host.user();
  }

  reached(c: ConversationId, seq: number): ReturnType<SendOwner["reached"]> {
    return this.#host.reached(c, seq);
  }

  /** What a window shows after the log's own items. */
  tail(c: ConversationId): readonly QueuedSend[] {
    return this.#shown.messages(c);
  }

  /** What a window shows over the log's own items: own edits, deletions and reactions, in the order made. */
  overlays(c: ConversationId): readonly Overlay[] {
    return this.#shown.overlays(c);
  }

  /** The others have more of a conversation than before. */
  receipts(c: ConversationId): void {
    this.#kept.touch(c);
  }

  /** `body`: only a `delete` needs none. */
  send(c: ConversationId, body: Body | undefined, options: AnySendOptions): QueuedSend {
    const { changes, clock } = this.#host;
    const { type = "message", id = this.#makeId() } = options;
    const composed = composeSend(c, id, body, options, this.#limits);
    const fit = isChatError(composed) ? null : composed;
    const known = this.#find(c, id);
    if (known && known.draft.composed?.text === fit?.text) {
      this.retry(known);
      return known;
    }
    const copy = fit?.frame.body ?? (typeof body === "object" ? { ...body } : {});
    const send = new QueuedSend(changes, this, {
      ...{ id, conversation: c, type, body: copy, composed: fit, at: clock.now() },
    });
    this.#shown.add(send);
    if (this.#closed) this.#fail(send, this.#closed);
    else if (isChatError(composed)) this.#fail(send, composed);
    else if (known) this.#fail(send, new ChatError("conflict", "unable to send; its id is taken by another send"));
    else this.#enqueue(send);
    return send;
  }

  retry(send: QueuedSend): void {
    if (send.status !== "failed" || send.draft.composed === null || this.#closed) return;
    send.pendAgain();
    send.place = 0;
    this.#shown.add(send);
    this.#enqueue(send);
  }

  cancel(send: QueuedSend): boolean {
    const isQueued = this.#line.has(send);
    if (send.status === "sent" || send.inFlightSince !== null) return false;
    if (isQueued && (send.unknown || this.#keep.mayHaveGone(send))) return false;
    const aborted = new ChatError("aborted", "unable to send; it was cancelled");
    this.#keep.settled(send, aborted);
    if (isQueued) {
      this.#line.unblock(send);
      this.#fail(send, aborted);
    }
    this.#shown.remove(send);
    this.#host.onChange(send.conversation);
    return true;
  }

  /** A session began: everything unanswered goes out again, in the old order, before anything newer. */
  welcomed(limits: SessionLimits): void {
    this.#limits = limits;
    this.#shown.touch();
    this.#pump();
  }

  /** A session ended. `code`: the gateway's close code, null if it was we who went. */
  lost(code: number | null): void {
    const was = this.#line.lost();
    if (code !== OVERSIZED && code !== MALFORMED) return;
    for (const send of was) {
      const cause = code === OVERSIZED ? "too_large" : "invalid";
      if (++send.strikes < STRIKES_MAX) this.#keep.put(send);
      else this.#refuse(send, new ChatError(cause, "unable to send; the connection was closed for it twice"));
    }
  }

  /** Takes the gateway's answer to a send. */
  take(frame: SentFrame | ErrorFrame): void {
    if (frame.t === "sent") this.#answered(frame);
    else this.#refused(frame);
    this.#pump();
  }

  /** Rows of a log have come; `reached`: up to where it is shown by now. Own ones among them are answers too. */
  observe(c: ConversationId, epoch: Epoch, rows: readonly EventRow[], reached: number): void {
    for (const row of rows) {
      const send = row.from === this.user() ? this.#line.find(c, row.id) : undefined;
      if (send === undefined) continue;
      this.#line.unblock(send);
      this.#settle(send, epoch, row);
    }
    this.#shown.reached(c, reached);
    this.#pump();
  }

  /** A log was seen in this epoch; null: it must be read anew. What an earlier life of it had is sent again. */
  heard(c: ConversationId, epoch: Epoch | null): void {
    const kept = this.#kept.takeLost(c, epoch);
    // what is kept no longer is older
    const lost = [...this.#shown.lost(c, epoch).filter((send) => !kept.includes(send)), ...kept];
    if (lost.length === 0) return;
    const first = this.#line.all.find((send) => send.conversation === c && send.inFlightSince === null);
    for (const send of lost) {
      send.pendAgain();
      // before all that has not gone out; the first of these stands behind those in flight
      this.#line.add(send, (other) => other === first);
      this.#keep.put(send);
    }
    for (const send of lost.toReversed()) if (!this.#shown.has(send)) this.#shown.add(send, () => true);
    this.#host.onChange(c);
    this.#pump();
  }

  /** Another user is signed in: none of these is theirs. */
  forget(): void {
    this.#keep.forget();
    this.#abandon(new ChatError("forbidden", "unable to send; another user is signed in"));
    this.#shown.keep(() => false);
  }

  /** Nothing goes on here, and nothing begins. What is stored stays so, for the next client to send. */
  close(error: ChatError): void {
    this.#closed = error;
    this.#keep.stop();
    this.#abandon(error);
  }

  #abandon(error: ChatError): void {
    for (const send of [...this.#line.all]) this.#fail(send, error);
    this.#line.stop();
    this.#kept.keep(() => false);
  }

  #find(c: ConversationId, id: MessageId): QueuedSend | undefined {
    return this.#line.find(c, id) ?? this.#shown.find(c, id);
  }

  #enqueue(send: QueuedSend): void {
    const { limits, gateway } = this.#host;
    const { all, bytes } = this.#line;
    if (all.length >= limits.queuedSendsMax || bytes + (send.draft.composed?.bytes ?? 0) > limits.queuedBytesMax) {
      this.#fail(send, new ChatError("too_large", "unable to send; the send queue is full"));
      return;
    }
    this.#line.add(send);
    this.#host.onChange(send.conversation);
    gateway.want();
    this.#keep.put(send);
    this.#pump();
  }

  #pump(): void {
    if (this.#keep.mayGo()) this.#line.pump(this.#limits);
  }

  #answered(frame: SentFrame): void {
    const { c, id, epoch } = frame;
    const queued = this.#line.find(c, id);
    // what another tab has told of before still comes to this session by its own answer
    const send = queued ?? this.#kept.find(c, id);
    if (send === undefined) return;
    const row = send.rowBy(frame);
    if (queued) this.#settle(queued, epoch, row);
    // the answer to a send is the delivery of its seq
    if (!this.#host.onSent(c, epoch, row)) this.#shown.remove(send);
    this.#host.onChange(c);
  }

  #refused(frame: ErrorFrame): void {
    const { id, c } = frame;
    const send = [...this.#line.inFlight].find(
      (each) => each.id === id && (c ?? each.conversation) === each.conversation,
    );
    const error = refusalOf(frame);
    if (send === undefined) {
      // what came back as an event meanwhile will not be sent again, and the gateway waits for it
      const isQueued = this.#line.all.some((each) => each.id === id);
      if (id !== undefined && !isQueued && error.retryAfterMs !== undefined) this.#line.late(c, id);
    } else if (error.retryAfterMs === undefined) this.#refuse(send, error);
    else this.#line.refused(send, error.retryAfterMs);
  }

  /** It is durable, as this row of the log. */
  #settle(send: QueuedSend, epoch: Epoch, row: EventRow): void {
    this.#line.remove(send);
    send.confirm(epoch, row);
    this.#kept.add(send);
    this.#keep.settled(send, { epoch, row });
  }

  /** It is refused for good: which it is told when no crash can bring it back. */
  #refuse(send: QueuedSend, error: ChatError): void {
    this.#line.remove(send);
    this.#keep.settled(send, error, () => this.#fail(send, error));
  }

  #fail(send: QueuedSend, error: ChatError): void {
    this.#line.remove(send);
    send.fail(error);
    this.#shown.failed(send);
    this.#host.onChange(send.conversation);
  }
}
