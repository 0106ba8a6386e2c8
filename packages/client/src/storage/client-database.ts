import { ChatError, type ConversationId, type InboxRow, type UserId } from "@earshot/protocol";
import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB } from "idb";
import type { StoredSend, StoredTimeline } from "../ports/stored.ts";

/** Raised with every change of the stores below, and then `upgrade` brings older ones up. */
const SCHEMA_VERSION = 1;

/** How the list of conversations was written last. */
export interface InboxMark {
  readonly cursor: string | null;
  readonly order: readonly ConversationId[];
  /** One more with every write: so a tab sees whether another has written in between. */
  readonly writes: number;
}

export interface ClientSchema extends DBSchema {
  user: { key: "user"; value: UserId };
  /** By conversation and id, read in order of `place`. */
  sends: { key: [string, string]; value: StoredSend; indexes: { place: [number, string] } };
  inbox: { key: ConversationId; value: InboxRow };
  inboxMark: { key: "mark"; value: InboxMark };
  /** `rank`: one more with every write, so the lowest is the one that was written longest ago. */
  timelines: {
    key: ConversationId;
    value: { readonly c: ConversationId; readonly rank: number; readonly timeline: StoredTimeline };
    indexes: { rank: number };
  };
}

export type StoreName = "user" | "sends" | "inbox" | "inboxMark" | "timelines";

export const STORES: readonly StoreName[] = ["user", "sends", "inbox", "inboxMark", "timelines"];

export type ClientTransaction = IDBPTransaction<ClientSchema, StoreName[], IDBTransactionMode>;
export type WriteTransaction = IDBPTransaction<ClientSchema, StoreName[], "readwrite">;

/** One database, whose connection browsers close as they please: opened again, once, for what met a closed one. */
export class ClientDatabase {
  readonly #name: string;
  #connection: Promise<IDBPDatabase<ClientSchema>> | null = null;

  constructor(name: string) {
    this.#name = name;
  }

  read<T>(stores: readonly StoreName[], work: (tx: ClientTransaction) => Promise<T>): Promise<T> {
    return this.#transact(stores, "readonly", "default", work as (tx: WriteTransaction) => Promise<T>);
  }

  /** `strict`: resolves when it is on the disk; else when the browser has it. What `work` does is all done, or nothing of it. */
  write<T>(
    stores: readonly StoreName[],
    durability: "strict" | "relaxed",
    work: (tx: WriteTransaction) => Promise<T>,
  ): Promise<T> {
    return this.#transact(stores, "readwrite", durability, work);
  }

  /** Lets go of the connection, when what is in hand is done. */
  close(): void {
    this.#connection?.then((database) => database.close()).catch(() => {});
    this.#connection = null;
  }

  /** What `work` does is the same if it is done twice. */
  async #transact<T>(
    stores: readonly StoreName[],
    mode: IDBTransactionMode,
    durability: "strict" | "relaxed" | "default",
    work: (tx: WriteTransaction) => Promise<T>,
  ): Promise<T> {
    for (let again = false; ; again = true) {
      try {
        this.#connection ??= this.#connect();
        const database = await this.#connection;
        return await within(database.transaction([...stores], mode, { durability }) as WriteTransaction, work);
      } catch (cause) {
        this.close();
        if (again || !mayPass(cause)) throw storageError(cause);
      }
    }
  }

  #connect(): Promise<IDBPDatabase<ClientSchema>> {
    return new Promise((resolve, reject) => {
      let given = true;
      const opening = openDB<ClientSchema>(this.#name, SCHEMA_VERSION, {
        upgrade: (database) => upgrade(database),
        // a tab with an older version of the page does not let go: waiting for it may take for ever
        blocked: () => {
          given = false;
          reject(
            new ChatError("storage", "unable to open storage; a tab with an older version holds it: close that tab"),
          );
        },
        // a newer version of the page, or whoever deletes the database, waits for us
        blocking: () => this.close(),
        terminated: () => this.close(),
      });
      opening.then((database) => (given ? resolve(database) : database.close()), reject);
    });
  }
}

function upgrade(database: IDBPDatabase<ClientSchema>): void {
  database.createObjectStore("user");
  const sends = database.createObjectStore("sends", { keyPath: ["c", "id"] });
  sends.createIndex("place", ["place", "id"]);
  database.createObjectStore("inbox", { keyPath: "c" });
  database.createObjectStore("inboxMark");
  const timelines = database.createObjectStore("timelines", { keyPath: "c" });
  timelines.createIndex("rank", "rank");
}

async function within<T>(tx: WriteTransaction, work: (tx: WriteTransaction) => Promise<T>): Promise<T> {
  // a request may say no more than that its transaction was aborted; why, that transaction tells
  const ended = tx.done.then(
    () => null,
    (cause: unknown) => cause,
  );
  try {
    const result = await work(tx);
    const failure = await ended;
    if (failure !== null) throw failure;
    return result;
  } catch (cause) {
    try {
      tx.abort();
    } catch {
      // it has ended by itself
    }
    throw nameOf(cause) === "AbortError" ? ((await ended) ?? cause) : cause;
  }
}

/** Whether another connection may do better. */
function mayPass(cause: unknown): boolean {
  return !(cause instanceof ChatError) && !["QuotaExceededError", "VersionError"].includes(nameOf(cause));
}

function storageError(cause: unknown): ChatError {
  if (cause instanceof ChatError) return cause;
  const why =
    nameOf(cause) === "QuotaExceededError"
      ? "the browser gives this page no more room"
      : nameOf(cause) === "VersionError"
        ? "a newer version of this page has written it: reload the page"
        : "the browser's database failed";
  return new ChatError("storage", `unable to use storage; ${why}`, { cause });
}

function nameOf(cause: unknown): string {
  return cause instanceof Error || cause instanceof DOMException ? cause.name : "";
}
