import { CLOSE, type ClientFrame, decodeFrame, encodeFrame, type GatewayFrame } from "@earshot/protocol";
import type { Clock } from "../ports/clock.ts";
import type { OpenTransport, TransportListener } from "../ports/transport.ts";
import { FakeHttp } from "./fake-http.ts";

type FrameOf<T extends ClientFrame["t"]> = Extract<ClientFrame, { readonly t: T }>;

/** The gateway's end of one connection. Frames are really encoded and decoded. */
export class FakePeer {
  readonly url: string;
  /** What the client has sent, oldest first. */
  readonly received: ClientFrame[] = [];
  /** The code that the client closed with; null while it has not. */
  closedWith: number | null = null;
  /** Half-open: nothing passes in either direction, and neither end is told. */
  silent = false;
  /** Called with each frame of the client's. */
  onFrame: ((frame: ClientFrame) => void) | null = null;
  readonly #listener: TransportListener;
  #over = false;

  constructor(url: string, listener: TransportListener) {
    this.url = url;
    this.#listener = listener;
  }

  /** Neither end has closed it. */
  get open(): boolean {
    return !this.#over;
  }

  /** Frames of one type, oldest first. */
  got<T extends ClientFrame["t"]>(t: T): FrameOf<T>[] {
    return this.received.filter((frame): frame is FrameOf<T> => frame.t === t);
  }

  /** The latest frame of one type. Throws if there was none. */
  last<T extends ClientFrame["t"]>(t: T): FrameOf<T> {
    const frame = this.got(t).at(-1);
    if (frame === undefined) throw new Error(`the client has sent no ${t}`);
    return frame;
  }

  send(...frames: readonly GatewayFrame[]): void {
    for (const frame of frames) this.sendText(encodeFrame(frame));
  }

  sendText(text: string): void {
    if (!this.#over && !this.silent) this.#listener.onText(text);
  }

  /** Ends it from the gateway's side; 1006 for a connection that just breaks. */
  close(code: number): void {
    if (this.#over) return;
    this.#over = true;
    this.#listener.onClose(code);
  }

  /** Called by the transport. */
  taken(text: string): void {
    if (this.#over || this.silent) return;
    const frame = decodeFrame(text) as ClientFrame | null;
    if (frame === null) throw new Error("the client has sent what is no frame");
    this.received.push(frame);
    this.onFrame?.(frame);
  }

  /** Called by the transport. */
  left(code: number): void {
    if (this.#over) return;
    this.#over = true;
    this.closedWith = code;
  }
}

/**
 * A scripted gateway: hand `open` to a client as its `transport`, then play the other side by hand. With
 * `http.fetch` as its `fetch`, and `transports`, it may come by polls and streams too.
 */
export class FakeServer {
  /** Every attempt of the client's by WebSocket, and every session that it began over HTTP, oldest first. */
  readonly peers: FakePeer[] = [];
  readonly http: FakeHttp;
  /** What becomes of attempts by WebSocket: opened, failed at once, or left hanging. */
  accepts: "all" | "none" | "hanging" = "all";
  /** Called with each connection that has opened, before the client knows. */
  onConnection: ((peer: FakePeer) => void) | null = null;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.http = new FakeHttp(clock, (listener) => {
      const peer = new FakePeer("/poll", listener);
      this.peers.push(peer);
      this.onConnection?.(peer);
      return peer;
    });
  }

  /** The latest connection. Throws if there was none. */
  get peer(): FakePeer {
    const peer = this.peers.at(-1);
    if (peer === undefined) throw new Error("the client has not connected");
    return peer;
  }

  readonly open: OpenTransport = (url, listener) => {
    const peer = new FakePeer(url, listener);
    this.peers.push(peer);
    const { accepts } = this;
    if (accepts !== "hanging") {
      this.#clock.after(0, () => {
        if (accepts === "none") return peer.close(CLOSE.abnormal.code);
        if (!peer.open) return;
        this.onConnection?.(peer);
        listener.onOpen();
      });
    }
    return { send: (text) => peer.taken(text), close: (code) => peer.left(code) };
  };
}
