import type { ChatError } from "@earshot/protocol";
import type { Live } from "./live.ts";
import type { WindowItem } from "./message.ts";

/** Seqs `from`…`to` exist and are not here yet. */
export interface Hole {
  readonly from: number;
  readonly to: number;
}

export interface WindowView {
  /** What the log holds, by seq; then own sends that are pending or failed, in the order written. Frozen. */
  readonly items: readonly WindowItem[];
  /** Known to exist and being fetched; usually empty. */
  readonly holes: readonly Hole[];
  /** `loading`: nothing read yet. `catching-up`: may be behind (offline, or filling a hole). `live`: nothing newer is known to exist. */
  readonly status: "loading" | "live" | "catching-up";
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
  /** Why it cannot be read: `not_found` for a conversation that is not, or no longer, the user's. */
  readonly error: ChatError | null;
}

export interface WindowOptions {
  /** Rows of the first page and of each `older()`; 1–200, 50 by default. The first window of a conversation decides. */
  readonly limit?: number;
}

/**
 * A live page over a conversation's log. It loads, and subscribes on the wire, with its first
 * listener, and lets go 5 s after its last.
 */
export interface MessageWindow extends Live<WindowView> {
  /**
   * Loads one page of what is before the first item; resolves when it is in `current`, at once if
   * there is nothing older. Rejects with `offline` or `timeout` after 15 s without an answer, with
   * `too_large` when the window already holds all that it may, or with the gateway's code.
   */
  older(): Promise<void>;
}
