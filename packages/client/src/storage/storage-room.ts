import type { ConversationId, UserId } from "@earshot/protocol";
import type { ClientStorage } from "../ports/client-storage.ts";
import type { StoredTimeline } from "../ports/stored.ts";
import type { QueueInside, QueueKeep, StorageRoom, StorageRoomHost } from "../storage-room.ts";
import type { StorageView } from "../storage-view.ts";
import { Keep } from "./keep.ts";
import { Saver } from "./saver.ts";
import { TabSends } from "./tab-sends.ts";

/** What every `ClientStorage` answers with as its `room`: all that a client does with it. */
export function storageRoom(storage: ClientStorage, host: StorageRoomHost): StorageRoom {
  return new Room(storage, host);
}

class Room implements StorageRoom {
  readonly #host: StorageRoomHost;
  readonly #keep: Keep;
  readonly #saver: Saver;
  #sends: TabSends | null = null;

  constructor(storage: ClientStorage, host: StorageRoomHost) {
    this.#host = host;
    this.#keep = new Keep({
      ...{ storage, clock: host.clock, changes: host.changes },
      onOpen: (stored) => {
        host.onOpen(stored);
        this.#sends?.found(stored.sends);
      },
      onBegun: (user) => this.#sends?.begun(user, storage.tabs),
      onFailed: () => this.#sends?.unkept(),
      onChange: () => host.onChange(),
    });
    this.#saver = new Saver({
      ...{ clock: host.clock, keep: this.#keep },
      inbox: () => host.inbox(),
      timeline: (c) => host.timeline(c),
    });
  }

  get view(): StorageView {
    return this.#keep.view;
  }

  ready(): Promise<void> {
    return this.#keep.ready();
  }

  begin(user: UserId): void {
    this.#keep.begin(user);
  }

  timeline(c: ConversationId, done: (stored: StoredTimeline) => void): void {
    this.#keep.timeline(c, (stored) => stored && done(stored));
  }

  inboxChanged(): void {
    this.#saver.inboxChanged();
  }

  timelineChanged(c: ConversationId): void {
    this.#saver.timelineChanged(c);
  }

  gone(c: ConversationId): void {
    this.#saver.gone(c);
  }

  forget(): void {
    this.#saver.forget();
  }

  flush(): void {
    this.#saver.flush();
  }

  queue(inside: QueueInside): QueueKeep {
    const { clock, changes } = this.#host;
    this.#sends = new TabSends({ ...{ clock, inside, run: changes.run, keep: this.#keep } });
    return this.#sends;
  }

  close(forget: boolean): Promise<void> {
    return this.#keep.close(forget);
  }
}
