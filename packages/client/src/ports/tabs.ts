import type { Undo } from "../live.ts";

/** What becomes of a wish for a lock. */
export interface LockTurn {
  /** It is ours, until it is released, or lost. */
  held(): void;
  /** Somebody took it, or it cannot be had any more. Called last. */
  lost(): void;
}

export interface TabChannel {
  /** Tells every other tab; what cannot be told is dropped. */
  post(note: object): void;
  close(): void;
}

/** What tabs that share a storage have between them. No method throws. */
export interface Tabs {
  /**
   * Waits in line for the lock `name`, which at most one tab holds; it goes to the next in line when
   * it is released, or the tab ends, however it ends. `take`: takes it at once from whoever holds it.
   * Calls `turn` never from within this call. Returns what gives it back, or leaves the line; nothing
   * is called after that.
   */
  lock(name: string, turn: LockTurn, take?: boolean): Undo;
  /** Hears what other tabs post under this name, from now on, and not what this one does. */
  channel(name: string, heard: (note: unknown) => void): TabChannel;
}
