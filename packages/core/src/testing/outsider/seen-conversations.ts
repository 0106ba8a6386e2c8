import type {
  ConversationId,
  EventFrame,
  EventsFrame,
  HaveEntry,
  HeadsFrame,
  MemberBody,
  ReceiptFrame,
  ResetFrame,
  SubscribedFrame,
  TallyFrame,
  TypingNoticeFrame,
  UserId,
} from "@earshot/protocol";
import type { Cursors } from "./cursors.ts";
import { pageFault, same, stripped } from "./page-check.ts";
import type { StoreTruth } from "./store-truth.ts";
import { ToldReceipts } from "./told-receipts.ts";
import { isWithin, type TrueConversation } from "./true-conversation.ts";

export interface SeenSurroundings {
  readonly user: UserId;
  readonly cursors: Cursors;
  readonly truth: StoreTruth;
  /** Whether somebody may be shown as typing now. */
  typedLately(c: ConversationId, user: UserId): boolean;
  fail(why: string): never;
}

/** What one connection was told of conversations, held against what is true. */
export class SeenConversations {
  readonly #house: SeenSurroundings;
  readonly #presented = new Map<ConversationId, Set<number>>();
  /** Presented as of another life of the log: `reset` has to come. */
  readonly #void = new Set<ConversationId>();
  /** Events in the order of their numbers. */
  readonly events: EventFrame[] = [];
  readonly #lastOf = new Map<ConversationId, number>();
  readonly #sentHere = new Set<string>();
  readonly #heads = new Map<ConversationId, number>();
  /** The newest heads that were told unasked. */
  readonly #headsTold = new Map<ConversationId, number>();
  /** Conversations that were lost, and whether `gone` has said so. */
  readonly #lost = new Map<ConversationId, boolean>();
  /** Seqs of removals that were told by the event. */
  readonly #removedAt = new Map<ConversationId, number>();
  readonly #everWanted = new Set<ConversationId>();
  /** Conversations that are asked for, and those that are subscribed now. */
  readonly #wanted = new Set<ConversationId>();
  /** Questions for a subscription that are not answered yet. */
  readonly #subscribing: ConversationId[] = [];
  readonly subscribed = new Set<ConversationId>();
  readonly told = new ToldReceipts();
  /** Heads when it was welcomed. */
  headsAtWelcome: ReadonlyMap<ConversationId, number> | null = null;

  constructor(house: SeenSurroundings) {
    this.#house = house;
  }

  // ---- what the device says

  present(have: readonly HaveEntry[]): void {
    for (const [c, epoch, seq, subscribes] of have) {
      const seqs = this.#presented.get(c) ?? new Set();
      this.#presented.set(c, seqs.add(seq));
      if (subscribes) this.#want(c);
      if (epoch !== this.known(c).made.epoch) this.#void.add(c);
    }
  }

  subscribes(c: ConversationId): void {
    this.#subscribing.push(c);
    this.#want(c);
  }

  /** A question for a subscription was answered. */
  answered(c: ConversationId): void {
    this.#subscribing.splice(this.#subscribing.indexOf(c), 1);
  }

  unsubscribed(c: ConversationId): void {
    this.subscribed.delete(c);
    if (!this.#subscribing.includes(c)) this.#wanted.delete(c);
  }

  /** What happens there may come from now on, also behind an `unsubscribed`: it may have waited for its turn. */
  #want(c: ConversationId): void {
    this.#wanted.add(c);
    this.#everWanted.add(c);
  }

  // ---- what comes down

