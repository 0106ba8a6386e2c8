import type { ConversationId, SendFrame, SentFrame, UserId } from "@earshot/protocol";
import type { Cursors } from "./cursors.ts";
import type { OpenRequest, OpenRequests } from "./open-requests.ts";
import { same } from "./page-check.ts";
import type { SeenConversations } from "./seen-conversations.ts";
import { SentInOrder, type SentOnce } from "./sent-in-order.ts";

export interface SendsSurroundings {
  readonly user: UserId;
  readonly cursors: Cursors;
  readonly requests: OpenRequests;
  readonly seen: SeenConversations;
  /** Whether its user has sent it more than once. */
  sentTwice(draft: SendFrame): boolean;
  /** What came of a send. */
  answered(draft: SendFrame, outcome: string): void;
  fail(why: string): never;
}

/** One connection's sends, and what came of them. */
export class SessionSends {
  readonly #house: SendsSurroundings;
  readonly #orders = new Map<ConversationId, SentInOrder>();

  constructor(house: SendsSurroundings) {
    this.#house = house;
  }

  add(send: SentOnce): void {
    const { c } = send.draft;
    const order = this.#orders.get(c) ?? new SentInOrder();
    this.#orders.set(c, order);
    order.add(this.#house.requests.begin(send));
  }

  skip(id: string): void {
    for (const send of this.#all()) if (send.draft.id === id) send.skipped = true;
  }

  /** Those refused with `retry`, by conversation. */
  waiting(): readonly SendFrame[] {
    return [...this.#orders.values()].flatMap((order) => order.waiting());
  }

  /** Those without an answer. */
  open(): readonly (OpenRequest & { readonly draft: SendFrame })[] {
    return this.#all().filter(({ answer }) => answer === null);
  }

  /** All is quiet, and nothing is open: the order begins anew. */
  calm(): void {
    for (const order of this.#orders.values()) order.sends.length = 0;
  }

  sent(frame: SentFrame): void {
    const { id, c, epoch, seq, dup } = frame;
    const { user, cursors, fail, seen } = this.#house;
    const outcome = dup ? "dup" : "ok";
    const send = this.#of(c, id, outcome) ?? fail(`sent ${id}, which nobody waits for`);
    const fault = this.#sentFault(frame, send);
    if (fault !== null) fail(`${c} ${seq} was answered to ${user} for ${id}: ${fault}`);
    const fresh = !dup && !this.#house.sentTwice(send.draft);
    if (fresh && seq <= send.headBefore) fail(`I10: ${c} ${seq} was sent after ${send.headBefore} was there`);
    this.#settle(send, outcome, seq, false);
    if (fresh) seen.sent(c, seq);
    // An answer may come behind the loss of its conversation, and brings it back no more.
    const row = seen.known(c).log[seq - 1];
    if (!dup && row !== undefined && !seen.isOver(c, seq)) cursors.event(c, epoch, row);
  }

  /** Whether a refusal was of a send. */
  refused(c: ConversationId, id: string, outcome: string, retry: boolean): boolean {
    const send = this.#of(c, id, outcome);
    if (send === undefined) return false;
    this.#settle(send, outcome, 0, retry);
    return true;
  }

  #all(): readonly SentOnce[] {
    return [...this.#orders.values()].flatMap((order) => order.sends);
  }

  #of(c: ConversationId, id: string, outcome: string): SentOnce | undefined {
    return this.#orders.get(c)?.unanswered(id, (one) => this.#house.requests.allows(one, outcome));
  }

  #sentFault({ c, id, epoch, seq, ord, at, body }: SentFrame, { draft }: SentOnce): string | null {
    const conversation = this.#house.seen.known(c);
    const row = conversation.log[seq - 1];
    if (row?.id !== id || row.from !== this.#house.user) return `I1: it is ${JSON.stringify(row)}`;
    const { type, re } = draft;
    if (row.type !== type || row.re !== re || !same(row.body, draft.body)) return "I2: it is not what was sent";
    if (!same([ord, at, epoch], [row.ord, row.at, conversation.made.epoch])) return "ord, at or epoch are wrong";
    return body === undefined ? null : "nobody has rewritten it";
  }

  #settle(send: SentOnce, outcome: string, seq: number, retry: boolean): void {
    const { requests, fail, answered } = this.#house;
    const order = this.#orders.get(send.draft.c) as SentInOrder;
    send.answer = { outcome, seq, retry };
    if (outcome === "blocked") {
      if (!order.mayBeBlocked(send)) fail(`${send.name} was blocked by nothing`);
      requests.drop(send);
    } else if (outcome === "ok" && this.#house.sentTwice(send.draft) && requests.allows(send, "dup")) {
      // Of two devices that send one id in one millisecond, after a lost answer, both may be taken for the first.
      requests.drop(send);
    } else requests.end(send, outcome);
    const fault = order.fault();
    if (fault !== null) fail(fault);
    answered(send.draft, outcome);
  }
}
