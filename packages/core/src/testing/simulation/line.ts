import { CLOSE } from "@earshot/protocol";
import type { PeerRequest } from "../../ports/authenticate.ts";
import type { Timer } from "../../ports/clock.ts";
import type { Connection, ConnectionListener, EncodedFrames } from "../../ports/transport.ts";
import type { InProcessListener } from "../in-process-transport.ts";
import type { FrameFilter } from "./frame-filter.ts";
import type { GatewayLife } from "./gateway-life.ts";
import type { NodeClock } from "./node-clock.ts";
import type { SimulatedTime } from "./time.ts";
import { type Piece, Way, type WayState } from "./way.ts";

/** Bytes that the operating system takes although nobody reads at the other end. */
const KERNEL_BYTES = 4_096;
/** Bytes at which a Node.js stream counts as full, and then says when it has drained; less than there, so that runs reach it. */
const FULL_BYTES = 4_096;
/** How long a peer may take to answer a close, in ms. */
const CLOSE_WITHIN_MS = 5_000;
/** Codes by which a peer says goodbye; 1005: a close without a code. */
const CLEAN = new Set<number>([CLOSE.normal.code, CLOSE.goingAway.code, 1005]);

/** What the network does to a connection's pieces. */
export interface LinePath {
  latency(): number;
  state(direction: "up" | "down"): WayState;
  heldFor(direction: "up" | "down"): number;
}

export interface LineSurroundings {
  readonly time: SimulatedTime;
  readonly request: PeerRequest;
  /** The process that opens it; null: none that could die. */
  readonly device: NodeClock | null;
  readonly client: InProcessListener;
  /** The gateway that it goes to; null: to none, it is refused. */
  readonly life: GatewayLife | null;
  readonly filter: FrameFilter | null;
  /** The way through the network. */
  readonly path: LinePath;
  /** What the device writes, as it leaves it. */
  wrote?(texts: readonly string[]): void;
  /** What the gateway writes, as it leaves it. */
  told?(texts: readonly string[]): void;
  /** Both ends have ended. */
  over(line: Line): void;
}

/**
 * One WebSocket. Frames cross as text, all of one turn in one piece. Neither end is told more than it would be: who
 * is cut off in silence goes on writing.
 */
export class Line implements Connection {
  readonly request: PeerRequest;
  readonly up: Way;
  readonly down: Way;
  /** When something last passed, virtual ms. */
  activeAt: number;
  readonly #house: LineSurroundings;
  #gateway: ConnectionListener | null = null;
  #rising: string[] = [];
  #sinking: string[] = [];
  #sinkingBytes = 0;
  #unread: Piece[] = [];
  #reads = true;
  #opened = false;
  /** Whether so much was waiting that the gateway is told when it is taken. */
  #full = false;
  #clientOver = false;
  #gatewayOver = false;
  #closing: Timer | null = null;

  constructor(house: LineSurroundings) {
    const { time, device, life } = house;
    this.#house = house;
    this.request = house.request;
    this.activeAt = time.now;
    this.up = this.#way("up", life?.clock ?? null, (piece) => this.#atGateway(piece));
    this.down = this.#way("down", device, (piece) => this.#atClient(piece));
  }

  /** Where it goes to: `n1#2`; empty: nowhere. */
  get node(): string {
    return this.#house.life?.name ?? "";
  }

  get life(): GatewayLife | null {
    return this.#house.life;
  }

  /** Whether it was accepted, and neither end knows of its end. */
  get open(): boolean {
    return this.#opened && !this.#clientOver && !this.#gatewayOver;
  }

  /** Whether it is there for the client alone, who does not know yet. */
  get severed(): boolean {
    return this.#opened && !this.#clientOver && (this.#gatewayOver || this.up.dead || this.down.dead);
  }

  /** Whether it is over for both. */
  get over(): boolean {
    return this.#clientOver && this.#gatewayOver;
  }

  /** The client asks to be let in. */
  begin(): void {
    this.up.send({ kind: "open" });
  }

  // ---- the client's end

