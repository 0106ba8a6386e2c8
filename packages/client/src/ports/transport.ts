/** One connection attempt. Never throws. */
export interface TransportConnection {
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
