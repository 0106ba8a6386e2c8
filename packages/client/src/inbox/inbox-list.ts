import {
  type ChatError,
  type ConversationId,
  type Epoch,
  type EventRow,
  type GoneRow,
  type HeadsFrame,
  type InboxFrame,
  type InboxRow,
  isChatError,
  type UserId,
} from "@earshot/protocol";
import { Alarm } from "../alarm.ts";
import { type Changes, ComputedCell, LiveCell } from "../changes.ts";
import type { ConversationRow, Inbox, InboxView, UnreadView } from "../inbox.ts";
import { waitAfter } from "../jitter.ts";
import { KeyedCells } from "../keyed-cells.ts";
import type { Live } from "../live.ts";
import type { Clock } from "../ports/clock.ts";
import type { Gateway } from "../ports/gateway.ts";
import type { Random } from "../ports/random.ts";
import type { StoredInbox } from "../ports/stored.ts";
import { InboxRows, type InboxVerdict, rowOf } from "./inbox-rows.ts";
import type { Unread } from "./row-after.ts";
import { unreadTotal } from "./unread-total.ts";

/** Rows asked for at once. */
const PAGE_ROWS = 100;
/** How long events that the list cannot place are gathered before it asks, in ms; the same where there is no hurry. */
const ASK_AFTER_MS = 100;
const LATER_MS = 1_000;

/** What the list needs of its neighbours. */
export interface InboxHost {
  readonly clock: Clock;
  readonly random: Random;
  readonly changes: Changes;
  readonly gateway: Gateway;
  readonly rowsMax: number;
  user(): UserId | null;
  /** Own marks that the gateway does not show with this row either. */
  unshown(row: InboxRow): { readonly read: number; readonly marked: boolean | null } | undefined;
  /** What is unread above a seq, counted from messages that are here; null: they are not. */
  above(c: ConversationId, seq: number): Unread | null;
  /** `stored()` answers otherwise now. */
  onStorable(): void;
}

/** Keeps the list of conversations: pages first, then events, and after each reconnect what has changed since. */
export class InboxList extends LiveCell<InboxView> implements Inbox {
  /** What is unread in all of them. */
  readonly unread: LiveCell<UnreadView>;
  readonly #host: InboxHost;
  readonly #rows: InboxRows;
  readonly #cells: KeyedCells<ConversationRow | null>;
  #started = false;
  #cursor: string | null = null;
  /** Conversations of the listing under way; null when only changes are asked for. */
  #listing: Set<ConversationId> | null = null;
  #asking = false;
  /** Ask once more when this asking is over. */
  #again = false;
  #complete = false;
  /** Whether this session has told what has changed. */
  #level = false;
  readonly #alarm: Alarm;
  #askAt = 0;
  /** The gateway wants to be left alone until then. Monotonic. */
  #notBefore = 0;
  #error: ChatError | null = null;

