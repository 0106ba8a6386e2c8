import { ChatError, isChatError } from "@earshot/protocol";
import type { Undo } from "./live.ts";
import type { Clock } from "./ports/clock.ts";
import type { Gateway } from "./ports/gateway.ts";
import type { FollowedTimeline, PageOf } from "./timeline/followed-timeline.ts";
import type { Stretch } from "./timeline/stretch.ts";

/** Longest wait for a page, over reconnects, in ms. */
const PAGE_WITHIN_MS = 15_000;

/** Where a window is, or is to be. */
export type Place = number | "unread" | "newest";

export interface NextPage {
  readonly page: Partial<PageOf>;
  /** Beside what it is read; null: it is a stretch of its own. */
  readonly into: Stretch | null;
  /** Where the window is with it, if it moves. */
  readonly to?: Place;
}

/** What to read next; null: nothing; undefined: that cannot be told yet. */
export type Step = NextPage | ChatError | null | undefined;

/** What a window gives to have its pages read. */
export interface PageReading {
  readonly clock: Clock;
  readonly gateway: Gateway;
  readonly pageRows: number;
  /** Listens to the window, which keeps the conversation watched. */
  subscribe(listener: () => void): Undo;
  followed(): FollowedTimeline | null;
  /** `pages`: how many have been read. */
  step(pages: number): Step;
  took(page: NextPage, stretch: Stretch | null): void;
  done(error: ChatError | null): void;
}

/**
 * Reads page by page until there is none to read. Waits, if need be, for the first page or a connection,
 * up to 15 s; a page that a lost connection took along is asked for again.
 */
export function readPages({ clock, gateway, pageRows, subscribe, followed, step, took, done }: PageReading): void {
  let [asking, over, pages] = [false, false, 0];
  let last: ChatError | null = null;
  const finish = (error: ChatError | null): void => {
    over = true;
    timer.cancel();
    undo();
    done(error);
  };
  const read = (from: FollowedTimeline, next: NextPage): void => {
    asking = true;
    from.read({ limit: pageRows, ...next.page }, next.into, (answer) => {
      asking = false;
      last = isChatError(answer) ? answer : null;
      if (!isChatError(answer)) {
        pages++;
        took(next, answer);
      }
      if (last !== null && last.code !== "offline") finish(last);
      else attempt();
    });
  };
  const attempt = (): void => {
    const from = followed();
    if (asking || over || from === null) return;
    const hopeless = gateway.stopped ?? (from.timeline.newest === null ? from.error : null);
    const next = hopeless ?? step(pages);
    if (next === null || isChatError(next)) finish(next);
    else if (next !== undefined && gateway.open) read(from, next);
  };
  const timer = clock.after(PAGE_WITHIN_MS, () => {
    finish(last ?? new ChatError("offline", "unable to read messages; not connected"));
  });
  const undo = subscribe(attempt);
  attempt();
}
