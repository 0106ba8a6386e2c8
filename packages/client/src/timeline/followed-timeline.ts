import {
  ChatError,
  type ConversationId,
  type Epoch,
  type EventRow,
  type EventsFrame,
  type GoneFrame,
  type HaveEntry,
  isChatError,
  isVoidRow,
  PAGE_ROWS_MAX,
  type ResetFrame,
  type SubscribedFrame,
  type UserId,
} from "@earshot/protocol";
import { Alarm } from "../alarm.ts";
import { waitAfter } from "../jitter.ts";
import type { Clock } from "../ports/clock.ts";
import type { Gateway } from "../ports/gateway.ts";
import type { Random } from "../ports/random.ts";
import type { StoredTimeline } from "../ports/stored.ts";
import { type Reach, restated, windowItem } from "../window-item.ts";
import { ownRole } from "./own-role.ts";
import type { Stretch } from "./stretch.ts";
import { isDenial, Subscription } from "./subscription.ts";
import { isReset, Timeline, type TimelineLimits } from "./timeline.ts";

/** How long a hole may close by itself before it is fetched, in ms; doubled while fetches find nothing newer. */
const HOLE_MIN_MS = 100;
const HOLE_MAX_MS = 1_000;
/** The same right after `welcome` for a conversation whose page is on its way, in ms. */
const HOLE_AFTER_WELCOME_MS = 2_000;
/** Bound of the wait after an answer of a life of the log that is over, in ms; doubled while nothing else comes. */
const OVER_MIN_MS = 500;
const OVER_MAX_MS = 30_000;
/** How long a window without listeners stays subscribed, in ms. */
const RELEASE_AFTER_MS = 5_000;
/** Events behind which the log is not read through, but begun anew with the newest page: five full pages, what one `have` may bring. */
const BEHIND_MAX = 1_000;

/** What following one conversation needs of its neighbours. */
export interface FollowHost {
  readonly clock: Clock;
  readonly random: Random;
  readonly gateway: Gateway;
  readonly limits: TimelineLimits;
  user(): UserId | null;
  /** How far every other member has the user's messages. */
  reach(c: ConversationId): Reach;
  /** Rows that are new here, in order; `reached`: the cursor behind them. */
  onApplied(c: ConversationId, epoch: Epoch, rows: readonly EventRow[], reached: number): void;
  /** What a window of this conversation shows may be another now. */
  onChange(c: ConversationId): void;
  /** What is worth keeping of it may be another now. */
  onStorable(c: ConversationId): void;
  /** Nobody has looked at it for a while. */
  onReleased(c: ConversationId): void;
}

/** Which page is read, in present state; none of them: the newest. */
export interface PageOf {
  readonly before?: number;
  readonly around?: number;
  readonly re?: number;
  readonly limit: number;
}

/**
 * Keeps one conversation's timeline up to date: reads its first page, subscribes while it is watched,
 * and fills holes by the rule of the protocol (§6).
 */
export class FollowedTimeline {
  readonly conversation: ConversationId;
  readonly timeline: Timeline;
  readonly #host: FollowHost;
  readonly #pageRows: number;
  #watchers = 0;
  readonly #release: Alarm;
  readonly #subscription: Subscription;
  #fetching = false;
  /** The gateway gave up what waited for us: fetch, whether a hole shows or not. */
  #lagging = false;
  readonly #alarm: Alarm;
  #holeMs = HOLE_MIN_MS;
  #quietUntil = 0;
  /** The life of the log that this session's `have` named; null where it named none. */
  #presented: Epoch | null = null;
  /** Answers in a row that were of a life of the log that is over. */
  #overs = 0;
  #gone = false;
  #error: ChatError | null = null;
  /** What the items' status goes by. */
  #reach: Reach = { delivered: 0, read: 0 };