  welcome(): void {
    this.headsAtWelcome = new Map([...this.#house.truth.conversations].map(([c, { head }]) => [c, head]));
  }

  known(c: ConversationId): TrueConversation {
    return this.#house.truth.conversations.get(c) ?? this.#house.fail(`${c} is no conversation`);
  }

  event(frame: EventFrame): void {
    this.events.push(frame);
    const { t: _, c, epoch, ...row } = frame;
    const { user, cursors, fail } = this.#house;
    const fault = this.#eventFault(frame);
    if (fault !== null) fail(`${c} ${row.seq}: ${fault}`);
    this.#lastOf.set(c, Math.max(row.seq, this.#lastOf.get(c) ?? 0));
    cursors.event(c, epoch, row);
    const role = roleGiven(this.known(c), frame, user);
    if (role === null) {
      this.#removedAt.set(c, row.seq);
      this.#lose(c, false);
    } else if (role !== undefined) {
      this.#removedAt.delete(c);
      this.#lost.delete(c);
    }
  }

  #eventFault(frame: EventFrame): string | null {
    const { t: _, c, epoch, ...row } = frame;
    const { user } = this.#house;
    const conversation = this.known(c);
    const should = conversation.log[row.seq - 1];
    const blank = should !== undefined && conversation.goneBy(should) > 0 ? stripped(should) : should;
    if (!same(row, should) && !same(row, blank))
      return `I6: ${JSON.stringify(row)} came instead of ${JSON.stringify(should)}`;
    if (epoch !== conversation.made.epoch) return `I19: it came with epoch ${epoch}`;
    // With the whole history a member may have what came before them, too.
    const stays = conversation.stays(user);
    const before = conversation.made.wholeHistory && stays.length > 0;
    if (!before && !isWithin(row.seq, stays)) return `I17: ${user} was no member then`;
    const named = roleGiven(conversation, frame, user) !== undefined;
    if (conversation.made.mode === "pull" && !named && !this.#everWanted.has(c)) return `${user} has not subscribed`;
    const last = this.#lastOf.get(c) ?? 0;
    if (row.seq <= last && !this.#cameAhead(conversation, frame)) return `I8: it came after ${last}`;
    return this.#sentHere.has(`${c} ${row.seq}`) ? "I13: it came by sent and by event" : null;
  }

  /** While a subscription is opened what names its user comes at once, and what waits for the subscription behind it. */
  #cameAhead(conversation: TrueConversation, { c, seq }: EventFrame): boolean {
    const above = this.events.filter((event) => event.c === c && event.seq >= seq).slice(0, -1);
    const named = above.some((event) => roleGiven(conversation, event, this.#house.user) !== undefined);
    return conversation.made.mode === "pull" && named && above.every((event) => event.seq !== seq);
  }

  /** An event that `sent` told of, unless its id may have been told of before. */
  sent(c: ConversationId, seq: number): void {
    const came = this.events.some((event) => event.c === c && event.seq === seq);
    if (came) this.#house.fail(`I13: ${c} ${seq} came by event and by sent`);
    this.#sentHere.add(`${c} ${seq}`);
  }

  /** Whether event `seq` of a conversation is of a stay that the device knows to be over. */
  isOver(c: ConversationId, seq: number): boolean {
    const lost = this.#lost.has(c) && !this.known(c).roles.has(this.#house.user);
    return lost || (this.#removedAt.get(c) ?? 0) >= seq;
  }

  #lose(c: ConversationId, gone: boolean): void {
    this.#lost.set(c, gone);
    this.subscribed.delete(c);
    this.#wanted.delete(c);
    this.told.forget(c);
  }

  gone(c: ConversationId): void {
    const { user, cursors, fail } = this.#house;
    const conversation = this.#house.truth.conversations.get(c);
    const member = conversation !== undefined && !conversation.removed && conversation.roles.has(user);
    // What it had may have ended, and what came behind that is told by `lagging`.
    const since = this.headsAtWelcome?.get(c) ?? 0;
    const ended = conversation?.stays(user).some(([, to]) => to !== null && to > since);
    if (member && !ended && !this.#removedAt.has(c) && !this.#presented.has(c))
      fail(`${c} is gone for ${user}, who is a member`);
    // A member's is that of a stay before; what they subscribed to since goes on.
    const wanted = member && this.#wanted.has(c);
    this.#lose(c, true);
    if (wanted) this.#wanted.add(c);
    cursors.lose(c, this.#removedAt.get(c));
    this.#void.delete(c);
  }

  reset({ c, epoch, head }: ResetFrame): void {
    const { cursors, fail } = this.#house;
    if (!this.#void.delete(c)) fail(`${c} was reset for no reason`);
    cursors.begin(c, epoch, head).lagging = true;
  }

  /** A page that answers a cursor. */
  page(frame: EventsFrame): void {
    const { user, cursors, fail } = this.#house;
    const { c } = frame;
    const after = frame.from - 1;
    if (!this.#presented.get(c)?.has(after)) fail(`I16: a page of ${c} from ${frame.from} that no cursor asked for`);
    const fault = pageFault(this.known(c), user, frame, { after, repair: true });
    if (fault !== null) fail(`I16: the page of ${c} above ${after} for ${user}: ${fault}`);
    cursors.page(c, frame);
    const kept = cursors.get(c);
    if (kept !== undefined && frame.more) kept.lagging = true;
  }

  /** The client has to fetch these. */
  lagging(conversations: readonly ConversationId[]): void {
    const { cursors } = this.#house;
    for (const c of conversations) {
      this.#lost.delete(c);
      (cursors.get(c) ?? cursors.begin(c, this.known(c).made.epoch, 0)).lagging = true;
    }
  }

  /** Cursors could not be answered: they are to be presented again. */
  haveFailed(): void {
    this.#void.clear();
    for (const [, kept] of this.#house.cursors.entries()) kept.lagging = true;
  }

  /** I12: among answers, which come one after the other. */
  reported(c: ConversationId, head: number): void {
    const before = this.#heads.get(c) ?? 0;
    if (head < before) this.#house.fail(`I12: the head of ${c} fell from ${before} to ${head}`);
    this.#heads.set(c, head);
  }

  /** Of `pull` conversations that were named, as they are or were a moment ago. */
  heads({ heads }: HeadsFrame): void {
    const { fail } = this.#house;
    for (const [c, epoch, head, ord] of heads) {
      const { made } = this.known(c);
      if (!this.#presented.has(c)) fail(`the head of ${c} was told, which was not named`);
      if (head <= (this.#headsTold.get(c) ?? 0)) fail(`I12: the head of ${c} was told as ${head}, and before as more`);
      this.#headsTold.set(c, head);
      if (epoch !== made.epoch || ord !== this.known(c).ordAt(head)) fail(`heads of ${c} are wrong: ${head}, ${ord}`);
    }
  }

  /** Counts of what the newest messages reached, as they are or were a moment ago. */
  tally({ c, tally, online }: TallyFrame): void {
    const { fail } = this.#house;
    const { log, head } = this.known(c);
    if (!this.#everWanted.has(c)) fail(`the tally of ${c} was told, which was not subscribed to`);
    const most = Math.max(...Array.from({ length: head }, (_, index) => this.known(c).membersAt(index + 1)));
    for (const [seq, delivered, read] of tally) {
      if (log[seq - 1]?.type !== "message") fail(`the tally of ${c} counts ${seq}, which is no message`);
      if (read > delivered || delivered > most) fail(`I14: the tally of ${c} is wrong: ${seq}, ${delivered}, ${read}`);
    }
    if (online > most) fail(`the tally of ${c} has ${online} of ${most} members online`);
  }

  opened(frame: SubscribedFrame): void {
    const { user, cursors, fail } = this.#house;
    const { c, id, epoch, head, ord, mode, members, online, watermarks } = frame;
    const conversation = this.known(c);
    if ((this.#removedAt.get(c) ?? 0) >= head) fail(`I17: ${user} subscribed to ${c} after their removal`);
    if (conversation.spans(user, head) === null) fail(`I18: ${user} subscribed to ${c} at ${head}, and was no member`);
    if (
      !same([epoch, mode, ord], [conversation.made.epoch, conversation.settingsAt(head).mode, conversation.ordAt(head)])
    ) {
      fail(`subscribed to ${c} is wrong: ${JSON.stringify(frame)}`);
    }
    const there = conversation.membersAt(head);
    if (members !== there || online > members)
      fail(`subscribed to ${c} with ${members} members, ${online} online of ${there}`);
    if (members > 100 && (watermarks.length !== 1 || watermarks[0]?.[0] !== user)) fail(`${c} told all watermarks`);
    this.subscribed.add(c);
    this.#lost.delete(c);
    this.#want(c);
    if (id !== undefined) this.reported(c, head);
    for (const watermark of watermarks) {
      const fault = this.told.take(conversation, watermark);
      if (fault !== null) fail(`subscribed: ${fault}`);
    }
    const kept = cursors.get(c) ?? cursors.begin(c, epoch, head);
    kept.head = Math.max(kept.head, head);
    if (kept.last < head) kept.lagging = true;
  }

  receipt({ c, user, delivered, read }: ReceiptFrame): void {
    const { fail } = this.#house;
    const conversation = this.known(c);
    const own = user === this.#house.user;
    // One's own may have been on its way.
    if (!own && this.#removedAt.has(c) && !conversation.roles.has(this.#house.user))
      fail(`I17: ${this.#house.user} got a receipt of ${c} after their removal`);
    if (!own && !this.#wanted.has(c)) fail(`a receipt of ${user} in ${c}, which is not subscribed`);
    if (!own && conversation.membersAt(conversation.head) > 120) fail(`a receipt of one of many in ${c}`);
    const fault = this.told.take(conversation, [user, delivered, read]);
    if (fault !== null) fail(`receipt: ${fault}`);
  }

  typing({ c, user, count }: TypingNoticeFrame): void {
    const { fail, typedLately } = this.#house;
    if (this.#removedAt.has(c) && !this.known(c).roles.has(this.#house.user))
      fail(`I17: ${this.#house.user} was told of typing in ${c} after their removal`);
    if (!this.#wanted.has(c)) fail(`typing in ${c}, which is not subscribed`);
    if (count !== undefined) return;
    if (user === undefined || user === this.#house.user || !typedLately(c, user))
      fail(`I20: ${user} does not type in ${c}`);
  }

  /** All is quiet. */
  calm(): void {
    const { user, fail } = this.#house;
    for (const [c, gone] of this.#lost) if (!gone) fail(`${user} was removed from ${c} without gone`);
    for (const c of this.#void) fail(`I16: ${c} was not reset`);
  }
}

/** What an event makes of a user: their role, null for one who goes; undefined: it does not name them. */
function roleGiven(conversation: TrueConversation, { type, seq, body }: EventFrame, user: UserId) {
  const named = type === "member" ? (body as MemberBody).members : seq === 1 ? conversation.made.members : [];
  return named.findLast(([one]) => one === user)?.[1];
}
