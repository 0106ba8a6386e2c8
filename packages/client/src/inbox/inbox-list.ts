import {
  type ChatError,
  type ConversationId,
  type Epoch,
  type EventRow,
  type InboxFrame,
  type InboxRow,
  isChatError,
  type UserId,
} from "@earshot/protocol";
import { Alarm } from "../alarm.ts";
import { type Changes, LiveCell } from "../changes.ts";
import type { ConversationRow, Inbox, InboxView } from "../inbox.ts";
import { atLeast } from "../jitter.ts";
import type { Clock } from "../ports/clock.ts";
import type { Gateway } from "../ports/gateway.ts";
import type { Random } from "../ports/random.ts";
import { InboxRows, rowOf } from "./inbox-rows.ts";

/** Rows asked for at once. */
const PAGE_ROWS = 100;
/** How long events that the list cannot place are gathered before it asks, in ms. */
const ASK_AFTER_MS = 100;
/** Wait before asking again what failed without a `retry`, in ms. */
const FAILED_MS = 5_000;

/** What the list needs of its neighbours. */
export interface InboxHost {
  readonly clock: Clock;
  readonly random: Random;
  readonly changes: Changes;
  readonly gateway: Gateway;
  readonly rowsMax: number;
  user(): UserId | null;
}

/** Keeps the list of conversations: pages first, then events, and after each reconnect what has changed since. */
export class InboxList extends LiveCell<InboxView> implements Inbox {
  readonly #host: InboxHost;
  readonly #rows: InboxRows;
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
  #error: ChatError | null = null;

  constructor(host: InboxHost) {
    super(host.changes);
    this.#host = host;
    this.#rows = new InboxRows(host.rowsMax);
    this.#alarm = new Alarm(host.clock);
  }

  welcomed(): void {
    if (this.#started) this.#ask();
  }

  lost(): void {
    this.#level = false;
    this.#alarm.cancel();
    this.touch();
  }

  event(c: ConversationId, epoch: Epoch, row: EventRow): void {
    const user = this.#host.user();
    if (!this.#started || user === null) return;
    if (this.#rows.event(c, epoch, row, user) === "ask") this.askSoon();
    this.touch();
  }

  /** Something has changed that events do not tell. */
  askSoon(): void {
    if (this.#started) this.#askIn(ASK_AFTER_MS);
  }

  /** The conversation is not the user's any more. */
  gone(c: ConversationId): void {
    this.#rows.remove(c);
    this.touch();
  }

  /** A row that came by another way. */
  put(row: InboxRow): ConversationRow {
    this.#listing?.add(row.c);
    if (this.#started) this.#rows.take([row], false);
    this.touch();
    return this.#rows.get(row.c) ?? rowOf(row);
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
      this.touch();
    });
  }

  #take(frame: InboxFrame): void {
    this.#error = null;
    if (frame.reset) this.#listing = new Set();
    for (const row of frame.conversations) if (!("gone" in row)) this.#listing?.add(row.c);
    if (this.#rows.take(frame.conversations, this.#listing !== null) === "ask") this.askSoon();
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

  #failed(error: ChatError): void {
    if (error.code === "offline") return;
    this.#error = error;
    this.#askIn(error.retryAfterMs === undefined ? FAILED_MS : atLeast(error.retryAfterMs, this.#host.random));
  }

  protected compose(): InboxView {
    const level = this.#level && this.#host.gateway.open;
    return {
      rows: Object.freeze(this.#rows.rows),
      status: this.#complete ? (level ? "live" : "catching-up") : "loading",
      error: this.#error,
    };
  }

  #askIn(ms: number): void {
    if (!this.#alarm.isSet) this.#alarm.set(ms, () => this.#ask());
  }
}
