import type { ChatError } from "@earshot/protocol";

/** Whether what the client has would survive a reload or a crash. Frozen. */
export type StorageView =
  /** Kept in memory alone: no `storage` was given, or it is not open yet, or no connection has told whose it is. */
  | { readonly status: "memory"; readonly error: null }
  /** Kept: sends before they go out, what was read within a second. */
  | { readonly status: "saved"; readonly error: null }
  /** The storage failed: from then on nothing more is kept. What was kept before may still be there. */
  | { readonly status: "failed"; readonly error: ChatError };
