import { ChatError, type ConversationId, type InboxRow, type UserId } from "@earshot/protocol";
import { browserTabs } from "../platform/browser-tabs.ts";
import type { ClientStorage } from "../ports/client-storage.ts";
import type { Stored, StoredInbox, StoredSend, StoredSendKey, StoredTimeline } from "../ports/stored.ts";
import type { Tabs } from "../ports/tabs.ts";
import type { StorageRoom, StorageRoomHost } from "../storage-room.ts";
import {
  ClientDatabase,
  type ClientTransaction,
  STORES,
  type StoreName,
  type WriteTransaction,
} from "./client-database.ts";
import { storageRoom } from "./storage-room.ts";
import { isStoredInboxRow, isStoredSend, isStoredTimeline } from "./stored-guard.ts";

/** Conversations whose messages are kept: those that were written last. */
const TIMELINES_MAX = 200;

export interface IndexedDbStorageOptions {
  /** Of the database. Clients of one origin that share a name share what is stored, and take turns at sending. Default: `earshot`. */
  readonly name?: string;
}

/**
 * Keeps a client's conversations, messages and send queue in the browser's IndexedDB, for one user at a
 * time. Nothing is opened before the client needs it. One object serves one client.
 */
export function indexedDbStorage({ name = "earshot" }: IndexedDbStorageOptions = {}): ClientStorage {
  return new IndexedDbStorage(name);
}

class IndexedDbStorage implements ClientStorage {
  declare readonly tabs?: Tabs;
  readonly #database: ClientDatabase;
  #stage: "new" | "open" | "closed" = "new";
  #user: UserId | null = null;
  /** The list as this one has written it last. */
  #inbox: { readonly writes: number; readonly rows: ReadonlyMap<ConversationId, InboxRow> } | null = null;
  readonly #inHand = new Set<Promise<unknown>>();

  constructor(name: string) {
    this.#database = new ClientDatabase(name);
    const tabs = browserTabs(`earshot:${name}`);
    if (tabs !== undefined) this.tabs = tabs;
  }

  room(host: StorageRoomHost): StorageRoom {
    return storageRoom(this, host);
  }

  async open(): Promise<Stored | null> {
    if (this.#stage === "open") throw new ChatError("conflict", "unable to open storage; it is open");
    if (this.#stage === "closed") throw closed();
    this.#stage = "open";
    const stored = await this.#hold(this.#database.read(STORES, readAll));
    this.#user = stored?.user ?? null;
    return stored;
  }

  async begin(user: UserId): Promise<void> {
    this.#check();
    const work = this.#database.write(STORES, "strict", async (tx) => {
      const users = tx.objectStore("user");
      if ((await users.get("user")) === user) return;
      await Promise.all(STORES.map((store) => tx.objectStore(store).clear()));
      await users.put(user, "user");
    });
    await this.#hold(work);
    this.#user = user;
  }

