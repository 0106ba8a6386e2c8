import type {
  Body,
  ChatError,
  ConversationId,
  Epoch,
  EventRow,
  MessageId,
  SendType,
  SentFrame,
  UserId,
} from "@earshot/protocol";
import { type Changes, LiveCell } from "../changes.ts";
import { defined } from "../defined.ts";
import type { Message, MessageStatus, SentReceipt } from "../message.ts";
import type { Outgoing } from "../outgoing.ts";
import type { ComposedSend } from "./compose-send.ts";

/** What one send asks of the queue that holds it. */
export interface SendOwner {
  user(): UserId | null;
  retry(send: QueuedSend): void;
  cancel(send: QueuedSend): boolean;
  /** How far the others have what is sent. */
  reached(c: ConversationId, seq: number): Exclude<MessageStatus, "pending" | "failed">;
}

/** What is to be sent; `composed` is null for what was never fit to travel. */
export interface Draft {
  readonly id: MessageId;
  readonly conversation: ConversationId;
  readonly type: SendType;
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
  /** Sent in this session, whatever came of it: the gateway knows its place. */
  tried = false;
  /** It may have reached the gateway without our having heard the answer: then only that can tell. */
  unknown = false;
  /** Closes that it may have caused. */
  strikes = 0;
  /** Its place in the stored queue, later ones greater; 0 while it has none. */
  place = 0;
  /** Being written to the storage: it does not go out before it is there (I1). */
  saving = false;
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

  /** The row that the gateway's answer makes of it. */
  rowBy({ id, seq, ord, at, body = this.draft.body }: SentFrame): EventRow {
    const { type, composed } = this.draft;
    const { re, mentions, slot } = composed?.frame ?? {};
    return { seq, ord, type, id, from: this.#owner.user() ?? "", at, body, ...defined({ re, mentions, slot }) };
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
    const { seq = null } = this.receipt ?? {};
    const { re, mentions } = composed?.frame ?? {};
    return {
      kind: "message",
      key: id,
      id,
      conversation,
      seq,
      from: this.#owner.user() ?? "",
      at: this.receipt?.at ?? at,
      body: this.#body ?? body,
      reactions: [],
      replies: 0,
      status: this.status === "sent" && seq !== null ? this.#owner.reached(conversation, seq) : this.status,
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
