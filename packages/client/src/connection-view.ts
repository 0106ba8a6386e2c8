import type { ChatError, Durability } from "@earshot/protocol";
import type { TransportKind } from "./ports/transport.ts";

/** What is known only of a gateway that one is connected to. */
interface Apart {
  readonly durability: null;
  readonly transport: null;
}

/** How the client stands with the gateway. Frozen. */
export type ConnectionView =
  /** Nothing has needed a connection yet. */
  | (Apart & { readonly status: "idle"; readonly retryAt: null; readonly error: null })
  /** An attempt is under way. `error`: why the one before failed. */
  | (Apart & { readonly status: "connecting"; readonly retryAt: null; readonly error: ChatError | null })
  /** `durability`: what `sent` means on this gateway. `transport`: what frames travel by at the moment. */
  | {
      readonly status: "online";
      readonly retryAt: null;
      readonly error: null;
      readonly durability: Durability;
      readonly transport: TransportKind;
    }
  /** The next attempt comes at `retryAt` (Unix ms of this machine's clock), or sooner when the network comes back. */
  | (Apart & { readonly status: "waiting"; readonly retryAt: number; readonly error: ChatError })
  /** Closed by the application (`error` null), or stopped; then `connect()` tries again. */
  | (Apart & { readonly status: "closed"; readonly retryAt: null; readonly error: ChatError | null });
