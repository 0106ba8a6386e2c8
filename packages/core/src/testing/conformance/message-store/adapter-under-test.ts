import type { Durability } from "@earshot/protocol";
import type { MessageStore } from "../../../ports/message-store.ts";

export interface MessageStoreCapabilities {
  /** Another store over the same storage has what this one resolved. */
  readonly survivesReopen: boolean;
  /** What it says of itself once it is open. */
  readonly durability: Durability;
  /** The host may have transactions of its own on the same storage: the store has `drafts`, what is under test `transaction`. */
  readonly drafts?: true;
}

/** A transaction of the host's, that the store's `drafts` are put in. */
export interface HostTransaction {
  readonly tx: object;
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

export interface MessageStoreUnderTest {
  /** Not open yet, and empty. */
  readonly store: MessageStore;
  /** Another store over the same storage, not open yet. The first one is closed by then. */
  reopen(): MessageStore;
  /** Another store over the same storage, not open yet, while the first one is open. Absent where one alone may be. */
  beside?(): MessageStore;
  /** Begins one; each is ended before `destroy`. */
  transaction?(): Promise<HostTransaction>;
  /** Lets `ms` pass by the storage's own time: waits, where nobody can move it. Cases ask for less than a second in all. */
  pass(ms: number): Promise<void>;
  /** Closes what is still open, and removes what was left behind. */
  destroy(): Promise<void>;
}

export interface MessageStoreAdapter {
  readonly capabilities: MessageStoreCapabilities;
  /** A storage of its own for each call. */
  create(): Promise<MessageStoreUnderTest>;
}

/** What a case gets: an open, empty store. */
export type WithStore = (
  run: (store: MessageStore, adapter: MessageStoreUnderTest) => Promise<void>,
) => () => Promise<void>;
