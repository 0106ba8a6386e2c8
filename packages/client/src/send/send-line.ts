import type { ChatError, ConversationId, MessageId } from "@earshot/protocol";
import type { Clock } from "../ports/clock.ts";
import type { Gateway } from "../ports/gateway.ts";
import type { Random } from "../ports/random.ts";
import { overLimits } from "./compose-send.ts";
import { Holds } from "./holds.ts";
import type { QueuedSend } from "./queued-send.ts";
import { SendList } from "./send-list.ts";

/** What a session takes. */
export interface SessionLimits {
  readonly frame: number;
  readonly body: number;
  readonly inflight: number;
}

export interface SendLineHost {
  readonly clock: Clock;
  readonly random: Random;
  readonly gateway: Gateway;
  /** Sends an encoded frame that wants an answer. */
  tellAwaited(text: string): void;
  /** Gives up a refused send, so that those behind it may pass. */
  skip(id: MessageId): void;
  /** The gateway it came to would not take it. */
  onOver(send: QueuedSend, error: ChatError): void;
  /** Something may go out. */
  onDue(): void;
}

/**
 * Unanswered sends in the order written, and which of them are on their way. Of a conversation those in
 * flight are always the first ones: after a refusal nothing more goes out until all of them are
 * answered, and then the refused one goes first. So order holds whatever is refused, blocked or lost (I11).
 */
export class SendLine extends SendList {
  readonly #host: SendLineHost;
  /** Oldest first. */
  readonly #inFlight = new Set<QueuedSend>();
  readonly #holds: Holds;

  constructor(host: SendLineHost) {
    super();
    this.#host = host;
    this.#holds = new Holds(host.clock, host.random, () => host.onDue());
  }

  get inFlight(): Iterable<QueuedSend> {
    return this.#inFlight;
  }

  /** Monotonic time since which the oldest send is in flight; null if none is. */
  get since(): number | null {
    for (const send of this.#inFlight) return send.inFlightSince;
    return null;
  }

  get bytes(): number {
    return this.all.reduce((sum, { draft }) => sum + (draft.composed?.bytes ?? 0), 0);
  }

  /** Behind all, or before the first of its conversation for which `isLater` holds. */
  override add(send: QueuedSend, isLater: (other: QueuedSend) => boolean = () => false): void {
    super.add(send, (other) => other.conversation === send.conversation && isLater(other));
  }

  /** It is settled, one way or the other. */
  override remove(send: QueuedSend): void {
    super.remove(send);
    this.#land(send);
  }

  /** It was refused, and may go again later. */
  refused(send: QueuedSend, retryAfterMs: number): void {
    this.#land(send);
    this.#holds.refused(send, retryAfterMs, (other) => this.#isBefore(send, other));
  }

  /**
   * What the gateway holds others back for will not be sent again: it need not wait for it. Of what is in flight it
   * may have told so, unheard.
   */
  unblock(send: QueuedSend): void {
    if (this.#holds.unblock(send)) this.#host.skip(send.id);
    else if (send.inFlightSince !== null) this.late(send.conversation, send.id);
  }

  /** A send that is here no more was refused: those in flight behind it are blocked, and newer ones must not pass them. */
  late(c: ConversationId | undefined, id: MessageId): void {
    if (c !== undefined) this.#holds.behind(c);
    this.#host.skip(id);
  }

  /** The session is over. Answers with what was in flight. */
  lost(): readonly QueuedSend[] {
    const was = [...this.#inFlight];
    this.#holds.lost();
    for (const send of this.all) send.tried = false;
    for (const send of was) {
      this.#land(send);
      send.unknown = true;
    }
    return was;
  }

  /** Sends what may go. */
  pump(limits: SessionLimits): void {
    const { clock, gateway } = this.#host;
    const now = clock.monotonic();
    const saving = new Set<ConversationId>();
    // whoever may have caused a close goes alone, so that the second close convicts nobody else
    const inFlightMax = this.all.some((send) => send.strikes > 0) ? 1 : limits.inflight;
    for (const send of this.all) {
      if (!gateway.open || this.#inFlight.size >= inFlightMax) return;
      const { conversation, draft } = send;
      if (send.saving) saving.add(conversation);
      if (send.inFlightSince !== null || saving.has(conversation)) continue;
      if (!this.#holds.mayGo(conversation, this.#inFlight)) continue;
      const over = draft.composed && overLimits(draft.composed, limits);
      if (over !== null) {
        this.#host.onOver(send, over);
        continue;
      }
      send.inFlightSince = now;
      send.tried = true;
      this.#inFlight.add(send);
      this.#host.tellAwaited(draft.composed?.text ?? "");
    }
  }

  /** Nothing more goes out. */
  stop(): void {
    this.#holds.stop();
  }

  /** Whether it was written before the other. */
  #isBefore(send: QueuedSend, other: QueuedSend): boolean {
    return this.all.find((each) => each === send || each === other) === send && send !== other;
  }

  /** It is not in flight any more. */
  #land(send: QueuedSend): void {
    this.#inFlight.delete(send);
    send.inFlightSince = null;
  }
}
