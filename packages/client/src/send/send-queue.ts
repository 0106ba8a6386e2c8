import {
  type Body,
  ChatError,
  type ConversationId,
  type Epoch,
  type ErrorFrame,
  type EventRow,
  isChatError,
  LIMITS,
  type MessageId,
  type SentFrame,
} from "@earshot/protocol";
import type { Changes } from "../changes.ts";
import { MALFORMED, OVERSIZED } from "../close-number.ts";
import { defined } from "../defined.ts";
import type { SendOptions } from "../message.ts";
import type { ClientLimits } from "../options.ts";
import type { Clock } from "../ports/clock.ts";
import type { Gateway } from "../ports/gateway.ts";
import type { Random } from "../ports/random.ts";
import { refusalOf } from "../refusal.ts";
import { composeSend, overLimits } from "./compose-send.ts";
import { Holds } from "./holds.ts";
import { QueuedSend, type SendOwner } from "./queued-send.ts";
import { ulidFactory } from "./ulid.ts";

/** Closes of which a send that was in flight each time is taken to be the cause. */
const STRIKES_MAX = 2;

/** What the queue needs of its neighbours. */
export interface SendHost extends Pick<SendOwner, "user"> {
  readonly clock: Clock;
  readonly random: Random;
  readonly changes: Changes;
  readonly gateway: Gateway;
  readonly limits: ClientLimits;
  /** Sends an encoded frame that wants an answer. */
  tellAwaited(text: string): void;
  /** Gives up a refused send, so that those behind it may pass. */
  skip(id: MessageId): void;
  /** It is durable. Answers true while its row waits behind a hole, and shows in no window by itself. */
  onSent(c: ConversationId, epoch: Epoch, row: EventRow): boolean;
  /** What windows show beside the log may be another now. */
  onChange(c: ConversationId): void;
}

interface SessionLimits {
  readonly frame: number;
  readonly body: number;
  readonly inflight: number;
}

/**
 * Own sends until they are answered: bounded, kept through reconnects, in order per conversation. Of a
 * conversation those in flight are always the first ones: after a refusal nothing more goes out until
 * all of them are answered, and then the refused one goes first. So order holds whatever is refused,
 * blocked or lost (I11).
 */
export class SendQueue implements SendOwner {
  readonly #host: SendHost;
  readonly #makeId: () => string;
  /** Without an answer that settles them, in the order written. */
  #sends: QueuedSend[] = [];
  /** What windows show beside the log: pending, failed, sent but behind a hole. In the order written. */
  #shown: QueuedSend[] = [];
  /** Answered ones, oldest first: should a log be lost, they are sent again. */
  #kept: QueuedSend[] = [];
  /** Oldest first. */
  readonly #inFlight = new Set<QueuedSend>();
  readonly #holds: Holds;
  #limits: SessionLimits = { frame: LIMITS.frameBytesMax, body: LIMITS.bodyBytesMax, inflight: LIMITS.inflightMax };

  #closed: ChatError | null = null;

  constructor(host: SendHost) {
    this.#host = host;
    this.#makeId = ulidFactory(host.clock, host.random);
    this.#holds = new Holds(host.clock, host.random, () => this.#pump());
  }

