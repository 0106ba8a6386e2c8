import type { ChatError, Durability } from "@earshot/protocol";

/** How the client stands with the gateway. Frozen. */
export type ConnectionView =
  /** Nothing has needed a connection yet. */
  | { readonly status: "idle"; readonly retryAt: null; readonly error: null; readonly durability: null }
  /** An attempt is under way. `error`: why the one before failed. */
  | {
      readonly status: "connecting";
      readonly retryAt: null;
      readonly error: ChatError | null;
      readonly durability: null;
    }
  /** `durability`: what `sent` means on this gateway. */
  | { readonly status: "online"; readonly retryAt: null; readonly error: null; readonly durability: Durability }
  /** The next attempt comes at `retryAt` (Unix ms of this machine's clock), or sooner when the network comes back. */
  | { readonly status: "waiting"; readonly retryAt: number; readonly error: ChatError; readonly durability: null }
  /** Closed by the application (`error` null), or stopped; then `connect()` tries again. */
  | { readonly status: "closed"; readonly retryAt: null; readonly error: ChatError | null; readonly durability: null };
