import type { PeerRequest } from "./authenticate.ts";

/**
 * Frames that were encoded once for every connection they go to. A transport keeps its own
 * rendering in `prepared`, so that the second connection writes the same bytes.
 */
export interface EncodedFrames {
  /** One JSON text a frame, in the order to write. */
  readonly texts: readonly string[];
  /** UTF-8 bytes of all texts. */
  readonly bytes: number;
  prepared: Uint8Array | null;
}

/** One peer, by whatever transport. Never throws. */
export interface Connection {
  readonly request: PeerRequest;
  /** Accepted by `send`, not yet taken by the operating system. */
  readonly bufferedBytes: number;
  /** Since when, in monotonic ms, the peer owes the rest of a message it has begun; null or absent: it owes none. Time in which nothing is read does not count. */
  readonly unfinishedSince?: number | null;
  /** true: the transport itself repeats what was lost on its way (polls), so the session sends nothing again unasked. Absent: it does not. May change as the client changes its way. */
  readonly repeats?: boolean;
  /** What a client of this transport shows its session by, beside the session's id; told in `welcome`. Absent: the connection itself is the proof. */
  readonly secret?: string;
  /**
   * Queued until the end of this turn, then written in one piece with what else was queued. `counted`: they are
   * events with a number, which a transport that calls `onStream` has to tell apart. After `close`: dropped.
   */
  send(frames: EncodedFrames, counted?: boolean): void;
  /** Writes what is queued, then closes. `reason`: at most 123 bytes. Reads again first, so that the peer's answer is seen. A second call does nothing. */
  close(code: number, reason: string): void;
  /** Stops reading; what was already read may still arrive. */
  pause(): void;
  resume(): void;
}

/** What a connection tells the session behind it. Calls come one at a time, `onClose` last and once. */
export interface ConnectionListener {
  /** One text frame of at most the transport's cap. */
  onText(text: string): void;
  /** A binary frame, whose content nobody looks at. */
  onBinary(): void;
  /** A sign of life that is no frame (a WebSocket ping or pong). */
  onControl(): void;
  /** A sign of life that is a request of its own: a poll, the wish for a stream. */
  onLife(): void;
  /** What was buffered has been taken. */
  onDrain(): void;
  /**
   * The way down begins anew (a new stream, a poll after a stream), and nobody knows what arrived of what went the
   * earlier one. What is sent from within this call comes first on it: `from`, and the counted frames that are not
   * acknowledged yet, but for the newest `queued`, which went no way so far and follow by themselves.
   */
  onStream(queued: number): void;
  /** `clean`: the peer closed by itself, in the transport's proper way. */
  onClose(code: number, clean: boolean): void;
}

/** Called with each new connection; gives the listener it talks to from then on. */
export type AcceptConnection = (connection: Connection) => ConnectionListener;
