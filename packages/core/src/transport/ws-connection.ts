import type { Duplex } from "node:stream";
import { LIMITS } from "@earshot/protocol";
import type { WebSocket } from "ws";
import type { PeerRequest } from "../ports/authenticate.ts";
import type { Clock } from "../ports/clock.ts";
import type { AcceptConnection, Connection, ConnectionListener, EncodedFrames } from "../ports/transport.ts";
import { MessageWatch } from "./message-watch.ts";
import type { Gated, WriteGate } from "./write-gate.ts";

const OPEN = 1;
/** Close codes by which a peer says goodbye; 1005: a close frame without a code. */
const CLEAN = new Set([1000, 1001, 1005]);

/**
 * One WebSocket as a `Connection`. Ready frames go to the socket itself: `ws` would copy and frame
 * them anew for every peer. That is sound because deflate is off, so `ws` writes whole frames too.
 */
export class WsConnection implements Connection, Gated {
  readonly request: PeerRequest;
  readonly socket: Duplex;
  readonly #ws: WebSocket;
  readonly #gate: WriteGate;
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #watch = new MessageWatch();
  #listener: ConnectionListener | null = null;
  #closing = false;
  queue: EncodedFrames[] = [];
  queuedBytes = 0;

  constructor(
    ws: WebSocket,
    socket: Duplex,
    request: PeerRequest,
    house: { readonly gate: WriteGate; readonly clock: Pick<Clock, "monotonic"> },
  ) {
    this.#ws = ws;
    this.socket = socket;
    this.request = request;
    this.#gate = house.gate;
    this.#clock = house.clock;
  }

  get open(): boolean {
    return this.#ws.readyState === OPEN && !this.socket.destroyed;
  }

  get bufferedBytes(): number {
    return this.queuedBytes + this.socket.writableLength;
  }

  get unfinishedSince(): number | null {
    return this.#watch.since;
  }

  /** Hands the connection over to its session. */
  start(accept: AcceptConnection): void {
    const listener = accept(this);
    this.#listener = listener;
    this.#ws.on("message", (content: Buffer, isBinary: boolean) => {
      if (isBinary) listener.onBinary();
      else listener.onText(content.toString());
    });
    this.#ws.on("ping", () => listener.onControl());
    this.#ws.on("pong", () => listener.onControl());
    // `ws` has closed with the code that fits (1002, 1007, 1008, 1009) before it says what was wrong (S32).
    this.#ws.on("error", () => {});
    this.#ws.on("close", (code: number) => {
      this.queue = [];
      this.queuedBytes = 0;
      listener.onClose(code, CLEAN.has(code));
    });
    this.socket.on("drain", () => listener.onDrain());
    this.socket.on("data", (bytes: Uint8Array) => this.#watch.take(bytes, this.#clock.monotonic()));
  }

  send(frames: EncodedFrames): void {
    if (!this.#closing && this.open) this.#gate.queue(this, frames);
  }

  close(code: number, reason: string): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#gate.flush(this);
    // A peer's answer is only seen by who reads (trap 36).
    this.resume();
    this.#ws.close(code, Buffer.from(reason).subarray(0, LIMITS.closeReasonBytesMax).toString());
  }

  pause(): void {
    if (!this.#closing && this.#listener !== null) this.#ws.pause();
  }

  resume(): void {
    this.#watch.forgive(this.#clock.monotonic());
    this.#ws.resume();
  }
}
