import {
  type ChatError,
  type ConversationId,
  type Epoch,
  type EventRow,
  isChatError,
  type MemberBody,
  type PresenceFrame,
  SUBSCRIPTIONS_MAX,
  type UserId,
} from "@earshot/protocol";
import { Alarm } from "../alarm.ts";
import type { Changes } from "../changes.ts";
import { waitAfter } from "../jitter.ts";
import { KeyedCells } from "../keyed-cells.ts";
import type { Live } from "../live.ts";
import type { Clock } from "../ports/clock.ts";
import type { Gateway } from "../ports/gateway.ts";
import type { Random } from "../ports/random.ts";
import type { PresenceView } from "../presence.ts";

/** How long a user without listeners stays watched, in ms. */
const RELEASE_AFTER_MS = 5_000;

const UNKNOWN: PresenceView = Object.freeze({ status: "unknown", seen: null });

/** What presence needs of its neighbours. */
export interface PresenceHost {
  readonly clock: Clock;
  readonly random: Random;
  readonly changes: Changes;
  readonly gateway: Gateway;
}

/** A user, as somebody to be seen in one conversation. Neither id holds a blank. */
const placed = (c: ConversationId, user: UserId): string => `${c} ${user}`;
const placeOf = (key: string): readonly string[] => key.split(" ");

/** Where users stand, for as long as somebody listens: asked for once a turn, and anew by each session. */
export class PresenceRoom {
  readonly #host: PresenceHost;
  readonly #cells: KeyedCells<PresenceView>;
  readonly #views = new Map<UserId, PresenceView>();
  /** What this session was asked to watch. */
  readonly #asked = new Set<string>();
  /** Conversations in which somebody is watched → the life of the log that this session heard of last; null: of none yet. */
  readonly #lives = new Map<ConversationId, Epoch | null>();
  /** Without listeners, each until when it stays. Monotonic. */
  readonly #left = new Map<string, number>();
  readonly #turn: Alarm;
  readonly #release: Alarm;

  constructor(host: PresenceHost) {
    this.#host = host;
    this.#turn = new Alarm(host.clock);
    this.#release = new Alarm(host.clock);
    this.#cells = new KeyedCells(host.changes, {
      value: (key) => this.#views.get(placeOf(key)[1] as UserId) ?? UNKNOWN,
      watched: (key, on) => this.#watched(key, on),
    });
  }

  of(c: ConversationId, user: UserId): Live<PresenceView> {
    return this.#cells.of(placed(c, user));
  }

  /** An answer, or what has changed. */
  take({ users }: PresenceFrame): void {
    for (const { user, status, seen = null } of users) {
      if (this.#asks(user)) this.#show(user, Object.freeze({ status, seen: status === "online" ? null : seen }));
    }
  }

  /** The log is in this life. In another one than before who was a member may have been none, and watches have ended unsaid. */
  heard(c: ConversationId, epoch: Epoch): void {
    const before = this.#lives.get(c);
    if (before === undefined || before === epoch) return;
    this.#lives.set(c, epoch);
    if (before === null) return;
    for (const key of this.#askedIn(c)) this.#lose(key);
    this.#askSoon();
  }

  /** Who leaves is not watched any more; who comes is to be asked for. */
  event(c: ConversationId, { type, body }: EventRow): void {
    if (type !== "member") return;
    for (const [user] of (body as MemberBody | undefined)?.members ?? []) this.#lose(placed(c, user));
    this.#askSoon();
  }

  /** The two have blocked each other, or do so no longer: nobody says so to the watches that this ends, or lets begin. */
  parted(user: UserId): void {
    for (const key of [...this.#asked]) if (placeOf(key)[1] === user) this.#lose(key);
    this.#askSoon();
  }

  /** The conversation is not the user's any more. */
  gone(c: ConversationId): void {
    for (const key of this.#askedIn(c)) this.#lose(key);
  }

  welcomed(): void {
    this.#ask();
  }

  lost(): void {
    this.#asked.clear();
    this.#lives.clear();
    this.#left.clear();
    this.#views.clear();
    this.#turn.cancel();
    this.#release.cancel();
    this.#cells.touch();
  }

  #watched(key: string, on: boolean): void {
    const { clock, gateway } = this.#host;
    gateway.want();
    if (on) {
      this.#left.delete(key);
      this.#askSoon();
    } else if (this.#asked.has(key)) {
      this.#left.set(key, clock.monotonic() + RELEASE_AFTER_MS);
      if (!this.#release.isSet) this.#release.set(RELEASE_AFTER_MS, () => this.#letGo());
    }
  }

  /** Once for all that is listened to in this turn. */
  #askSoon(): void {
    if (!this.#turn.isSet) this.#turn.set(0, () => this.#ask());
  }

  #ask(): void {
    const { gateway, random } = this.#host;
    if (!gateway.open) return;
    const wanted = new Map<ConversationId, UserId[]>();
    for (const key of this.#cells.keys) {
      if (this.#asked.has(key)) continue;
      const [c = "", user = ""] = placeOf(key);
      this.#asked.add(key);
      wanted.set(c, [...(wanted.get(c) ?? []), user]);
    }
    for (const [c, all] of wanted) {
      if (!this.#lives.has(c)) this.#lives.set(c, null);
      for (const users of parts(all)) {
        gateway.ask({ t: "subscribe", c, users }, (answer) => {
          if (!isChatError(answer) || !mayAskAgain(answer)) return;
          for (const user of users) this.#asked.delete(placed(c, user));
          this.#turn.set(waitAfter(answer, random), () => this.#ask());
        });
      }
    }
  }

  #letGo(): void {
    const now = this.#host.clock.monotonic();
    const gone: UserId[] = [];
    for (const [key, until] of this.#left) {
      if (until > now) continue;
      this.#left.delete(key);
      const user = this.#lose(key);
      if (user !== null) gone.push(user);
    }
    for (const users of parts(gone)) this.#host.gateway.ask({ t: "unsubscribe", users }, () => {});
    for (const until of this.#left.values()) {
      this.#release.set(until - now, () => this.#letGo());
      break;
    }
  }

  /** Not watched there any more. Answers with the user if that was the last place. */
  #lose(key: string): UserId | null {
    const [c = "", user = ""] = placeOf(key);
    if (!this.#asked.delete(key)) return null;
    if (this.#askedIn(c).length === 0) this.#lives.delete(c);
    if (this.#asks(user)) return null;
    this.#show(user, null);
    return user;
  }

  #askedIn(c: ConversationId): string[] {
    return [...this.#asked].filter((key) => placeOf(key)[0] === c);
  }

  #asks(user: UserId): boolean {
    return [...this.#asked].some((key) => placeOf(key)[1] === user);
  }

  #show(user: UserId, view: PresenceView | null): void {
    if (view === null) this.#views.delete(user);
    else this.#views.set(user, view);
    for (const key of this.#cells.keys) if (placeOf(key)[1] === user) this.#cells.touch(key);
  }
}

/** Whether a refusal is of now; users that are refused for good stay unknown, until the next session asks again. */
function mayAskAgain({ code, retryAfterMs }: ChatError): boolean {
  return code === "timeout" || retryAfterMs !== undefined;
}

/** As many users as one frame may name. */
function parts(users: readonly UserId[]): UserId[][] {
  const count = Math.ceil(users.length / SUBSCRIPTIONS_MAX);
  return Array.from({ length: count }, (_, at) => users.slice(at * SUBSCRIPTIONS_MAX, (at + 1) * SUBSCRIPTIONS_MAX));
}