  /** Monotonic time since which the oldest send is in flight; null if none is. */
  get since(): number | null {
    for (const send of this.#inFlight) return send.inFlightSince;
    return null;
  }

  user(): string | null {
    return this.#host.user();
  }

  /** What a window shows after the log's own items. */
  tail(c: ConversationId): readonly QueuedSend[] {
    return this.#shown.filter((send) => send.conversation === c);
  }

  send(c: ConversationId, body: Body, options: SendOptions): QueuedSend {
    const { changes, clock } = this.#host;
    const id = options.id ?? this.#makeId();
    const composed = composeSend(c, id, body, options, this.#limits);
    const fit = isChatError(composed) ? null : composed;
    const known = [...this.#sends, ...this.#shown].find((send) => send.conversation === c && send.id === id);
    if (known && known.draft.composed?.text === fit?.text) {
      this.retry(known);
      return known;
    }
    const copy = fit?.frame.body ?? (typeof body === "object" ? { ...body } : {});
    const draft = { id, conversation: c, body: copy, composed: fit, at: clock.now() };
    const send = new QueuedSend(changes, this, draft);
    if (fit === null || isMessage(send)) this.#shown.push(send);
    if (this.#closed) this.#fail(send, this.#closed);
    else if (isChatError(composed)) this.#fail(send, composed);
    else if (known) this.#fail(send, new ChatError("conflict", "unable to send; its id is taken by another send"));
    else this.#enqueue(send);
    return send;
  }

  retry(send: QueuedSend): void {
    if (send.status !== "failed" || send.draft.composed === null || this.#closed) return;
    send.pendAgain();
    if (this.#shown.includes(send)) this.#shown = [...without(this.#shown, send), send];
    this.#enqueue(send);
  }

  cancel(send: QueuedSend): boolean {
    if (send.status === "sent" || send.inFlightSince !== null) return false;
    if (send.status === "pending") {
      if (send.unknown) return false;
      this.#unblock(send);
      this.#fail(send, new ChatError("aborted", "unable to send; it was cancelled"));
    }
    this.#shown = without(this.#shown, send);
    this.#host.onChange(send.conversation);
    return true;
  }

  /** A session began: everything unanswered goes out again, in the old order, before anything newer. */
  welcomed(limits: SessionLimits): void {
    this.#limits = limits;
    for (const send of this.#shown) send.touch();
    this.#pump();
  }

  /** A session ended. `code`: the gateway's close code, null if it was we who went. */
  lost(code: number | null): void {
    const was = [...this.#inFlight];
    this.#inFlight.clear();
    this.#holds.lost();
    for (const send of was) {
      send.inFlightSince = null;
      send.unknown = true;
      if (code !== OVERSIZED && code !== MALFORMED) continue;
      if (++send.strikes < STRIKES_MAX) continue;
      const cause = code === OVERSIZED ? "too_large" : "invalid";
      this.#fail(send, new ChatError(cause, "unable to send; the connection was closed for it twice"));
    }
  }

  /** Takes the gateway's answer to a send. */
  take(frame: SentFrame | ErrorFrame): void {
    const { t, id, c } = frame;
    const among = t === "sent" ? this.#sends : [...this.#inFlight];
    const send = among.find((each) => each.id === id && (c === undefined || each.conversation === c));
    if (send === undefined) return;
    if (t === "sent") {
      this.#confirm(send, frame);
    } else {
      const error = refusalOf(frame);
      if (error.retryAfterMs === undefined) {
        this.#fail(send, error);
      } else {
        this.#land(send);
        this.#holds.refused(send, error.retryAfterMs);
      }
    }
    this.#pump();
  }

  /** Rows of a log have come; `reached`: up to where it is shown by now. Own ones among them are answers too. */
  observe(c: ConversationId, epoch: Epoch, rows: readonly EventRow[], reached: number): void {
    for (const row of rows) {
      if (row.from !== this.user()) continue;
      const send = this.#sends.find((each) => each.id === row.id && each.conversation === c);
      if (send === undefined) continue;
      this.#unblock(send);
      this.#settle(send, epoch, row);
    }
    const isThere = ({ conversation, receipt }: QueuedSend): boolean =>
      conversation === c && receipt !== null && receipt.seq <= reached;
    if (this.#shown.some(isThere)) this.#shown = this.#shown.filter((send) => !isThere(send));
    this.#pump();
  }

  /** A log was seen in this epoch; null: it must be read anew. What an earlier life of it had is sent again. */
  heard(c: ConversationId, epoch: Epoch | null): void {
    const isLost = (send: QueuedSend): boolean => send.conversation === c && send.receipt?.epoch !== epoch;
    const lost = this.#kept.filter(isLost);
    if (lost.length === 0) return;
    for (const send of lost) send.pendAgain();
    this.#kept = this.#kept.filter((send) => !lost.includes(send));
    // before all that has not gone out; the first of these stands behind those in flight
    const next = this.#sends.findIndex((send) => send.conversation === c && send.inFlightSince === null);
    this.#sends.splice(next < 0 ? this.#sends.length : next, 0, ...lost);
    this.#shown = [...lost.filter((send) => isMessage(send) && !this.#shown.includes(send)), ...this.#shown];
    this.#host.onChange(c);
    this.#pump();
  }

  /** Another user is signed in: none of these is theirs. */
  forget(): void {
    this.#abandon(new ChatError("forbidden", "unable to send; another user is signed in"));
    this.#shown = [];
  }

  /** Nothing goes on here, and nothing begins. */
  close(error: ChatError): void {
    this.#closed = error;
    this.#abandon(error);
  }

  #abandon(error: ChatError): void {
    for (const send of this.#sends) this.#fail(send, error);
    this.#holds.stop();
    this.#kept = [];
  }

  #enqueue(send: QueuedSend): void {
    const { limits, gateway } = this.#host;
    const queuedBytes = [...this.#sends, send].reduce((sum, { draft }) => sum + (draft.composed?.bytes ?? 0), 0);
    const full = this.#sends.length >= limits.queuedSendsMax || queuedBytes > limits.queuedBytesMax;
    if (full) {
      this.#fail(send, new ChatError("too_large", "unable to send; the send queue is full"));
      return;
    }
    this.#sends.push(send);
    this.#host.onChange(send.conversation);
    gateway.want();
    this.#pump();
  }

  #pump(): void {
    const { clock, gateway } = this.#host;
    const now = clock.monotonic();
    // whoever may have caused a close goes alone, so that the second close convicts nobody else
    const inFlightMax = this.#sends.some((send) => send.strikes > 0) ? 1 : this.#limits.inflight;
    for (const send of this.#sends) {
      if (!gateway.open || this.#inFlight.size >= inFlightMax) return;
      const { conversation, draft } = send;
      if (send.inFlightSince !== null || !this.#holds.mayGo(conversation, this.#inFlight)) continue;
      const over = draft.composed && overLimits(draft.composed, this.#limits);
      if (over !== null) {
        this.#fail(send, over);
        continue;
      }
      send.inFlightSince = now;
      this.#inFlight.add(send);
      this.#host.tellAwaited(draft.composed?.text ?? "");
    }
  }

  #confirm(send: QueuedSend, frame: SentFrame): void {
    const { id, c, epoch, seq, ord, at, body = send.draft.body } = frame;
    const { type = "message", re, mentions } = send.draft.composed?.frame ?? {};
    const from = this.user() ?? "";
    const row: EventRow = { seq, ord, type, id, from, at, body, ...defined({ re, mentions }) };
    this.#settle(send, epoch, row);
    if (!this.#host.onSent(c, epoch, row)) this.#shown = without(this.#shown, send);
    this.#host.onChange(c);
  }

  #settle(send: QueuedSend, epoch: Epoch, row: EventRow): void {
    this.#takeOut(send);
    send.confirm(epoch, row);
    this.#kept.push(send);
    if (this.#kept.length > this.#host.limits.sentKeptMax) this.#kept.shift();
  }

  /** What the gateway holds others back for will not be sent again: it need not wait for it. */
  #unblock(send: QueuedSend): void {
    if (this.#holds.unblock(send)) this.#host.skip(send.id);
  }

  #takeOut(send: QueuedSend): void {
    this.#sends = without(this.#sends, send);
    this.#land(send);
  }

  /** It is not in flight any more. */
  #land(send: QueuedSend): void {
    this.#inFlight.delete(send);
    send.inFlightSince = null;
  }

  #fail(send: QueuedSend, error: ChatError): void {
    this.#takeOut(send);
    send.fail(error);
    const failed = this.#shown.filter(({ status }) => status === "failed");
    if (failed.length > this.#host.limits.failedSendsMax) this.#shown = without(this.#shown, failed[0]);
    this.#host.onChange(send.conversation);
  }
}

function isMessage({ draft }: QueuedSend): boolean {
  return draft.composed?.frame.type === "message";
}

function without<T>(list: readonly T[], thing: T | undefined): T[] {
  return list.filter((each) => each !== thing);
}
