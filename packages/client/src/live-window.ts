import { type Body, ChatError, type ConversationId, type SendType } from "@earshot/protocol";
import { Alarm } from "./alarm.ts";
import { type Changes, LiveCell } from "./changes.ts";
import { defined } from "./defined.ts";
import { waitAfter } from "./jitter.ts";
import type { Message, WindowItem } from "./message.ts";
import type { Hole, MessageWindow, WindowView } from "./message-window.ts";
import type { Outgoing } from "./outgoing.ts";
import type { Clock } from "./ports/clock.ts";
import type { Gateway } from "./ports/gateway.ts";
import type { Random } from "./ports/random.ts";
import { changed } from "./timeline/change.ts";
import type { FollowedTimeline, PageOf } from "./timeline/followed-timeline.ts";
import type { Stretch } from "./timeline/stretch.ts";
import type { Timeline } from "./timeline/timeline.ts";
import type { Timelines } from "./timeline/timelines.ts";
import { UnreadLine } from "./unread-line.ts";
import { type NextPage, type Place, readPages, type Step } from "./window-pages.ts";

const NO_HOLES: readonly Hole[] = Object.freeze([]);

/** An own edit, deletion or reaction that the log does not show yet. */
export interface OwnChange {
  readonly type: SendType;
  readonly re: number;
  /** The same object for as long as it is the same change. */
  readonly body: Body;
}

export interface WindowHost {
  readonly clock: Clock;
  readonly random: Random;
  readonly changes: Changes;
  readonly gateway: Gateway;
  readonly timelines: Timelines;
  readonly limits: { readonly windowItemsMax: number };
  /** Own sends that the log does not show yet. */
  tail(c: ConversationId): readonly Outgoing[];
  /** Own changes of what the log shows, in the order made; those that have failed are none. */
  overlays(c: ConversationId): readonly OwnChange[];
  /** Up to where the user has read; null while that is not known. */
  read(c: ConversationId): number | null;
  /** It has listeners again: from now on it is touched when something changes. */
  onWatched(window: LiveWindow): void;
}

/** A stretch of a conversation's log, with own changes over and own sends behind it, as an application sees it. */
export class LiveWindow extends LiveCell<WindowView> implements MessageWindow {
  readonly conversation: ConversationId;
  /** Whether it has listeners. */
  isWatched = false;
  readonly #host: WindowHost;
  readonly #pageRows: number;
  /** Only replies to this seq. */
  readonly #re: number | undefined;
  #followed: FollowedTimeline | null = null;
  /** Where it is, once that is here. */
  #place: Place;
  /** What it shows; null: nothing yet, or at the newest of the whole log, whatever stretch that is. */
  #stretch: Stretch | null = null;
  #going = false;
  #error: ChatError | null = null;
  readonly #again: Alarm;
  readonly #underWay = new Map<unknown, Promise<void>>();
  readonly #overlaid = new WeakMap<Body, { readonly base: Message; readonly item: Message }>();
  #unread = new UnreadLine();

  /** `re`: a window over the replies to it, which opens at the newest. */
  constructor(host: WindowHost, conversation: ConversationId, pageRows: number, place: Place, re?: number) {
    super(host.changes);
    this.#host = host;
    this.#again = new Alarm(host.clock);
    this.conversation = conversation;
    this.#pageRows = pageRows;
    this.#place = place;
    this.#re = re;
  }

  older(): Promise<void> {
    return this.#page("older", (at) => (at.hasOlder ? { before: at.from } : null));
  }

  newer(): Promise<void> {
    // half of such a page is here already, but none in present state begins at a seq
    return this.#page("newer", (at) => (at.live ? null : { around: at.to + 1, limit: 2 * this.#pageRows }));
  }

  jump(to: Place): Promise<void> {
    return this.#once(to, (pages) => this.#towards(to, pages));
  }

  /** Lets go of what it shows, until somebody looks again. */
  forsake(): void {
    this.#put(null);
    this.touch();
  }

  override tell(): void {
    this.#settle();
    super.tell();
  }

  protected override watched(on: boolean): void {
    this.isWatched = on;
    this.#put(this.#stretch);
    if (on) {
      this.#host.onWatched(this);
      this.#followed = this.#host.timelines.follow(this.conversation, this.#pageRows);
      this.#followed.watch();
      this.#settle();
    } else {
      this.#followed?.unwatch();
    }
  }