  constructor(host: InboxHost) {
    super(host.changes);
    this.#host = host;
    this.#rows = new InboxRows(host.rowsMax);
    this.#alarm = new Alarm(host.clock);
    const watched = (): void => this.#start();
    this.#cells = new KeyedCells(host.changes, { value: (c) => this.#rows.get(c), watched });
    this.unread = new ComputedCell(host.changes, () => unreadTotal(this.#rows.rows, host.clock.now()), watched);
  }

  /** One row, live. */
  row(c: ConversationId): Live<ConversationRow | null> {
    return this.#cells.of(c);
  }

  /** As it is known now, without loading anything. */
  peek(c: ConversationId): ConversationRow | null {
    return this.#rows.get(c);
  }

  welcomed(): void {
    if (this.#started) this.#ask();
  }

  lost(): void {
    this.#level = false;
    this.#notBefore = 0;
    this.#alarm.cancel();
    this.#changed();
  }

  event(c: ConversationId, epoch: Epoch, row: EventRow): void {
    const user = this.#host.user();
    if (!this.#started || user === null) return;
    this.#heed(this.#rows.event(c, epoch, row, user));
    this.#changed(c);
  }

  /** Logs reach further than what came of them. */
  heads(heads: HeadsFrame["heads"]): void {
    if (!this.#started) return;
    for (const [c, epoch, head, ord] of heads) {
      this.#heed(this.#rows.reaches(c, epoch, head, ord));
      this.#changed(c);
    }
  }

  /** The user has read so far, here or on another device. */
  read(c: ConversationId, seq: number): void {
    this.#heed(this.#rows.read(c, seq, () => this.#host.above(c, seq)));
    this.#changed(c);
  }

  /** The user sets or clears the unread mark. */
  mark(c: ConversationId, on: boolean): void {
    this.#rows.mark(c, on);
    this.#changed(c);
  }

  /** Something has changed that events do not tell. */
  askSoon(): void {
    if (this.#started) this.#askIn(ASK_AFTER_MS);
  }

  /** The conversation is not the user's any more. */
  gone(c: ConversationId): void {
    this.#rows.remove(c);
    this.#changed(c);
  }

  /** A row that came by another way. */
  put(row: InboxRow): ConversationRow {
    this.#listing?.add(row.c);
    if (this.#started) this.#takeRows([row], false);
    return this.#rows.get(row.c) ?? rowOf(row);
  }

  /** What is worth keeping over a reload; null while the list is not whole. */
  stored(): StoredInbox | null {
    const rows = this.#rows.rows.map(({ id, ...rest }): InboxRow => ({ c: id, ...rest }));
    return this.#complete ? { rows, cursor: this.#cursor } : null;
  }

  /** Begins with what was kept over a reload, unless something was read already. */
  restore({ rows, cursor }: StoredInbox): void {
    if (this.#cursor !== null || this.#asking) return;
    this.#started = this.#complete = true;
    this.#cursor = cursor;
    this.#takeRows(rows, true);
    this.#ask();
  }

  /** Another user is signed in. */
  forget(): void {
    this.#rows.clear();
    this.#cursor = null;
    this.#listing = null;
    this.#complete = false;
    this.lost();
  }

  stop(): void {
    this.#alarm.cancel();
  }

  protected override watched(): void {
    this.#start();
  }

  #start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#host.gateway.want();
    this.#ask();
  }

  #ask(): void {
    this.#again ||= this.#asking;
    if (this.#asking || !this.#host.gateway.open) return;
    this.#alarm.cancel();
    this.#asking = true;
    if (this.#cursor === null) this.#listing ??= new Set();
    this.#host.gateway.ask({ t: "inbox", cursor: this.#cursor, limit: PAGE_ROWS }, (answer) => {
      this.#asking = false;
      if (isChatError(answer)) this.#failed(answer);
      else this.#take(answer);
      this.#changed();
    });
  }

  #take(frame: InboxFrame): void {
    this.#error = null;
    if (frame.reset) this.#listing = new Set();
    for (const row of frame.conversations) if (!("gone" in row)) this.#listing?.add(row.c);
    this.#takeRows(frame.conversations, this.#listing !== null);
    this.#cursor = frame.cursor;
    if (frame.more) {
      this.#ask();
      return;
    }
    if (this.#listing !== null) this.#rows.keepOnly(this.#listing);
    this.#listing = null;
    this.#complete = true;
    this.#level = true;
    if (this.#again) this.askSoon();
    this.#again = false;
  }

  #takeRows(page: readonly (InboxRow | GoneRow)[], listing: boolean): void {
    this.#heed(this.#rows.take(page, listing));
    for (const item of page) {
      // what the gateway has not heard of yet is true all the same
      const mark = "gone" in item ? undefined : this.#host.unshown(item);
      if (mark && mark.read > 0) this.read(item.c, mark.read);
      if (mark && mark.marked !== null) this.mark(item.c, mark.marked);
      this.#changed(item.c);
    }
  }

  #failed(error: ChatError): void {
    if (error.code === "offline") return;
    this.#error = error;
    const ms = waitAfter(error, this.#host.random);
    this.#notBefore = this.#host.clock.monotonic() + ms;
    this.#askIn(ms);
  }

  protected compose(): InboxView {
    const level = this.#level && this.#host.gateway.open;
    return {
      rows: Object.freeze(this.#rows.rows),
      status: this.#complete ? (level ? "live" : "catching-up") : "loading",
      error: this.#error,
    };
  }

  #heed(verdict: InboxVerdict): void {
    if (verdict !== "taken" && this.#started) this.#askIn(verdict === "ask" ? ASK_AFTER_MS : LATER_MS);
  }

  #askIn(ms: number): void {
    const now = this.#host.clock.monotonic();
    const at = Math.max(now + ms, this.#notBefore);
    if (this.#alarm.isSet && this.#askAt <= at) return;
    this.#askAt = at;
    this.#alarm.set(at - now, () => this.#ask());
  }

  /** The list is another one, in this row or in any. */
  #changed(c?: ConversationId): void {
    this.touch();
    this.unread.touch();
    this.#cells.touch(c);
    this.#host.onStorable();
  }
}
