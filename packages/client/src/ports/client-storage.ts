import type { ConversationId, UserId } from "@earshot/protocol";
import type { StorageRoom, StorageRoomHost } from "../storage-room.ts";
import type { Stored, StoredInbox, StoredSend, StoredSendKey, StoredTimeline } from "./stored.ts";
import type { Tabs } from "./tabs.ts";

/**
 * Where a client keeps what has to survive a reload or a crash: conversations, messages, the send queue.
 * One user at a time: beginning for another one forgets the first.
 *
 * A method resolves when what it did survives the end of the tab, however it ends; `putSends` and
 * `removeSends` also that of the machine, where the platform can promise it. What one call writes is
 * there whole or not at all. Methods reject with a `ChatError`: `storage`, or `closed` before `open`
 * and after `close`. Before `begin` (or an `open` that found a user) and after `clear`, and once
 * another client of the same storage has begun for another user or has cleared it, all but `begin`
 * and `clear` reject with `storage`: nobody writes into what is another's. After a rejection the
 * client goes on in memory and says so; what was resolved stays.
 *
 * What it reads it gives out as it was put; rows that are broken, or that something else has written,
 * are left out, alone.
 */
export interface ClientStorage {
  /**
   * All that a client does with a storage, whichever it is: `storageRoom(this, host)` of
   * `@earshot/client/storage`. It comes with the storage, so that an application without one need not load it.
   */
  room(host: StorageRoomHost): StorageRoom;
  /** How those who share it take turns at sending; absent where nobody else does, or they cannot. */
  readonly tabs?: Tabs;
  /**
   * Opens, creates or migrates; null: nothing is stored. A second call is refused with `conflict`;
   * what a newer version of the client has written, with `storage`.
   */
  open(): Promise<Stored | null>;
  /** From now on everything is this user's; forgets another one's. A repeat changes nothing. */
  begin(user: UserId): Promise<void>;
  /** Adds sends, in one step. A repeat of (`c`, `id`) replaces it. */
  putSends(sends: readonly StoredSend[]): Promise<void>;
  /** Removes them, in one step. What is not there is not missed. */
  removeSends(sends: readonly StoredSendKey[]): Promise<void>;
  /** All sends now stored, of every tab, in order of `place`, ties by `id`. */
  sends(): Promise<readonly StoredSend[]>;
  /**
   * Replaces the list of conversations, in one step: rows in this order, and the cursor that belongs to
   * them. Cheap for what is, field by field, the same as in the call before.
   */
  putInbox(inbox: StoredInbox): Promise<void>;
  /** null: not stored. */
  timeline(c: ConversationId): Promise<StoredTimeline | null>;
  /** Replaces each, in one step. The 200 conversations that were put last are kept. */
  putTimelines(timelines: readonly StoredTimeline[]): Promise<void>;
  removeTimeline(c: ConversationId): Promise<void>;
  /** Forgets everything, whoever's it is. */
  clear(): Promise<void>;
  /** Waits for what is in hand. A second call does nothing. */
  close(): Promise<void>;
}
