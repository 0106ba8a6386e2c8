import { CLOSE } from "@earshot/protocol";
import type { PeerRequest } from "../ports/authenticate.ts";
import type { Clock } from "../ports/clock.ts";
import type { AcceptConnection, Connection, ConnectionListener, EncodedFrames } from "../ports/transport.ts";

/** What a client's transport tells it. */
export interface InProcessListener {
  onOpen(): void;
  onText(text: string): void;
  onClose(code: number): void;
}

/** The client's end of one connection. */
export interface InProcessConnection {
  send(text: string): void;
  close(code: number): void;
}

/** Opens connections to an engine in the same process: fits the option `transport` of a `ChatClient`. */
export type InProcessTransport = (url: string, listener: InProcessListener) => InProcessConnection;

/** What a transport needs of an engine. */
export interface InProcessDoor {
  readonly clock: Clock;
  readonly accept: AcceptConnection;
  /** Why nobody can come in now, or null. */
  closedBecause(): string | null;
}

/** Frames cross as text, at the end of the turn in which they were written, in order. An engine that takes nobody in is an attempt that fails. */
export function inProcessTransport(door: InProcessDoor): InProcessTransport {
  return (_url, listener) => {
    const line = new Line(door.clock, listener);
    line.open(door);
    return { send: (text) => line.fromClient(text), close: (code) => line.closedByClient(code) };
  };
}

const REQUEST: PeerRequest = { address: "127.0.0.1", origin: null, headers: {} };

/** One connection; the gateway's end. Nothing is buffered but what crosses within a turn, and what is not read. */
class Line implements Connection {
  readonly request = REQUEST;
  readonly bufferedBytes = 0;
  readonly #clock: Clock;
  readonly #client: InProcessListener;
  #gateway: ConnectionListener | null = null;
  #unread: string[] = [];
  #reads = true;
  #over = false;

  constructor(clock: Clock, client: InProcessListener) {
    this.#clock = clock;
    this.#client = client;
  }

  open({ accept, closedBecause }: InProcessDoor): void {
    this.#later(() => {
      if (closedBecause() !== null) {
        this.close(CLOSE.abnormal.code);
        return;
      }
      this.#gateway = accept(this);
      this.#client.onOpen();
    });
  }

  fromClient(text: string): void {
    this.#later(() => {
      this.#unread.push(text);
      this.#read();
    });
  }

  closedByClient(code: number): void {
    if (this.#over) return;
    this.#over = true;
    this.#clock.endOfTurn(() => this.#gateway?.onClose(code, code === CLOSE.normal.code));
  }

  send({ texts }: EncodedFrames): void {
    for (const text of texts) this.#later(() => this.#client.onText(text));
  }

  close(code: number): void {
    this.#later(() => {
      this.#over = true;
      this.#client.onClose(code);
      this.#gateway?.onClose(code, false);
    });
  }

  pause(): void {
    this.#reads = false;
  }

  resume(): void {
    this.#reads = true;
    this.#later(() => this.#read());
  }

  #read(): void {
    while (this.#reads && !this.#over) {
      const text = this.#unread.shift();
      if (text === undefined) return;
      this.#gateway?.onText(text);
    }
  }

  #later(run: () => void): void {
    this.#clock.endOfTurn(() => {
      if (!this.#over) run();
    });
  }
}
