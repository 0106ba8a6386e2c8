import type { ConversationId, Epoch, EventRow, GatewayFrame, HaveEntry } from "@earshot/protocol";
import { Alarm } from "../alarm.ts";
import { eventRowOf } from "../event-row.ts";
import { atLeast } from "../jitter.ts";
import { FollowedTimeline, type FollowHost } from "./followed-timeline.ts";

export interface TimelinesHost extends Omit<FollowHost, "onReleased"> {
  /** Names cursors to the gateway once more. What of them subscribes, and what does not. */
  present(have: readonly HaveEntry[]): ReadonlyMap<ConversationId, boolean>;
  /** It is followed from now on, and nothing of it is here yet. */
  onFollowed?(followed: FollowedTimeline): void;
}

/** Every conversation that is followed: the watched ones, and the latest of those that were. */
export class Timelines {
  readonly #host: FollowHost & TimelinesHost;
  readonly #idleMax: number;
  /** Least recently watched first. */
  readonly #followed = new Map<ConversationId, FollowedTimeline>();
  readonly #again: Alarm;

  /** `idleMax`: conversations kept up to date although nobody watches them. */
  constructor(host: TimelinesHost, idleMax: number) {
    this.#host = { ...host, onReleased: () => this.#letGo() };
    this.#idleMax = idleMax;
    this.#again = new Alarm(host.clock);
  }

  /** Followed already, or null. */
  peek(c: ConversationId): FollowedTimeline | null {
    return this.#followed.get(c) ?? null;
  }

  /** The one to watch; `pageRows` counts where it is new. */
  follow(c: ConversationId, pageRows: number): FollowedTimeline {
    const known = this.#followed.get(c);
    const followed = known ?? new FollowedTimeline(this.#host, c, pageRows);
    this.#followed.delete(c);
    this.#followed.set(c, followed);
    if (known === undefined) this.#host.onFollowed?.(followed);
    return followed;
  }

  /** Cursors for `have`: the watched first, then by how lately they were. */
  have(): readonly HaveEntry[] {
    const entries = [...this.#followed.values()].reverse().map((followed) => followed.have);
    const named = entries.filter((entry) => entry !== null);
    return [...named.filter((entry) => entry[3] === true), ...named.filter((entry) => entry[3] !== true)];
  }

  welcomed(named: ReadonlyMap<ConversationId, boolean>): void {
    for (const followed of this.#followed.values()) followed.welcomed(named.get(followed.conversation));
  }

  lost(): void {
    this.#again.cancel();
    for (const followed of this.#followed.values()) followed.lost();
  }

  /** Takes what is said to this session about a conversation's log. */
  take(frame: GatewayFrame): void {
    switch (frame.t) {
      case "event":
        this.peek(frame.c)?.event(frame.epoch, eventRowOf(frame));
        break;
      case "events":
        this.peek(frame.c)?.page(frame);
        break;
      case "subscribed":
        this.peek(frame.c)?.subscribed(frame);
        break;
      case "lagging":
        for (const c of frame.c) this.peek(c)?.lagging();
        break;
      case "heads":
        for (const [c, epoch, head] of frame.heads) this.peek(c)?.reaches(epoch, head);
        break;
      case "error":
        // the cursors were not looked at, nor was what they tell of
        if (frame.re !== "have" || frame.retry === undefined) break;
        this.#again.set(atLeast(frame.retry, this.#host.random), () => this.welcomed(this.#host.present(this.have())));
    }
  }

  /** Others have more of the user's messages: `reach` of the host answers otherwise. */
  reached(c: ConversationId): void {
    this.peek(c)?.reached();
  }

  /** An own send has its place: the delivery of that seq. True while it waits behind a hole. */
  sent(c: ConversationId, epoch: Epoch, row: EventRow): boolean {
    const followed = this.peek(c);
    if (followed === null) return false;
    followed.event(epoch, row);
    const { cursor } = followed.timeline;
    return cursor === null || cursor.seq < row.seq;
  }

  /** Another user is signed in. */
  forget(): void {
    for (const followed of this.#followed.values()) followed.forget();
  }

  stop(): void {
    this.#again.cancel();
    for (const followed of this.#followed.values()) followed.stop();
  }

  #letGo(): void {
    let idle = 0;
    for (const [c, followed] of [...this.#followed].reverse()) {
      if (followed.watched) continue;
      if (followed.timeline.cursor === null || ++idle > this.#idleMax) this.#drop(c, followed);
    }
  }

  #drop(c: ConversationId, followed: FollowedTimeline): void {
    followed.stop();
    this.#followed.delete(c);
    this.#host.onChange(c);
  }
}