  putSends(sends: readonly StoredSend[]): Promise<void> {
    return this.#write(["sends"], "strict", async (tx) => {
      await Promise.all(sends.map((send) => tx.objectStore("sends").put(send)));
    });
  }

  removeSends(sends: readonly StoredSendKey[]): Promise<void> {
    return this.#write(["sends"], "strict", async (tx) => {
      await Promise.all(sends.map(({ c, id }) => tx.objectStore("sends").delete([c, id])));
    });
  }

  sends(): Promise<readonly StoredSend[]> {
    return this.#read(["sends"], readSends);
  }

  async putInbox({ rows, cursor }: StoredInbox): Promise<void> {
    const known = this.#inbox;
    this.#inbox = null;
    const writes = await this.#write(["inbox", "inboxMark"], "relaxed", async (tx) => {
      const store = tx.objectStore("inbox");
      const mark = await tx.objectStore("inboxMark").get("mark");
      const before = known !== null && known.writes === mark?.writes ? known.rows : null;
      if (before === null) await store.clear();
      const listed = new Set(rows.map(({ c }) => c));
      const gone = [...(before?.keys() ?? [])].filter((c) => !listed.has(c));
      const changed = rows.filter((row) => !isSame(row, before?.get(row.c)));
      const next = (mark?.writes ?? 0) + 1;
      await Promise.all([
        ...gone.map((c) => store.delete(c)),
        ...changed.map((row) => store.put(row)),
        tx.objectStore("inboxMark").put({ cursor, order: [...listed], writes: next }, "mark"),
      ]);
      return next;
    });
    this.#inbox = { writes, rows: new Map(rows.map((row) => [row.c, row])) };
  }

  timeline(c: ConversationId): Promise<StoredTimeline | null> {
    return this.#read(["timelines"], async (tx) => {
      const timeline: unknown = (await tx.objectStore("timelines").get(c))?.timeline;
      return isStoredTimeline(timeline) && timeline.c === c ? timeline : null;
    });
  }

  putTimelines(timelines: readonly StoredTimeline[]): Promise<void> {
    return this.#write(["timelines"], "relaxed", async (tx) => {
      const store = tx.objectStore("timelines");
      const ranks = store.index("rank");
      let rank = (await ranks.openKeyCursor(null, "prev"))?.key ?? 0;
      await Promise.all(timelines.map((timeline) => store.put({ c: timeline.c, rank: ++rank, timeline })));
      const over = (await store.count()) - TIMELINES_MAX;
      if (over <= 0) return;
      await Promise.all((await ranks.getAllKeys(null, over)).map((c) => store.delete(c)));
    });
  }

  removeTimeline(c: ConversationId): Promise<void> {
    return this.#write(["timelines"], "relaxed", (tx) => tx.objectStore("timelines").delete(c));
  }

  async clear(): Promise<void> {
    this.#check();
    this.#user = null;
    this.#inbox = null;
    const work = this.#database.write(STORES, "strict", async (tx) => {
      await Promise.all(STORES.map((store) => tx.objectStore(store).clear()));
    });
    await this.#hold(work);
  }

  async close(): Promise<void> {
    if (this.#stage === "closed") return;
    this.#stage = "closed";
    await Promise.allSettled(this.#inHand);
    this.#database.close();
  }

  #check(): void {
    if (this.#stage !== "open") throw closed();
  }

  async #read<T>(stores: readonly StoreName[], work: (tx: ClientTransaction) => Promise<T>): Promise<T> {
    this.#check();
    const user = this.#user;
    return this.#hold(
      this.#database.read([...stores, "user"], async (tx) => {
        await requireOwner(tx, user);
        return work(tx);
      }),
    );
  }

  async #write<T>(
    stores: readonly StoreName[],
    durability: "strict" | "relaxed",
    work: (tx: WriteTransaction) => Promise<T>,
  ): Promise<T> {
    this.#check();
    const user = this.#user;
    return this.#hold(
      this.#database.write([...stores, "user"], durability, async (tx) => {
        await requireOwner(tx, user);
        return work(tx);
      }),
    );
  }

  /** `close` waits for it. */
  async #hold<T>(work: Promise<T>): Promise<T> {
    this.#inHand.add(work);
    try {
      return await work;
    } finally {
      this.#inHand.delete(work);
    }
  }
}

async function readAll(tx: ClientTransaction): Promise<Stored | null> {
  const user: unknown = await tx.objectStore("user").get("user");
  if (typeof user !== "string") return null;
  return { user, inbox: await readInbox(tx), sends: await readSends(tx) };
}

async function readSends(tx: ClientTransaction): Promise<readonly StoredSend[]> {
  return (await tx.objectStore("sends").index("place").getAll()).filter(isStoredSend);
}

async function readInbox(tx: ClientTransaction): Promise<StoredInbox | null> {
  const mark = await tx.objectStore("inboxMark").get("mark");
  if (mark === undefined || !Array.isArray(mark.order)) return null;
  const sound = (await tx.objectStore("inbox").getAll()).filter(isStoredInboxRow);
  const byId = new Map(sound.map((row) => [row.c, row]));
  const rows = (mark.order as ConversationId[]).map((c) => byId.get(c)).filter((row) => row !== undefined);
  // where a row is missing, the cursor would never bring it back
  const whole = rows.length === mark.order.length && typeof mark.cursor === "string";
  return { rows, cursor: whole ? mark.cursor : null };
}

/** Nobody reads or writes what is another user's by now, or was cleared: asked in the same transaction. */
async function requireOwner(tx: ClientTransaction, user: UserId | null): Promise<void> {
  const owner = await tx.objectStore("user").get("user");
  if (user !== null && owner === user) return;
  throw new ChatError("storage", "unable to use storage; it is another user's now, or was cleared");
}

/** Whether a row, field by field, is what was written before. */
function isSame(row: InboxRow, before: InboxRow | undefined): boolean {
  if (row === before) return true;
  if (before === undefined) return false;
  const keys = Object.keys(row) as (keyof InboxRow)[];
  return keys.length === Object.keys(before).length && keys.every((key) => row[key] === before[key]);
}

function closed(): ChatError {
  return new ChatError("closed", "unable to use storage; it is not open");
}
