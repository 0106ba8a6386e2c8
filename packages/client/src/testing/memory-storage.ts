import { ChatError, type ConversationId, type UserId } from "@earshot/protocol";
import type { ClientStorage } from "../ports/client-storage.ts";
import type { Stored, StoredInbox, StoredSend, StoredSendKey, StoredTimeline } from "../ports/stored.ts";
import type { Tabs } from "../ports/tabs.ts";
import { storageRoom } from "../storage/storage-room.ts";
import type { StorageRoom, StorageRoomHost } from "../storage-room.ts";

/** Conversations whose messages are kept: those that were put last. */
const TIMELINES_MAX = 200;

/** What outlives a client in a test: hand the same one to the next. */
export class MemoryDisk {
  user: UserId | null = null;
  inbox: StoredInbox | null = null;
  readonly sends = new Map<string, StoredSend>();
  /** Put longest ago first. */
  readonly timelines = new Map<ConversationId, StoredTimeline>();
}

/** A storage in memory, for tests. `tabs`: of the tab that the client plays, where several share the disk. */
export function memoryStorage(disk: MemoryDisk = new MemoryDisk(), tabs?: Tabs): ClientStorage {
  return new MemoryStorage(disk, tabs);
}

class MemoryStorage implements ClientStorage {
  declare readonly tabs?: Tabs;
  readonly #disk: MemoryDisk;
  #stage: "new" | "open" | "closed" = "new";
  #user: UserId | null = null;

  constructor(disk: MemoryDisk, tabs: Tabs | undefined) {
    this.#disk = disk;
    if (tabs !== undefined) this.tabs = tabs;
  }

  room(host: StorageRoomHost): StorageRoom {
    return storageRoom(this, host);
  }

  async open(): Promise<Stored | null> {
    if (this.#stage === "open") throw new ChatError("conflict", "unable to open storage; it is open");
    if (this.#stage === "closed") throw closed();
    this.#stage = "open";
    const { user, inbox } = this.#disk;
    this.#user = user;
    return user === null ? null : copied({ user, inbox, sends: this.#sorted() });
  }

  async begin(user: UserId): Promise<void> {
    this.#check();
    if (this.#disk.user !== user) this.#wipe();
    this.#disk.user = user;
    this.#user = user;
  }

  async putSends(sends: readonly StoredSend[]): Promise<void> {
    this.#requireOwner();
    for (const send of copied(sends)) this.#disk.sends.set(keyOf(send), send);
  }

  async removeSends(sends: readonly StoredSendKey[]): Promise<void> {
    this.#requireOwner();
    for (const send of sends) this.#disk.sends.delete(keyOf(send));
  }

  async sends(): Promise<readonly StoredSend[]> {
    this.#requireOwner();
    return copied(this.#sorted());
  }

  async putInbox(inbox: StoredInbox): Promise<void> {
    this.#requireOwner();
    this.#disk.inbox = copied(inbox);
  }

  async timeline(c: ConversationId): Promise<StoredTimeline | null> {
    this.#requireOwner();
    return copied(this.#disk.timelines.get(c) ?? null);
  }

  async putTimelines(timelines: readonly StoredTimeline[]): Promise<void> {
    this.#requireOwner();
    const kept = this.#disk.timelines;
    for (const timeline of copied(timelines)) {
      kept.delete(timeline.c);
      kept.set(timeline.c, timeline);
    }
    for (const c of [...kept.keys()].slice(0, Math.max(0, kept.size - TIMELINES_MAX))) kept.delete(c);
  }

  async removeTimeline(c: ConversationId): Promise<void> {
    this.#requireOwner();
    this.#disk.timelines.delete(c);
  }

  async clear(): Promise<void> {
    this.#check();
    this.#wipe();
    this.#user = null;
  }

  async close(): Promise<void> {
    this.#stage = "closed";
  }

  #wipe(): void {
    this.#disk.user = null;
    this.#disk.inbox = null;
    this.#disk.sends.clear();
    this.#disk.timelines.clear();
  }

  #sorted(): readonly StoredSend[] {
    const sends = [...this.#disk.sends.values()];
    return sends.sort((a, b) => a.place - b.place || (a.id < b.id ? -1 : 1));
  }

  #check(): void {
    if (this.#stage !== "open") throw closed();
  }

  #requireOwner(): void {
    this.#check();
    if (this.#user !== null && this.#user === this.#disk.user) return;
    throw new ChatError("storage", "unable to use storage; it is another user's now, or was cleared");
  }
}

function keyOf({ c, id }: StoredSendKey): string {
  return `${c}/${id}`;
}

/** What is stored is JSON, and a copy of that is made faster than a structured clone. */
function copied<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copied) as T;
  const copy: Record<string, unknown> = {};
  for (const key in value) copy[key] = copied((value as Readonly<Record<string, unknown>>)[key]);
  return copy as T;
}

function closed(): ChatError {
  return new ChatError("closed", "unable to use storage; it is not open");
}
