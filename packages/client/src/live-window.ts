import { ChatError, type ConversationId } from "@earshot/protocol";
import { type Changes, LiveCell } from "./changes.ts";
import type { WindowItem } from "./message.ts";
import type { Hole, MessageWindow, WindowView } from "./message-window.ts";
import type { Outgoing } from "./outgoing.ts";
import type { Clock } from "./ports/clock.ts";
import type { Gateway } from "./ports/gateway.ts";
import type { FollowedTimeline } from "./timeline/followed-timeline.ts";
import type { Timelines } from "./timeline/timelines.ts";

/** Longest wait for an older page, over reconnects, in ms. */
const OLDER_WITHIN_MS = 15_000;

const NO_HOLES: readonly Hole[] = Object.freeze([]);

export interface WindowHost {
  readonly clock: Clock;
  readonly changes: Changes;
  readonly gateway: Gateway;
  readonly timelines: Timelines<WindowItem>;
  /** Own sends that the log does not show yet. */
  tail(c: ConversationId): readonly Outgoing[];
}

/** A conversation's timeline with own sends behind it, as an application sees it. */
export class LiveWindow extends LiveCell<WindowView> implements MessageWindow {
  readonly #host: WindowHost;
  readonly #conversation: ConversationId;
  readonly #pageRows: number;
  #watched: FollowedTimeline<WindowItem> | null = null;
  #older: Promise<void> | null = null;

  constructor(host: WindowHost, conversation: ConversationId, pageRows: number) {
    super(host.changes);
    this.#host = host;
    this.#conversation = conversation;
    this.#pageRows = pageRows;
  }

  older(): Promise<void> {
    this.#older ??= this.#loadOlder().finally(() => {
      this.#older = null;
    });
    return this.#older;
  }

  protected override watched(on: boolean): void {
    if (on) {
      this.#watched = this.#host.timelines.follow(this.#conversation, this.#pageRows);
      this.#watched.watch();
    } else {
      this.#watched?.unwatch();
    }
  }

  /** Waits, if need be, for the first page or a connection; a page that a lost connection took along is asked for again. */
  #loadOlder(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.changes.run(() => this.#untilOlder((error) => (error === null ? resolve() : reject(error))));
    });
  }

  #untilOlder(done: (error: ChatError | null) => void): void {
    const { clock, gateway } = this.#host;
    let asking = false;
    let last: ChatError | null = null;
    const finish = (error: ChatError | null): void => {
      timer.cancel();
      undo();
      done(error);
    };
    const ask = (followed: FollowedTimeline<WindowItem>): void => {
      asking = true;
      followed.older((error) => {
        asking = false;
        last = error;
        if (error?.code !== "offline") finish(error);
      });
    };
    const attempt = (): void => {
      const followed = this.#watched;
      const loaded = followed?.timeline.cursor != null;
      const hopeless = gateway.stopped ?? (loaded ? null : followed?.error);
      if (hopeless) finish(hopeless);
      else if (loaded && gateway.open && !asking) ask(followed);
    };
    const timer = clock.after(OLDER_WITHIN_MS, () => {
      finish(last ?? new ChatError("offline", "unable to read older messages; not connected"));
    });
    // listening keeps the conversation watched meanwhile
    const undo = this.subscribe(attempt);
    attempt();
  }

  protected compose(): WindowView {
    const { timelines, tail } = this.#host;
    const followed = timelines.peek(this.#conversation);
    const items = [...(followed?.timeline.items ?? []), ...tail(this.#conversation).map((send) => send.current)];
    const gap = followed?.timeline.gap ?? null;
    return {
      items: Object.freeze(items),
      holes: gap === null ? NO_HOLES : Object.freeze([Object.freeze(gap)]),
      status: followed?.status ?? "loading",
      hasOlder: followed?.timeline.hasOlder ?? false,
      hasNewer: gap !== null,
      error: followed?.error ?? null,
    };
  }
}
