import type { ClientFrame, ConversationId, Epoch, ErrorFrame, InboxRow } from "@earshot/protocol";
import { Alarm } from "../alarm.ts";
import type { Changes } from "../changes.ts";
import { atLeast } from "../jitter.ts";
import type { Clock } from "../ports/clock.ts";
import type { Gateway } from "../ports/gateway.ts";
import type { Random } from "../ports/random.ts";

/** Time between two frames about one conversation, in ms. */
const APART_MS = 250;
/** Conversations whose marks wait for the gateway to show them; beyond it the oldest are let go. */
const MARKED_CONVERSATIONS_MAX = 1_000;

/** A conversation as far as it is known here. */
export interface Known {
  /** The life of the log that the seqs are of; null: not known. */
  readonly epoch: Epoch | null;
  /** The last event of which something is here; 0: nothing is. */
  readonly head: number;
  readonly read: number;
  readonly marked: boolean;
}

/** What own marks need of their neighbours. */
export interface OwnMarksHost {
  readonly clock: Clock;
  readonly random: Random;
  readonly changes: Changes;
  readonly gateway: Pick<Gateway, "open" | "want">;
  known(c: ConversationId): Known;
  tell(frame: ClientFrame): void;
  /** The user has read so far. */
  onRead(c: ConversationId, seq: number): void;
  onMark(c: ConversationId, on: boolean): void;
}

/** What the gateway has not shown yet. */
export interface Mark {
  /** The life of the log that was read; null: not known. */
  readonly epoch: Epoch | null;
  /** 0: nothing. */
  readonly read: number;
  /** The unread mark; null: as it is. */
  readonly marked: boolean | null;
}

const NOTHING: Mark = { epoch: null, read: 0, marked: null };

/**
 * Own reads and unread marks, told until the gateway shows that it has them: merged, the latest wins. What was read in a
 * life of the log that is over says nothing of another one, and is told no more.
 */
export class OwnMarks {
  readonly #host: OwnMarksHost;
  /** Oldest first. */
  readonly #marks = new Map<ConversationId, Mark>();
  /** To be told on this session. */
  readonly #untold = new Set<ConversationId>();
  readonly #alarm: Alarm;

  constructor(host: OwnMarksHost) {
    this.#host = host;
    this.#alarm = new Alarm(host.clock);
  }

  /** Everything up to here was read; without `seq` all that is here. Clears the unread mark, too. */
  markRead(c: ConversationId, seq?: number): void {
    const { head, read, marked } = this.#host.known(c);
    const to = Math.min(seq ?? head, head || Number.POSITIVE_INFINITY);
    if (!Number.isSafeInteger(to) || to < 1 || (to <= read && !marked)) return;
    this.#mark(c, (was) => {
      this.#host.onRead(c, to);
      if (to <= was.read && !marked && !was.marked) return was;
      return { ...was, read: Math.max(to, was.read), marked: marked || was.marked ? false : null };
    });
  }

  markUnread(c: ConversationId, on: boolean): void {
    this.#mark(c, (was) => {
      this.#host.onMark(c, on);
      return { ...was, marked: on };
    });
  }

  /** The gateway shows so much as read. */
  shown(c: ConversationId, read: number, marked: boolean | null): void {
    const mark = this.#marks.get(c);
    if (mark === undefined || mark.read > read) return;
    if (mark.marked === null || mark.marked === marked) this.#drop(c);
  }

  /** The gateway shows this row. Answers with what is true although the row does not show it. */
  unshown({ c, epoch, read, marked }: InboxRow): Mark | undefined {
    this.shown(c, read, marked === true);
    return this.#marks.has(c) ? this.#of(c, epoch) : undefined;
  }

  /** The gateway refuses a frame; a mark that it does not want to have later either is given up. */
  refused({ re, c, retry }: ErrorFrame): void {
    if (c === undefined || (re !== "read" && re !== "unread") || !this.#marks.has(c)) return;
    if (retry === undefined) {
      this.#drop(c);
    } else {
      this.#untold.add(c);
      this.#alarm.set(atLeast(retry, this.#host.random), () => this.#flush());
    }
  }

  /** A session began. */
  welcomed(): void {
    for (const c of this.#marks.keys()) this.#untold.add(c);
    this.#flush();
  }

  lost(): void {
    this.#alarm.cancel();
  }

  /** Another user is signed in. */
  forget(): void {
    this.lost();
    this.#marks.clear();
    this.#untold.clear();
  }

  #mark(c: ConversationId, next: (was: Mark) => Mark): void {
    const { changes, gateway } = this.#host;
    changes.run(() => {
      gateway.want();
      const was = this.#of(c, this.#host.known(c).epoch);
      const mark = next(was);
      if (mark === was) return;
      this.#drop(c);
      this.#marks.set(c, mark);
      this.#untold.add(c);
      const [oldest] = this.#marks.keys();
      if (oldest !== undefined && this.#marks.size > MARKED_CONVERSATIONS_MAX) this.#drop(oldest);
      if (!this.#alarm.isSet) this.#flush();
    });
  }

  /** What is not shown yet, as it is in this life of the log. */
  #of(c: ConversationId, epoch: Epoch | null): Mark {
    const mark = this.#marks.get(c) ?? NOTHING;
    if (epoch === null || mark.epoch === epoch) return mark;
    return { ...mark, epoch, read: mark.epoch === null ? mark.read : 0 };
  }

  #drop(c: ConversationId): void {
    this.#untold.delete(c);
    this.#marks.delete(c);
  }

  #flush(): void {
    const { gateway, tell, known } = this.#host;
    if (!gateway.open || this.#untold.size === 0) return;
    for (const c of this.#untold) {
      const { read, marked } = this.#of(c, known(c).epoch);
      if (read > 0) tell({ t: "read", c, seq: read });
      // a `read` clears the mark by itself
      if (marked === true || (marked === false && read === 0)) tell({ t: "unread", c, on: marked });
    }
    this.#untold.clear();
    this.#alarm.set(APART_MS, () => this.#flush());
  }
}
