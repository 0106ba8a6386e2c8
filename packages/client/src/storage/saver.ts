import type { ConversationId } from "@earshot/protocol";
import { Alarm } from "../alarm.ts";
import type { StoredTimeline } from "../ports/stored.ts";
import type { StorageRoomHost } from "../storage-room.ts";
import type { Keep } from "./keep.ts";
import { storedTimeline } from "./stored-timeline.ts";

/** How long changes are gathered before they are written, in ms. A crash within it is caught up with from older cursors. */
const SAVE_AFTER_MS = 500;

/** What the saver needs of its neighbours. */
export interface SaverHost extends Pick<StorageRoomHost, "clock" | "inbox" | "timeline"> {
  readonly keep: Pick<Keep, "ask" | "keeps">;
}

/** Writes what was read, merged, one write at a time. Rows and cursor always together (I8). */
export class Saver {
  readonly #host: SaverHost;
  readonly #alarm: Alarm;
  #inbox = false;
  readonly #timelines = new Set<ConversationId>();
  readonly #gone = new Set<ConversationId>();
  #saving = false;

  constructor(host: SaverHost) {
    this.#host = host;
    this.#alarm = new Alarm(host.clock);
  }

  inboxChanged(): void {
    this.#inbox = true;
    this.#saveSoon();
  }

  timelineChanged(c: ConversationId): void {
    this.#gone.delete(c);
    this.#timelines.add(c);
    this.#saveSoon();
  }

  /** The conversation is not the user's any more. */
  gone(c: ConversationId): void {
    this.#timelines.delete(c);
    this.#gone.add(c);
    this.#saveSoon();
  }

  /** Another user is signed in: nothing of what has changed is theirs. */
  forget(): void {
    this.#alarm.cancel();
    this.#inbox = false;
    this.#timelines.clear();
    this.#gone.clear();
    this.#saving = false;
  }

  /** Writes what has changed, now. */
  flush(): void {
    this.#alarm.cancel();
    const { keep, inbox, timeline } = this.#host;
    const list = this.#inbox ? inbox() : null;
    const timelines: StoredTimeline[] = [];
    for (const c of this.#timelines) {
      const shown = timeline(c);
      const stored = shown && storedTimeline(c, shown);
      if (stored) timelines.push(stored);
      else if (stored === null) this.#gone.add(c);
    }
    const gone = [...this.#gone];
    this.forget();
    if (list === null && timelines.length + gone.length === 0) return;
    this.#saving = true;
    keep.ask(
      async (storage) => {
        if (timelines.length > 0) await storage.putTimelines(timelines);
        for (const c of gone) await storage.removeTimeline(c);
        if (list !== null) await storage.putInbox(list);
      },
      () => {
        this.#saving = false;
        if (this.#inbox || this.#timelines.size + this.#gone.size > 0) this.#saveSoon();
      },
    );
  }

  #saveSoon(): void {
    if (!this.#host.keep.keeps) this.forget();
    else if (!this.#saving && !this.#alarm.isSet) this.#alarm.set(SAVE_AFTER_MS, () => this.flush());
  }
}
