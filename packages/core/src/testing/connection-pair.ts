import {
  CLOSE,
  type ClientFrame,
  decodeFrame,
  encodeFrame,
  type GatewayFrame,
  type UnvalidatedFrame,
  utf8Bytes,
} from "@earshot/protocol";
import type { PeerRequest } from "../ports/authenticate.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { AcceptConnection, Connection, ConnectionListener, EncodedFrames } from "../ports/transport.ts";

/** Bytes that one read takes: what was read arrives, also when reading stops in the middle of it. */
const READ_BYTES = 65_536;
/** Bytes at which a Node.js stream counts as full, and then says when it has drained. */
const FULL_BYTES = 65_536;
/** How long a peer may take to answer a close. */
const CLOSE_WITHIN_MS = 5_000;
/** Codes by which a peer says goodbye; 1005: a close without a code. */
const CLEAN = new Set<number>([CLOSE.normal.code, CLOSE.goingAway.code, 1005]);

const REQUEST: PeerRequest = { address: "192.0.2.1", origin: null, headers: {} };

interface Closed {
  readonly code: number;
  readonly reason: string;
}

type Up =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "binary" | "control" }
  | { readonly kind: "close"; readonly code: number };

type Down = { readonly kind: "text"; readonly text: string } | { readonly kind: "close"; readonly closed: Closed };

/**
 * One connection with the wire cut out: the gateway's end is a `Connection`, the pair itself is the
 * client's. Frames cross as JSON text, at the end of the turn in which they were written, in order.
 */
export class ConnectionPair {
  /** Texts that the client wrote. */
  readonly fromClient: string[] = [];
  /** Texts that the gateway wrote, also those that never arrived. */
  readonly fromGateway: string[] = [];
  /** Frames that have arrived at the client. */
  readonly received: GatewayFrame[] = [];
  readonly #clock: Clock;
  readonly #gateway: GatewayEnd;
  #listener: ConnectionListener | null = null;
  #up: Up[] = [];
  #down: Down[] = [];
  #downBytes = 0;
  #queued = false;
  #clientReads = true;
  #gatewayReads = true;
  #dead = false;
  /** Whether so much was waiting that the gateway is told when it is taken. */
  #full = false;
  #closed: Closed | null = null;
  #closing: Timer | null = null;

  constructor(clock: Clock, request: Partial<PeerRequest> = {}) {
    this.#clock = clock;
    this.#gateway = new GatewayEnd({ ...REQUEST, ...request }, this.#wire());
  }

  /** Connects the gateway's end to who listens there. */
  open(accept: AcceptConnection): this {
    this.#listener = accept(this.#gateway);
    return this;
  }

  /** How it ended, as the client saw it; null while it has seen nothing of the kind. */
  get closed(): Closed | null {
    return this.#closed;
  }

  /** Bytes that the gateway wrote and the client has not taken. */
  get bufferedBytes(): number {
    return this.#downBytes;
  }

  /** Whether the gateway reads what the client writes. */
  get gatewayReads(): boolean {
    return this.#gatewayReads;
  }

  // ---- the client's end

  send(...frames: readonly ClientFrame[]): void {
    for (const frame of frames) this.sendText(encodeFrame(frame));
  }

  /** Writes any text, also what is no frame. */
  sendText(text: string): void {
    this.fromClient.push(text);
    this.#rise({ kind: "text", text });
  }

  sendBinary(): void {
    this.#rise({ kind: "binary" });
  }

  /** A sign of life that is no frame. */
  sendControl(): void {
    this.#rise({ kind: "control" });
  }