  write(text: string): void {
    if (!this.#opened || this.#clientOver) return;
    this.#rising.push(text);
    if (this.#rising.length === 1) this.#house.time.endOfTurn(() => this.#flushUp(), this.#house.device);
  }

  leave(code: number): void {
    if (this.#clientOver) return;
    this.#flushUp();
    this.#endClient();
    this.up.send(this.#opened ? { kind: "close", code } : { kind: "reset" });
  }

  #flushUp(): void {
    if (this.#rising.length === 0 || this.#clientOver) return;
    const texts = this.#house.filter?.up(this.#rising) ?? this.#rising;
    this.#rising = [];
    if (texts.length === 0) return;
    this.activeAt = this.#house.time.now;
    this.#house.wrote?.(texts);
    // Its bytes count nowhere: a client's own buffers are its own.
    this.up.send({ kind: "texts", texts, bytes: 0 });
  }

  #atClient(piece: Piece): void {
    const { client } = this.#house;
    if (piece.kind === "close") this.up.send(piece);
    if (this.#clientOver) return;
    switch (piece.kind) {
      case "opened":
        this.#opened = true;
        client.onOpen();
        return;
      case "texts":
        for (const text of piece.texts) if (!this.#clientOver) client.onText(text);
        return;
      default:
        this.#endClient();
        client.onClose(piece.kind === "close" ? piece.code : CLOSE.abnormal.code);
    }
  }

  // ---- the gateway's end

  get bufferedBytes(): number {
    return this.#sinkingBytes + Math.max(0, this.down.heldBytes - KERNEL_BYTES);
  }

  send({ texts, bytes }: EncodedFrames): void {
    if (this.#gatewayOver || this.#closing !== null) return;
    if (this.#sinking.length === 0) this.#house.time.endOfTurn(() => this.#flushDown(), this.#house.life?.clock);
    this.#sinking.push(...texts);
    this.#sinkingBytes += bytes;
  }

  close(code: number): void {
    const { life } = this.#house;
    if (this.#gatewayOver || this.#closing !== null || life === null) return;
    this.#flushDown();
    this.#closing = life.clock.after(CLOSE_WITHIN_MS, () => {
      this.down.send({ kind: "reset" });
      this.#endGateway(CLOSE.abnormal.code);
    });
    this.resume();
    this.down.send({ kind: "close", code });
  }

  pause(): void {
    if (this.#closing === null) this.#reads = false;
  }

  resume(): void {
    if (this.#reads) return;
    this.#reads = true;
    if (this.#unread.length > 0) this.#house.time.after(0, () => this.#read(), this.#house.life?.clock);
  }

  #flushDown(): void {
    if (this.#sinking.length === 0 || this.#gatewayOver) return;
    this.#house.told?.(this.#sinking);
    const texts = this.#house.filter?.down(this.#sinking) ?? this.#sinking;
    const bytes = this.#sinkingBytes;
    this.#full ||= this.bufferedBytes >= FULL_BYTES;
    this.#sinking = [];
    this.#sinkingBytes = 0;
    this.activeAt = this.#house.time.now;
    if (texts.length > 0) this.down.send({ kind: "texts", texts, bytes });
    this.#drained();
  }

  #atGateway(piece: Piece): void {
    if (piece.kind === "open") this.#admit();
    else if (piece.kind === "reset") this.#endGateway(CLOSE.abnormal.code);
    else {
      this.#unread.push(piece);
      this.#read();
    }
  }

  #admit(): void {
    const { life } = this.#house;
    if (life === null || life.closed) {
      this.#gatewayOver = true;
      this.down.send({ kind: "refused" });
      return;
    }
    this.#gateway = life.accept(this);
    this.down.send({ kind: "opened" });
  }

  #read(): void {
    while (this.#reads && this.#unread.length > 0) {
      const piece = this.#unread.shift() as Piece;
      // What was read in one piece arrives, also where reading stops in the middle of it.
      if (piece.kind === "texts") for (const text of piece.texts) this.#gateway?.onText(text);
      else if (piece.kind === "close") this.#endGateway(piece.code);
    }
  }

  // ---- what befalls it

  /** RST: both ends see it end. `lost`: with it goes what is on its way. */
  cut(lost: boolean): void {
    for (const way of [this.up, this.down]) {
      if (lost) way.drop();
      way.send({ kind: "reset" });
    }
  }

  /** FIN to one end; from now on nothing passes, and the other end is not told. */
  halfClose(told: "gateway" | "client"): void {
    (told === "gateway" ? this.up : this.down).send({ kind: "reset" });
    this.up.swallow();
    this.down.swallow();
  }

  /** The gateway's process is dead. `resetInMs`: when the client's end is told so; null: never. `lost`: what is on its way goes with it. */
  orphan(resetInMs: number | null, lost: boolean): void {
    this.#gatewayOver = true;
    this.#gateway = null;
    this.up.drop();
    this.up.swallow();
    if (resetInMs !== null) {
      this.#house.time.after(resetInMs, () => {
        if (lost) this.down.drop();
        this.down.send({ kind: "reset" });
        this.#check();
      });
    }
  }

  /** The device's process is dead. `told`: its machine says so, by RST. */
  abandon(told: boolean): void {
    this.#endClient();
    if (told) this.up.send({ kind: "reset" });
    else this.up.swallow();
    this.down.swallow();
  }

  #way(direction: "up" | "down", owner: NodeClock | null, arrive: (piece: Piece) => void): Way {
    const { time, path } = this.#house;
    return new Way({
      time,
      owner,
      arrive,
      latency: () => path.latency(),
      state: () => path.state(direction),
      heldFor: () => path.heldFor(direction),
      released: () => this.#drained(),
    });
  }

  /** What waited on the way down has been taken: a gateway that waits for room is told. */
  #drained(): void {
    if (!this.#full || this.bufferedBytes >= FULL_BYTES) return;
    this.#full = false;
    this.#house.time.after(0, () => this.#gateway?.onDrain(), this.#house.life?.clock);
  }

  #endClient(): void {
    this.#clientOver = true;
    this.#rising = [];
    this.#check();
  }

  #endGateway(code: number): void {
    if (this.#gatewayOver) return;
    this.#gatewayOver = true;
    this.#closing?.cancel();
    this.#unread = [];
    const gateway = this.#gateway;
    this.#gateway = null;
    gateway?.onClose(code, CLEAN.has(code));
    this.#check();
  }

  #check(): void {
    if (this.over) this.#house.over(this);
  }
}
