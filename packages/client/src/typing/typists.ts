import {
  type ClientFrame,
  type ConversationId,
  RECEIPT_MEMBERS_MAX,
  TYPING_APART_MS,
  TYPING_SHOWN_MS,
  type TypingNoticeFrame,
  type UserId,
} from "@earshot/protocol";
import { Alarm } from "../alarm.ts";
import type { Changes } from "../changes.ts";
import { KeyedCells } from "../keyed-cells.ts";
import type { Clock } from "../ports/clock.ts";
import type { Typing, TypingView } from "../typing.ts";

const NOBODY: TypingView = Object.freeze({ users: Object.freeze([]), count: 0 });

/** What typing needs of its neighbours. */
export interface TypingHost {
  readonly clock: Clock;
  readonly changes: Changes;
  readonly gateway: { readonly open: boolean };
  user(): UserId | null;
  tell(frame: ClientFrame): void;
}

/** Who types in one conversation. Monotonic times. */
interface Typists {
  /** Until when each is shown, in the order in which they began. */
  readonly until: Map<UserId, number>;
  /** In a large conversation: how many, and until when. */
  count: number;
  countUntil: number;
  view: TypingView;
}

/** Who is typing, everywhere: shown for 5 s each, by one timer (I20). */
export class TypingRoom {
  readonly #host: TypingHost;
  readonly #typists = new Map<ConversationId, Typists>();
  /** When the own typing was told last; only moments that still hold others back. */
  readonly #toldAt = new Map<ConversationId, number>();
  readonly #cells: KeyedCells<TypingView>;
  readonly #alarm: Alarm;

  constructor(host: TypingHost) {
    this.#host = host;
    this.#alarm = new Alarm(host.clock);
    this.#cells = new KeyedCells(host.changes, { value: (c) => this.#typists.get(c)?.view ?? NOBODY });
  }

  of(c: ConversationId): Typing {
    return Object.assign(this.#cells.of(c), { press: () => this.#press(c) });
  }

  /** Somebody types. */
  take({ c, user, count }: TypingNoticeFrame): void {
    const { clock } = this.#host;
    const until = clock.monotonic() + TYPING_SHOWN_MS;
    const typists = this.#typists.get(c) ?? { until: new Map(), count: 0, countUntil: 0, view: NOBODY };
    if (count !== undefined) {
      typists.count = count;
      typists.countUntil = until;
    } else if (user === undefined || user === this.#host.user() || typists.until.size >= RECEIPT_MEMBERS_MAX) {
      return;
    } else {
      typists.until.set(user, until);
    }
    this.#typists.set(c, typists);
    this.#show(c, typists);
    if (!this.#alarm.isSet) this.#alarm.set(TYPING_SHOWN_MS, () => this.#expire());
  }

  /** Somebody has written what they typed. */
  wrote(c: ConversationId, user: UserId): void {
    const typists = this.#typists.get(c);
    if (typists?.until.delete(user)) this.#show(c, typists);
  }

  /** The session is over: who types is not told any more. */
  lost(): void {
    this.#alarm.cancel();
    this.#typists.clear();
    this.#cells.touch();
  }

  #press(c: ConversationId): void {
    const { clock, gateway, tell } = this.#host;
    const now = clock.monotonic();
    for (const [told, at] of this.#toldAt) if (now - at >= TYPING_APART_MS) this.#toldAt.delete(told);
    if (!gateway.open || this.#toldAt.has(c)) return;
    this.#toldAt.set(c, now);
    tell({ t: "typing", c });
  }

  #expire(): void {
    const now = this.#host.clock.monotonic();
    let next = Number.POSITIVE_INFINITY;
    for (const [c, typists] of [...this.#typists]) {
      const before = typists.until.size + typists.count;
      for (const [user, until] of typists.until) {
        if (until <= now) typists.until.delete(user);
        else next = Math.min(next, until);
      }
      if (typists.countUntil <= now) typists.count = 0;
      else next = Math.min(next, typists.countUntil);
      if (typists.until.size + typists.count !== before) this.#show(c, typists);
    }
    if (next < Number.POSITIVE_INFINITY) this.#alarm.set(next - now, () => this.#expire());
  }

  #show(c: ConversationId, typists: Typists): void {
    const users = Object.freeze([...typists.until.keys()]);
    const count = Math.max(users.length, typists.count);
    const { view } = typists;
    if (count === view.count && users.every((user, at) => user === view.users[at])) return;
    typists.view = Object.freeze({ users, count });
    if (count === 0) this.#typists.delete(c);
    this.#cells.touch(c);
  }
}