  /** `pageRows`: rows of the newest page. */
  constructor(host: FollowHost, conversation: ConversationId, pageRows: number) {
    this.#host = host;
    this.#release = new Alarm(host.clock);
    this.#alarm = new Alarm(host.clock);
    this.conversation = conversation;
    this.#subscription = new Subscription(conversation, {
      ...{ clock: host.clock, random: host.random, gateway: host.gateway },
      wanted: () => this.watched,
      onSubscribed: (frame) => this.subscribed(frame),
      onDenied: (error) => this.#leave(error),
      onChange: () => host.onChange(conversation),
    });
    this.#pageRows = pageRows;
    this.timeline = new Timeline(
      host.limits,
      (row) => windowItem(row, conversation, host.user(), host.reach(conversation)),
      ({ from }) => from === host.user(),
    );
  }

  get watched(): boolean {
    return this.#watchers > 0 || this.#release.isSet;
  }

  get error(): ChatError | null {
    return this.#error;
  }

  get status(): "loading" | "live" | "catching-up" {
    if (this.timeline.cursor === null) return "loading";
    const hears = this.#host.gateway.open && this.#subscription.hears;
    const level = hears && !this.#lagging && this.timeline.gap === null;
    return level ? "live" : "catching-up";
  }

  /** How it is named in `have`; null while there is no cursor. */
  get have(): HaveEntry | null {
    const { cursor } = this.timeline;
    if (cursor === null) return null;
    const { epoch, seq } = cursor;
    return this.watched ? [this.conversation, epoch, seq, true] : [this.conversation, epoch, seq];
  }

  /** One more looks at it. */
  watch(): void {
    this.#watchers++;
    this.#release.cancel();
    this.#gone = false;
    this.#host.gateway.want();
    this.#subscription.keep();
    this.#settle();
  }

  /** One less. What nobody looks at stays subscribed a little while: pages come and go. */
  unwatch(): void {
    if (--this.#watchers > 0) return;
    if (this.#host.gateway.open) this.#release.set(RELEASE_AFTER_MS, () => this.#letGo());
    else this.#letGo();
  }

  /** A session began; `named`: whether its `have` named this conversation, and subscribed. */
  welcomed(named: boolean | undefined): void {
    this.#gone = false;
    this.#presented = named === undefined ? null : (this.timeline.cursor?.epoch ?? null);
    this.#quietUntil = named === undefined ? 0 : this.#host.clock.monotonic() + HOLE_AFTER_WELCOME_MS;
    this.#subscription.welcomed(named === true);
    this.#settle();
  }

  /** A session ended. */
  lost(): void {
    this.#subscription.ended();
    this.#subscription.told = false;
    this.#alarm.cancel();
    this.#holeMs = HOLE_MIN_MS;
    this.#overs = 0;
    this.#host.onChange(this.conversation);
  }

  /** An event, or an own send that was answered with a seq. */
  event(epoch: Epoch, row: EventRow): void {
    this.#returned();
    const rows = this.timeline.insert(epoch, row);
    // with a stream the word that it is gone may be lost, and the subscription went all the same
    for (const applied of rows) this.#subscription.changed(ownRole(applied, this.#host.user()));
    this.#applied(epoch, rows);
  }

  /** A page that nobody asked for: the answer to a cursor in `have`. */
  page(frame: EventsFrame | ResetFrame | GoneFrame): void {
    this.#quietUntil = 0;
    if ("gone" in frame) this.#leave(new ChatError("not_found", "unable to read; conversation is not the user's"));
    else this.#take(frame, false, this.#presented);
  }

  subscribed(frame: SubscribedFrame): void {
    this.#subscription.subscribed();
    this.reaches(frame.epoch, frame.head);
  }

  /** The log is known to reach this far. */
  reaches(epoch: Epoch, head: number): void {
    this.timeline.reaches(epoch, head);
    this.#settle();
    this.#host.onChange(this.conversation);
  }

  /** Something happened in it that is not told. */
  lagging(): void {
    this.#returned();
    this.#lagging = true;
    this.#quietUntil = 0;
    this.#alarm.cancel();
    this.#settle();
    this.#host.onChange(this.conversation);
  }

  /**
   * Reads one page, which becomes a part of `into`, or a stretch of its own; `done` with the stretch
   * that has it, with null where the log was found to be another one, or with why not.
   */
  read(page: PageOf, into: Stretch | null, done: (answer: Stretch | ChatError | null) => void): void {
    const request = { t: "fetch", c: this.conversation, ...page } as const;
    const asked = this.timeline.cursor?.epoch ?? null;
    this.#host.gateway.ask(request, (answer) => {
      if (isChatError(answer)) {
        done(answer);
        return;
      }
      if (isReset(answer)) this.#take(answer, false, asked);
      else this.reaches(answer.epoch, answer.head);
      const lost = isReset(answer) || this.timeline.cursor === null;
      const wanted = into === null ? page.around : undefined;
      const stretch = lost ? null : (lack(answer, wanted) ?? this.timeline.read(answer, into, page.re));
      this.#changed();
      done(stretch);
    });
  }

  /** Receipts have come: only what they pass over has another status now. */
  reached(): void {
    const [was, reach] = [this.#reach, this.#host.reach(this.conversation)];
    this.#reach = reach;
    for (const mark of ["delivered", "read"] as const) {
      const [from, to] = [Math.min(was[mark], reach[mark]) + 1, Math.max(was[mark], reach[mark])];
      this.timeline.restate(from, to, (item) => restated(item, reach));
    }
    this.#host.onChange(this.conversation);
  }

  /** Begins with what was kept over a reload, unless something was read already. */
  restore(stored: StoredTimeline): void {
    this.timeline.restore(stored);
    this.#settle();
    this.#host.onChange(this.conversation);
  }

  /** Another user is signed in: nothing of what is here is theirs. */
  forget(): void {
    this.timeline.clear();
    this.#error = null;
    this.#lagging = false;
    this.lost();
  }

  stop(): void {
    this.#alarm.cancel();
    this.#subscription.stop();
    this.#release.cancel();
  }

  /** Fetches what is missing: the first page, or what fills a hole, as soon as it is due. */
  #settle(): void {
    const { cursor, gap } = this.timeline;
    const due = cursor === null ? this.watched : this.#lagging || gap !== null;
    if (!due) {
      this.#alarm.cancel();
      this.#holeMs = HOLE_MIN_MS;
      // what could not be fetched has come in another way
      if (cursor !== null) this.#error = null;
    } else if (this.#host.gateway.open && !this.#fetching && !this.#gone && !this.#alarm.isSet) {
      const quietMs = Math.max(this.#holeMs, this.#quietUntil - this.#host.clock.monotonic());
      if (this.#overs > 0) this.#alarm.set(this.#overMs(), () => this.#fetch());
      else if (cursor === null || this.#lagging) this.#fetch();
      else this.#alarm.set(quietMs, () => this.#fetch());
    }
  }

  /** What comes after the cursor; the newest page where there is none, or it is far behind. */
  #fetch(): void {
    if (this.#fetching) return;
    this.#alarm.cancel();
    this.#fetching = true;
    const { cursor, behind } = this.timeline;
    const newest = cursor === null || behind > BEHIND_MAX;
    const where = newest ? { limit: this.#pageRows } : { after: cursor.seq, limit: PAGE_ROWS_MAX };
    this.#host.gateway.ask({ t: "fetch", c: this.conversation, ...where }, (answer) => {
      this.#fetching = false;
      if (this.#gone) return;
      if (isChatError(answer)) {
        this.#failed(answer);
        return;
      }
      this.#error = null;
      this.#subscription.told ||= newest;
      this.#lagging = false;
      this.#take(answer, newest, cursor?.epoch ?? null);
    });
  }

  /** Takes a page, the newest or one after some cursor; where that says `more`, the next is asked for at once. `asked`: the life of the cursor that it answers, if one. */
  #take(page: EventsFrame | ResetFrame, newest: boolean, asked: Epoch | null): void {
    const { timeline } = this;
    this.#overs = timeline.isOver(page.epoch) ? this.#overs + 1 : 0;
    if (isReset(page)) {
      timeline.restart(page, asked ?? page.epoch);
      this.#applied(page.epoch, []);
      return;
    }
    const seq = timeline.cursor?.seq;
    timeline.reaches(page.epoch, page.head);
    const rows = newest ? timeline.open(page) : timeline.extend(page);
    const moved = timeline.cursor?.seq !== seq;
    this.#holeMs = moved ? HOLE_MIN_MS : Math.min(HOLE_MAX_MS, this.#holeMs * 2);
    if (moved && !newest && page.more) this.#fetch();
    this.#applied(page.epoch, rows);
  }

  /** Until a gateway that is behind, or a store that was put back, is asked once more: it is the same for all who look. */
  #overMs(): number {
    const boundMs = Math.min(OVER_MAX_MS, OVER_MIN_MS * 2 ** (this.#overs - 1));
    return Math.max(HOLE_MIN_MS, this.#host.random.float() * boundMs);
  }

  #applied(epoch: Epoch, rows: readonly EventRow[]): void {
    const reached = this.timeline.cursor?.seq;
    if (reached !== undefined) this.#host.onApplied(this.conversation, epoch, rows, reached);
    this.#settle();
    this.#changed();
  }

  #changed(): void {
    this.#host.onStorable(this.conversation);
    this.#host.onChange(this.conversation);
  }

  #failed(error: ChatError): void {
    if (error.code === "offline") return;
    if (isDenial(error)) {
      this.#leave(error);
      return;
    }
    this.#error = error;
    this.#alarm.cancel();
    this.#alarm.set(waitAfter(error, this.#host.random), () => {
      this.#settle();
      // it may say no longer that it cannot be read
      this.#host.onChange(this.conversation);
    });
    this.#host.onChange(this.conversation);
  }

  /** The conversation is not, or no longer, the user's. */
  #leave(error: ChatError): void {
    this.timeline.clear();
    this.#alarm.cancel();
    this.#subscription.ended();
    this.#gone = true;
    this.#error = error;
    this.#changed();
  }

  /** Something is told of it: if it was gone it is the user's again, and the subscription went with it. */
  #returned(): void {
    if (!this.#gone) return;
    this.#gone = false;
    this.#subscription.keep();
  }

  #letGo(): void {
    this.timeline.letGo();
    this.#host.onChange(this.conversation);
    this.#subscription.keep();
    this.#host.onReleased(this.conversation);
  }
}

/** Why a page that should be around a seq is not. */
function lack({ head, events }: EventsFrame, seq = 0): ChatError | null {
  const isVoid = events.some((row) => isVoidRow(row) && row.seq <= seq && seq <= row.to);
  return seq <= head && !isVoid ? null : new ChatError("not_found", "unable to read there; the user cannot have it");
}
