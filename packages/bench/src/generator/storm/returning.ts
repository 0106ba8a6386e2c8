/** A client that loses its server and comes back, of whichever peer. */
export interface Returning {
  /** How long its first attempt after a loss may wait, in ms. */
  readonly spreadMs: number;
  /** Called when a connection that stood has gone, with why. */
  onLost: (why: string) => void;
  /** Comes in for the first time. */
  enter(): Promise<void>;
  /** Learns what it needs to come back: the last thing before the server goes. */
  prepare(): Promise<void>;
  /** One attempt. Resolves when it is in, and has everything it missed; rejects when it did not get in. */
  comeBack(): Promise<void>;
  end(): void;
}
