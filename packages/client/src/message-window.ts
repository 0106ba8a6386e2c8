import type { Body, ChatError } from "@earshot/protocol";
import type { Live } from "./live.ts";
import type { WindowItem } from "./message.ts";

/** Seqs `from`…`to` exist and are not here yet. */
export interface Hole {
  readonly from: number;
  readonly to: number;
}

export interface WindowView<B extends Body = Body> {
  /** What the log holds, by seq; then own sends that are pending or failed, in the order written. Frozen. */
  readonly items: readonly WindowItem<B>[];
  /** Known to exist and being fetched; usually empty. */
  readonly holes: readonly Hole[];
  /** `loading`: nothing read yet. `catching-up`: may be behind (offline, or filling a hole). `live`: nothing newer is known to exist. */
  readonly status: "loading" | "live" | "catching-up";
  readonly hasOlder: boolean;
  /** Whether the log goes on behind the last item: then own sends that wait are not in `items`. */
  readonly hasNewer: boolean;
  /** The seq that the window was opened around or has jumped to; null: at the newest. */
  readonly anchor: number | null;
  /** The first message that was unread when the window was first read, for the line above it; null: there was none. Stays where it is while messages are read. */
  readonly unreadFrom: number | null;
  /** Why it cannot be read: `not_found` for a conversation that is not, or no longer, the user's. */
  readonly error: ChatError | null;
}

export interface WindowOptions {
  /** Where it opens: at the newest (default), around a seq, or around the first unread message. */
  readonly around?: number | "unread";
  /** Rows of the first page and of each `older()` and `newer()`; 1–200, 50 by default. */
  readonly limit?: number;
}

/**
 * A live page over a conversation's log. It loads, and subscribes on the wire, with its first
 * listener, and lets go 5 s after its last.
 */
export interface MessageWindow<B extends Body = Body> extends Live<WindowView<B>> {
  /**
   * Loads one page of what is before the first item; resolves when it is in `current`, at once if
   * there is nothing older. Rejects with `offline` or `timeout` after 15 s without an answer, with
   * `too_large` when the window already holds all that it may, or with the gateway's code.
   */
  older(): Promise<void>;
  /** The same after the last item; at once where `hasNewer` is false. Once it has reached the newest, the window is live. */
  newer(): Promise<void>;
  /**
   * Shows another place: a seq, the first unread message, or the newest. Resolves when it is in `current`,
   * without asking the gateway if it is there already. Rejects as `older` does, and with `not_found` for a
   * seq that the user cannot have.
   */
  jump(to: number | "unread" | "newest"): Promise<void>;
}
