import type { Duplex } from "node:stream";
import { LIMITS } from "@earshot/protocol";
import type { PeerRequest } from "../ports/authenticate.ts";
import type { Clock } from "../ports/clock.ts";
import type { AcceptConnection, Connection, ConnectionListener, EncodedFrames } from "../ports/transport.ts";
import type { ConnectedSocket, SocketOwner } from "./connected-socket.ts";
import { MessageWatch } from "./message-watch.ts";
import type { Gated, WriteGate } from "./write-gate.ts";

const OPEN = 1;
/** Close codes by which a peer says goodbye; 1005: a close frame without a code. */
const CLEAN = new Set([1000, 1001, 1005]);

/** What all connections of a transport share. */
export interface ConnectionHouse {
  readonly gate: WriteGate;
  readonly clock: Pick<Clock, "monotonic">;
  /** One that watches nothing yet, for whoever begins a message next. */
  watch: MessageWatch;
  /** One has ended. */
  closed(): void;
}

/** The connection of a socket, for listeners that all of them share. */
const CONNECTION = Symbol("connection");

type Owned = Duplex & { [CONNECTION]?: WsConnection };

/**
 * One WebSocket as a `Connection`. Ready frames go to the socket itself: `ws` would copy and frame
 * them anew for every peer. That is sound because deflate is off, so `ws` writes whole frames too.
 */
export class WsConnection implements Connection, Gated, SocketOwner {
  readonly request: PeerRequest;
  readonly socket: Duplex;
  readonly #ws: ConnectedSocket;
  readonly #house: ConnectionHouse;
  /** Set while the peer owes the rest of a message: most arrive whole. */
  #watch: MessageWatch | null = null;
  #listener: ConnectionListener | null = null;
  #closing = false;
  queue: EncodedFrames | EncodedFrames[] | null = null;
  queuedBytes = 0;
  unsentBytes = 0;

  constructor(ws: ConnectedSocket, socket: Duplex, request: PeerRequest, house: ConnectionHouse) {
    this.#ws = ws;
    this.socket = socket;
    this.request = request;
    this.#house = house;
  }

  get open(): boolean {
    return this.#ws.readyState === OPEN && this.socket.writable;
  }

  get bufferedBytes(): number {
    // With every delivery: mostly the system takes all at once, and then nobody needs to look at the socket.
    return this.queuedBytes + (this.unsentBytes === 0 ? 0 : this.socket.writableLength);
  }

  get unfinishedSince(): number | null {
    return this.#watch?.since ?? null;
  }

  /** Hands the connection over to its session. */
  start(accept: AcceptConnection): void {
    this.#listener = accept(this);
    this.#ws.owner = this;
    (this.socket as Owned)[CONNECTION] = this;
    this.socket.on("drain", onDrain);
    this.socket.on("data", onData);
  }

  // ---- from the socket

  onMessage(content: Buffer, isBinary: boolean): void {
    if (isBinary) this.#listener?.onBinary();
    else this.#listener?.onText(content.toString());
  }

  onControl(): void {
    this.#listener?.onControl();
  }

  onClosed(code: number): void {
    this.queue = null;
    this.queuedBytes = 0;
    this.#listener?.onClose(code, CLEAN.has(code));
    this.#house.closed();
  }

  onDrained(): void {
    this.#listener?.onDrain();
  }

  onBytes(bytes: Uint8Array): void {
    const house = this.#house;
    const watch = this.#watch ?? house.watch;
    watch.take(bytes, house.clock.monotonic());
    if (watch.since === null) this.#watch = null;
    else if (this.#watch === null) {
      this.#watch = watch;
      house.watch = new MessageWatch();
    }
  }

  // ---- from the session

  send(frames: EncodedFrames): void {
    // Whether it is still open is looked at when it is written.
    if (!this.#closing) this.#house.gate.queue(this, frames);
  }

  close(code: number, reason: string): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#house.gate.flush(this);
    // A peer's answer is only seen by who reads (trap 36).
    this.resume();
    this.#ws.close(code, Buffer.from(reason).subarray(0, LIMITS.closeReasonBytesMax).toString());
  }

  pause(): void {
    if (!this.#closing && this.#listener !== null) this.#ws.pause();
  }

  resume(): void {
    this.#watch?.forgive(this.#house.clock.monotonic());
    this.#ws.resume();
  }
}

function onDrain(this: Duplex): void {
  (this as Owned)[CONNECTION]?.onDrained();
}

function onData(this: Duplex, bytes: Uint8Array): void {
  (this as Owned)[CONNECTION]?.onBytes(bytes);
}
