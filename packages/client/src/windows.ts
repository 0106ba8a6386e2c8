import { type ConversationId, PAGE_ROWS_MAX } from "@earshot/protocol";
import { LiveWindow, type WindowHost } from "./live-window.ts";
import type { WindowOptions } from "./message-window.ts";

/** Rows of a window's pages, unless its options say otherwise. */
const PAGE_ROWS = 50;
const AT_NEWEST = "";

/** The windows of a client: each is made once, so that the same question gives the same window. */
export class Windows {
  readonly #host: WindowHost;
  readonly #idleMax: number;
  /** By conversation, then by what was asked for; least recently watched first. */
  readonly #windows = new Map<ConversationId, Map<unknown, LiveWindow>>();

  /** `idleMax`: windows of one conversation, apart from the one at its newest, that are kept without listeners. */
  constructor(host: Omit<WindowHost, "onWatched">, idleMax: number) {
    this.#host = { ...host, onWatched: (window) => this.#keep(window) };
    this.#idleMax = idleMax;
  }

  /** `re`: over the replies to it. */
  open(c: ConversationId, { around, limit = PAGE_ROWS }: WindowOptions, re?: number): LiveWindow {
    const windows = this.#of(c);
    const key = around === undefined && re === undefined ? AT_NEWEST : `${re} ${around}`;
    const known = windows.get(key);
    if (known !== undefined) return known;
    const rows = Math.min(Math.max(1, Math.trunc(limit) || PAGE_ROWS), PAGE_ROWS_MAX);
    const window = new LiveWindow(this.#host, c, rows, around ?? "newest", re);
    const idle = [...windows].filter(([of, { isWatched }]) => of !== AT_NEWEST && !isWatched);
    if (idle[0] !== undefined && idle.length >= this.#idleMax) {
      windows.delete(idle[0][0]);
      idle[0][1].forsake();
    }
    windows.set(key, window);
    return window;
  }

  /** What they show of a conversation may be another now; without one, of all. */
  touch(c?: ConversationId): void {
    for (const [conversation, windows] of this.#windows) {
      if (c === undefined || c === conversation) for (const window of windows.values()) window.touch();
    }
  }

  #of(c: ConversationId): Map<unknown, LiveWindow> {
    const windows = this.#windows.get(c) ?? new Map<unknown, LiveWindow>();
    this.#windows.set(c, windows);
    return windows;
  }

  /** Somebody listens to it, and maybe to one that was no longer kept. */
  #keep(window: LiveWindow): void {
    const windows = this.#of(window.conversation);
    const key = [...windows.keys()].find((each) => windows.get(each) === window) ?? window;
    windows.delete(key);
    windows.set(key, window);
  }
}