  /** Closes in the proper way; 1005: without a code. */
  close(code: number = CLOSE.normal.code): void {
    if (this.#closed !== null) return;
    this.#rise({ kind: "close", code });
    this.#closed = { code, reason: "" };
  }

  /** Stops taking what the gateway writes; it stays in the gateway's buffers. */
  stopReading(): void {
    this.#clientReads = false;
  }

  startReading(): void {
    this.#clientReads = true;
    this.#later();
  }

  /** Breaks the connection: both ends see that, and what was on its way is lost. */
  cut(): void {
    this.#up = [];
    this.#dropDown();
    this.#closed ??= { code: CLOSE.abnormal.code, reason: "" };
    this.#tellClose(CLOSE.abnormal.code);
  }

  /** From now on nothing arrives on either side, and neither is told. */
  halfOpen(): void {
    this.#dead = true;
    this.#up = [];
    this.#dropDown();
  }

  // ---- in between

  #wire(): GatewayWire {
    return {
      bufferedBytes: () => this.#downBytes,
      write: (texts) => {
        this.fromGateway.push(...texts);
        for (const text of texts) this.#sink({ kind: "text", text });
      },
      close: (code, reason) => {
        this.#closing = this.#clock.after(CLOSE_WITHIN_MS, () => this.#tellClose(CLOSE.abnormal.code));
        this.#sink({ kind: "close", closed: { code, reason } });
      },
      read: (reads) => {
        this.#gatewayReads = reads;
        if (reads) this.#later();
      },
    };
  }

  #rise(item: Up): void {
    if (this.#closed !== null || this.#dead) return;
    this.#up.push(item);
    this.#later();
  }

  #sink(item: Down): void {
    if (this.#dead || this.#listener === null) return;
    this.#down.push(item);
    if (item.kind === "text") this.#downBytes += utf8Bytes(item.text);
    this.#later();
  }

  #later(): void {
    if (this.#queued) return;
    this.#queued = true;
    this.#clock.endOfTurn(() => {
      this.#queued = false;
      this.#flowDown();
      this.#flowUp();
    });
  }

  #flowDown(): void {
    this.#full ||= this.#downBytes >= FULL_BYTES;
    if (!this.#clientReads) return;
    const arrived = this.#down;
    this.#dropDown();
    for (const item of arrived) {
      if (this.#closed !== null && item.kind === "text") continue;
      if (item.kind === "text") this.received.push(gatewayFrame(item.text));
      else {
        this.#closed ??= item.closed;
        this.#tellClose(item.closed.code);
      }
    }
    if (!this.#full) return;
    this.#full = false;
    this.#listener?.onDrain();
  }

  #flowUp(): void {
    if (!this.#gatewayReads) return;
    for (let bytes = 0; bytes < READ_BYTES; ) {
      const item = this.#up.shift();
      if (item === undefined) return;
      bytes += item.kind === "text" ? item.text.length : 1;
      this.#arrive(item);
    }
    this.#later();
  }

  #arrive(item: Up): void {
    switch (item.kind) {
      case "text":
        this.#listener?.onText(item.text);
        return;
      case "binary":
        this.#listener?.onBinary();
        return;
      case "control":
        this.#listener?.onControl();
        return;
      case "close":
        this.#tellClose(item.code);
    }
  }

  #tellClose(code: number): void {
    const listener = this.#listener;
    this.#listener = null;
    this.#closing?.cancel();
    this.#gateway.closed = true;
    listener?.onClose(code, CLEAN.has(code));
  }

  #dropDown(): void {
    this.#down = [];
    this.#downBytes = 0;
  }
}

interface GatewayWire {
  bufferedBytes(): number;
  write(texts: readonly string[]): void;
  close(code: number, reason: string): void;
  read(reads: boolean): void;
}

/** The gateway's end. */
class GatewayEnd implements Connection {
  readonly request: PeerRequest;
  readonly #wire: GatewayWire;
  closed = false;

  constructor(request: PeerRequest, wire: GatewayWire) {
    this.request = request;
    this.#wire = wire;
  }

  get bufferedBytes(): number {
    return this.#wire.bufferedBytes();
  }

  send(frames: EncodedFrames): void {
    if (!this.closed) this.#wire.write(frames.texts);
  }

  close(code: number, reason: string): void {
    if (this.closed) return;
    this.closed = true;
    this.#wire.read(true);
    this.#wire.close(code, reason);
  }

  pause(): void {
    if (!this.closed) this.#wire.read(false);
  }

  resume(): void {
    this.#wire.read(true);
  }
}

function gatewayFrame(text: string): GatewayFrame {
  const frame: UnvalidatedFrame | null = decodeFrame(text);
  if (frame === null || typeof frame.t !== "string") throw new Error("the gateway wrote what is no frame");
  return frame as unknown as GatewayFrame;
}