  get #timeline(): Timeline | undefined {
    return this.#host.timelines.peek(this.conversation)?.timeline;
  }

  /** What it shows now; null while that is not here. */
  get #at(): Stretch | null {
    const timeline = this.#timeline;
    if (this.#stretch !== null) return timeline?.has(this.#stretch) ? this.#stretch : null;
    return this.#place === "newest" && this.#re === undefined ? (timeline?.newest ?? null) : null;
  }

  #put(stretch: Stretch | null): void {
    if (this.#stretch !== null && this.#stretch !== stretch) this.#timeline?.forsake(this.#stretch);
    this.#stretch = stretch;
    if (stretch !== null) stretch.watched = this.isWatched;
  }

  #arrive(to: Place, stretch: Stretch | null): null {
    this.#put(stretch);
    this.#place = to;
    this.#again.cancel();
    this.#error = null;
    this.touch();
    return null;
  }

  /** What it shows, which is the newest if it has come to touch that. */
  #meet(): Stretch | null {
    const at = this.#at;
    if (at === null || at !== this.#stretch) return at;
    const met = this.#timeline?.meet(at) ?? at;
    this.#put(met);
    return met;
  }

  /** Reads one page beside what it shows, if there is one. */
  #page(name: string, beside: (at: Stretch) => Partial<PageOf> | null): Promise<void> {
    return this.#once(name, (pages) => {
      if (pages > 0) return null;
      const at = this.#meet();
      const page = at && beside(at);
      return at === null ? undefined : page && this.#further(at, page);
    });
  }

  #further(at: Stretch, page: Partial<PageOf>): Step {
    if (at.items.length >= this.#host.limits.windowItemsMax) {
      return new ChatError("too_large", "unable to read more messages; the window is full");
    }
    return { page: { ...page, ...defined({ re: this.#re }) }, into: at };
  }

  #towards(place: Place, pages: number): Step {
    const { timelines, read } = this.#host;
    const followed = timelines.peek(this.conversation);
    const newest = followed?.timeline.newest;
    if (!newest) return undefined;
    let to = place;
    if (to === "unread") {
      const last = read(this.conversation);
      // a subscription tells, if nothing has
      if (last === null && followed?.status !== "live") return undefined;
      to = last === null || last >= newest.to ? "newest" : last + 1;
    }
    const at = this.#at;
    if (this.#re !== undefined) return this.#towardsReply(this.#re, to, at);
    if (to === "newest") return this.#arrive(to, null);
    if (!Number.isSafeInteger(to) || to < 1) return new ChatError("invalid", "unable to jump; that is no seq");
    for (const stretch of [at, newest]) if (stretch?.covers(to)) return this.#arrive(to, stretch);
    return pages > 0 ? null : { page: { around: to }, into: null, to };
  }

  /** Replies are read from the newest on downwards. */
  #towardsReply(re: number, to: number | "newest", at: Stretch | null): Step {
    if (at === null) return { page: { re }, into: null, to: this.#place };
    if (to === "newest" || at.covers(to)) return this.#arrive(to, at);
    if (to > at.to || !at.hasOlder) return new ChatError("not_found", "unable to jump; there is no such reply");
    return this.#further(at, { before: at.from });
  }

  /** Reads what it is to show, if that is not here: at first, and where it was let go because the log is another one. */
  #settle(): void {
    const { gateway } = this.#host;
    if (!gateway.open) this.#error = null;
    if (this.#going || this.#error !== null || !gateway.open || !this.#timeline?.newest || this.#at !== null) return;
    this.#going = true;
    this.#until(
      (pages) => this.#towards(this.#place, pages),
      (error) => {
        this.#going = false;
        if (error !== null && error.code !== "offline") {
          if (error.retryAfterMs !== undefined)
            this.#again.set(waitAfter(error, this.#host.random), () => this.#retry());
          else if (this.#re === undefined) this.#arrive("newest", null);
          this.#error = error;
        }
        this.touch();
      },
    );
  }

  /** What was refused for a while is asked for again, if anybody looks. */
  #retry(): void {
    this.#error = null;
    this.changes.run(() => this.touch());
  }

  #once(key: unknown, step: (pages: number) => Step): Promise<void> {
    const known = this.#underWay.get(key);
    if (known !== undefined) return known;
    const promise = new Promise<void>((resolve, reject) => {
      this.changes.run(() => this.#until(step, (error) => (error === null ? resolve() : reject(error))));
    }).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, promise);
    return promise;
  }

  #until(step: (pages: number) => Step, done: (error: ChatError | null) => void): void {
    const took = ({ into, to }: NextPage, stretch: Stretch | null): void => {
      if (stretch === null) return;
      if (into === null) this.#arrive(to ?? this.#place, stretch);
      else if (into === this.#stretch) this.#put(stretch);
    };
    const followed = (): FollowedTimeline | null => this.#followed;
    readPages({ ...this.#host, pageRows: this.#pageRows, subscribe: this.subscribe, followed, step, took, done });
  }

  protected compose(): WindowView {
    const { timelines, tail, overlays, read } = this.#host;
    const followed = timelines.peek(this.conversation);
    const at = this.#at;
    const items = at?.items.slice() ?? [];
    if (at !== null) for (const change of overlays(this.conversation)) this.#overlay(at, items, change);
    if (at === null ? this.#place === "newest" : at.live) {
      for (const { current } of tail(this.conversation)) {
        if (this.#re === undefined || current.re === this.#re) items.push(current);
      }
    }
    const { newest = null, gap = null } = followed?.timeline ?? {};
    if (at === null) this.#unread = new UnreadLine();
    return {
      items: Object.freeze(items),
      holes: gap === null || at !== newest ? NO_HOLES : Object.freeze([Object.freeze(gap)]),
      status: (at && followed?.status) ?? "loading",
      hasOlder: at?.hasOlder ?? false,
      hasNewer: at !== null && !at.live,
      anchor: typeof this.#place === "number" ? this.#place : null,
      unreadFrom: at && newest && this.#unread.in(at, newest.to, read(this.conversation)),
      error: followed?.error ?? this.#error,
    };
  }

  #overlay(at: Stretch, items: WindowItem[], change: OwnChange): void {
    const index = at.at(change.re);
    const base = items[index];
    if (base?.kind !== "message" || base.seq !== change.re) return;
    const known = this.#overlaid.get(change.body);
    const item = known?.base === base ? known.item : changed(base, { ...change, seq: 0, own: true });
    this.#overlaid.set(change.body, { base, item });
    items[index] = item;
  }
}
