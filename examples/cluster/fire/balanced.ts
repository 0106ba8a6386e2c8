import type { OpenTransport, TransportListener } from "@earshot/client";
import type { Route, Target } from "./route.ts";

/** What the clients are told to connect to; the route says what that is. */
export const BALANCER = "http://balancer.invalid";
const SUBPROTOCOL = "earshot.v1";
const ABNORMAL = 1006;

/** Who is told of what a connection comes to, beside its client. */
export interface ConnectionNotes {
  opened(target: Target): void;
  heard(text: string): void;
  closed(code: number, side: "gateway" | "device" | "network"): void;
}

/** WebSockets as through a balancer: a gateway that does not answer is passed over within the same attempt. */
export function balancedTransport(route: Route, note: () => ConnectionNotes): OpenTransport {
  return (_url, listener) => {
    const connection = new BalancedConnection(route.targets(), listener, note());
    return { send: (text) => connection.send(text), close: (code) => connection.close(code) };
  };
}

class BalancedConnection {
  readonly #targets: Target[];
  readonly #listener: TransportListener;
  readonly #notes: ConnectionNotes;
  #socket: WebSocket | null = null;
  #over = false;

  constructor(targets: readonly Target[], listener: TransportListener, notes: ConnectionNotes) {
    this.#targets = [...targets];
    this.#listener = listener;
    this.#notes = notes;
    // Nothing may be told within the call that opens it.
    queueMicrotask(() => this.#tryNext());
  }

  send(text: string): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(text);
  }

  close(code: number): void {
    if (this.#over) return;
    this.#over = true;
    this.#notes.closed(code, "device");
    this.#socket?.close(code);
  }

  #tryNext(): void {
    if (this.#over) return;
    const target = this.#targets.shift();
    if (target === undefined) this.#end(ABNORMAL, "network");
    else this.#open(target);
  }

  #open(target: Target): void {
    const socket = new WebSocket(`${target.url.replace("http", "ws")}/chat/ws`, SUBPROTOCOL);
    let opened = false;
    this.#socket = socket;
    socket.onopen = () => {
      if (this.#over) return;
      opened = true;
      this.#notes.opened(target);
      this.#listener.onOpen();
    };
    socket.onmessage = ({ data }) => {
      if (this.#over || typeof data !== "string") return;
      this.#notes.heard(data);
      this.#listener.onText(data);
    };
    socket.onclose = ({ code }) => {
      if (!opened) this.#tryNext();
      else this.#end(code || ABNORMAL, code === ABNORMAL ? "network" : "gateway");
    };
  }

  #end(code: number, side: "gateway" | "network"): void {
    if (this.#over) return;
    this.#over = true;
    this.#notes.closed(code, side);
    this.#listener.onClose(code);
  }
}

/** The same for HTTP. */
export function balancedFetch(route: Route): typeof fetch {
  return async (input, init) => {
    const path = String(input instanceof Request ? input.url : input).slice(BALANCER.length);
    let failure: unknown = new TypeError("no gateway is up");
    for (const { url } of route.targets()) {
      try {
        return await fetch(`${url}${path}`, init);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  };
}
