import type { Body, ChatError, ConversationId, Epoch, EventRow, MessageId, UserId } from "@earshot/protocol";
import { type Changes, LiveCell } from "../changes.ts";
import { defined } from "../defined.ts";
import type { Message, SentReceipt } from "../message.ts";
import type { Outgoing } from "../outgoing.ts";
import type { ComposedSend } from "./compose-send.ts";

/** What one send asks of the queue that holds it. */
export interface SendOwner {
  user(): UserId | null;
  retry(send: QueuedSend): void;
  cancel(send: QueuedSend): boolean;
}

/** What is to be sent; `composed` is null for what was never fit to travel. */
export interface Draft {
  readonly id: MessageId;
  readonly conversation: ConversationId;
  readonly body: Body;
  readonly composed: ComposedSend | null;
  /** Unix ms: when it was written. */
  readonly at: number;
}

/** One own send, from the call to the answer. The queue decides; this remembers. */
export class QueuedSend extends LiveCell<Message> implements Outgoing {
  readonly draft: Draft;
  status: "pending" | "sent" | "failed" = "pending";
  receipt: SentReceipt | null = null;
  sent!: Promise<SentReceipt>;
  /** Monotonic time of its going out in this session; null while it is not in flight. */
  inFlightSince: number | null = null;
  /** It went out in a session that ended without an answer: it may be stored. */
  unknown = false;
  /** Closes that it may have caused. */
  strikes = 0;
  readonly #owner: SendOwner;
  #error: ChatError | undefined;
  #body: Body | undefined;
  #resolve!: (receipt: SentReceipt) => void;
  #reject!: (error: ChatError) => void;

  constructor(changes: Changes, owner: SendOwner, draft: Draft) {
    super(changes);
    this.#owner = owner;
    this.draft = draft;
    this.#promise();
  }

  get id(): MessageId {
    return this.draft.id;
  }

  get conversation(): ConversationId {
    return this.draft.conversation;
  }

  retry(): void {
    this.changes.run(() => this.#owner.retry(this));
  }

  cancel(): boolean {
    return this.changes.run(() => this.#owner.cancel(this));
  }

  /** Durable, as this row of the log. */
  confirm(epoch: Epoch, { seq, ord, at, body }: EventRow): void {
    const { id, conversation } = this.draft;
    this.status = "sent";
    this.receipt = { id, conversation, epoch, seq, ord, at };
    this.#body = body;
    this.#resolve(this.receipt);
    this.touch();
  }

  fail(error: ChatError): void {
    this.status = "failed";
    this.#error = error;
    this.#reject(error);
    this.touch();
  }

  /** On its way once more: after `retry()`, or because the log that had it is lost. */
  pendAgain(): void {
    if (this.status === "failed") this.#promise();
    this.status = "pending";
    this.#error = undefined;
    this.receipt = null;
    this.strikes = 0;
    this.touch();
  }

  protected compose(): Message {
    const { id, conversation, body, at, composed } = this.draft;
    const { re, mentions } = composed?.frame ?? {};
    return {
      kind: "message",
      key: id,
      id,
      conversation,
      seq: this.receipt?.seq ?? null,
      from: this.#owner.user() ?? "",
      at: this.receipt?.at ?? at,
      body: this.#body ?? body,
      status: this.status,
      own: true,
      ...defined({ re, mentions, error: this.#error }),
    };
  }

  #promise(): void {
    this.sent = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // left unawaited it never ends a process
    this.sent.catch(() => {});
  }
}
