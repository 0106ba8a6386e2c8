/** How frames travel: by WebSocket, by a stream down and posts up, or by posts that wait for their answer. */
export type TransportKind = "websocket" | "sse" | "poll";

/** One connection attempt. Never throws. */
export interface TransportConnection {
  /** What it travels by now. Absent: by WebSocket. */
  readonly kind?: TransportKind | undefined;
  /** Sends one text frame; dropped unless the connection is open. */
  send(text: string): void;
  /** Ends it, whatever state it is in. Nothing is heard of it afterwards. A second call does nothing. */
  close(code: number): void;
}

/** What a connection tells its owner. Calls come one at a time; `onClose` last and once, also when it never opened. */
export interface TransportListener {
  onOpen(): void;
  onText(text: string): void;
  /** The peer's close code, 1006 if there was none. */
  onClose(code: number): void;
}

/** Begins a connection to a `ws:` or `wss:` URL. Calls the listener never from within this call. */
export type OpenTransport = (url: string, listener: TransportListener) => TransportConnection;

/** What those tell besides that change their way while they are open. */
export interface SessionListener extends TransportListener {
  /** Frames that begin another session of this device, beside the one that there is. */
  greet(): readonly string[];
  /** That session was welcomed, and takes the place of the one before: what comes from now on is its own. */
  onReplaced(welcome: string): void;
  /** The session goes on, and no counted frame was lost; answers may have been: they are to be asked for again. */
  onAnswersLost(): void;
}

/** The same for a connection that may change its way. */
export type OpenSession = (url: string, listener: SessionListener) => TransportConnection;
