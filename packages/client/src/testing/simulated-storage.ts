import { ChatError, type ConversationId, type UserId } from "@earshot/protocol";
import type { ClientStorage } from "../ports/client-storage.ts";
import type { Clock } from "../ports/clock.ts";
import type { Stored, StoredInbox, StoredSend, StoredSendKey, StoredTimeline } from "../ports/stored.ts";
import { storageRoom } from "../storage/storage-room.ts";
import type { StorageRoom, StorageRoomHost } from "../storage-room.ts";
import { MemoryDisk, memoryStorage } from "./memory-storage.ts";

/** A disk that outlives its client as of the last write that came to its end; it may fail, and be wiped. */
export class SimulatedDisk {
  /** While true, every call of the storage is refused. */
  failing = false;
  /** Called once, before the next write is done. What stops the client's clock there keeps it from being done. */
  beforeWrite: (() => void) | null = null;
  #disk = new MemoryDisk();

  /** What is on it. */
  get content(): MemoryDisk {
    return this.#disk;
  }

  /** Sends on it, none of them answered. */
  get sends(): number {
    return this.#disk.sends.size;
  }

  /** Somebody has deleted it all. */
  wipe(): void {
    this.#disk.user = null;
    this.#disk.inbox = null;
    this.#disk.sends.clear();
    this.#disk.timelines.clear();
  }
}

export interface SimulatedStorageOptions {
  /** The client's own: once it stands still, nothing is written any more. */
  readonly clock: Clock;
  /** Time that the next call takes, in ms. */
  readonly ms: () => number;
}

/** A storage whose calls take their time, for simulations. */
export function simulatedStorage(disk: SimulatedDisk, options: SimulatedStorageOptions): ClientStorage {
  return new SimulatedStorage(disk, options);
}

class SimulatedStorage implements ClientStorage {
  readonly #disk: SimulatedDisk;
  readonly #inner: ClientStorage;
  readonly #options: SimulatedStorageOptions;
  /** Calls are done in the order in which they came. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(disk: SimulatedDisk, options: SimulatedStorageOptions) {
    this.#disk = disk;
    this.#inner = memoryStorage(disk.content);
    this.#options = options;
  }

  room(host: StorageRoomHost): StorageRoom {
    return storageRoom(this, host);
  }

  open(): Promise<Stored | null> {
    return this.#read(() => this.#inner.open());
  }

  begin(user: UserId): Promise<void> {
    return this.#write(() => this.#inner.begin(user));
  }

  putSends(sends: readonly StoredSend[]): Promise<void> {
    return this.#write(() => this.#inner.putSends(sends));
  }

  removeSends(sends: readonly StoredSendKey[]): Promise<void> {
    return this.#write(() => this.#inner.removeSends(sends));
  }

  sends(): Promise<readonly StoredSend[]> {
    return this.#read(() => this.#inner.sends());
  }

  putInbox(inbox: StoredInbox): Promise<void> {
    return this.#write(() => this.#inner.putInbox(inbox));
  }

  timeline(c: ConversationId): Promise<StoredTimeline | null> {
    return this.#read(() => this.#inner.timeline(c));
  }

  putTimelines(timelines: readonly StoredTimeline[]): Promise<void> {
    return this.#write(() => this.#inner.putTimelines(timelines));
  }

  removeTimeline(c: ConversationId): Promise<void> {
    return this.#write(() => this.#inner.removeTimeline(c));
  }

  clear(): Promise<void> {
    return this.#write(() => this.#inner.clear());
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  #write<T>(work: () => Promise<T>): Promise<T> {
    return this.#read(async () => {
      const before = this.#disk.beforeWrite;
      if (before !== null) {
        this.#disk.beforeWrite = null;
        before();
        await this.#pass();
      }
      return work();
    });
  }

  #read<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(async () => {
      await this.#pass();
      if (this.#disk.failing) throw new ChatError("storage", "unable to use storage; the disk fails");
      return work();
    });
    this.#last = turn.catch(() => {});
    return turn;
  }

  /** Ends never where the client's clock does not go on. */
  #pass(): Promise<void> {
    const { clock, ms } = this.#options;
    return new Promise((resolve) => clock.after(ms(), resolve));
  }
}
