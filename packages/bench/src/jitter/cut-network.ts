import type { NetworkChange, NetworkStatus, OpenTransport, TransportListener } from "@earshot/client";
import { SUBPROTOCOL } from "@earshot/protocol";
import { WsLine } from "../generator/ws-line.ts";

/** As long as an attempt without a network takes to fail, in ms. */
const FAILS_AFTER_MS = 5;
const ABNORMAL = 1006;

/**
 * One device's way to the server. While it is cut nothing comes and nothing goes, and the server is told nothing: its end
 * of the connection stays until the network is back. The client is told what a browser tells its pages.
 */
export class CutNetwork implements NetworkStatus {
  readonly #from: string;
  #isCut = false;
  #line: CutLine | null = null;
  /** What the server still takes for a connection. */
  #deaf: CutLine | null = null;
  #tell: (change: NetworkChange) => void = () => {};

  constructor(from: string) {
    this.#from = from;
  }

  readonly transport: OpenTransport = (url, listener) => {
    const line = new CutLine(listener);
    if (this.#isCut) line.fail();
    else line.open(Number(new URL(url).port), this.#from);
    this.#line = line;
    return line;
  };

  subscribe(listener: (change: NetworkChange) => void): () => void {
    this.#tell = listener;
    return () => {
      this.#tell = () => {};
    };
  }

  cut(): void {
    this.#isCut = true;
    this.#line?.cut();
    this.#deaf = this.#line;
    this.#tell("offline");
  }

  restore(): void {
    this.#isCut = false;
    this.#deaf?.end();
    this.#tell("online");
  }
}

class CutLine {
  #listener: TransportListener | null;
  #line: WsLine | null = null;
  #ended = false;

  constructor(listener: TransportListener) {
    this.#listener = listener;
  }

  fail(): void {
    setTimeout(() => this.#close(ABNORMAL), FAILS_AFTER_MS);
  }

  open(port: number, from: string): void {
    WsLine.open({ port, path: "/chat/ws", subprotocol: SUBPROTOCOL, from }).then(
      (line) => this.#opened(line),
      () => this.#close(ABNORMAL),
    );
  }

  send(text: string): void {
    if (this.#listener !== null) this.#line?.text(text);
  }

  close(): void {
    this.#listener = null;
    this.end();
  }

  /** Deaf and dumb from now on; its client knows, the server does not. */
  cut(): void {
    this.#close(ABNORMAL);
  }

  end(): void {
    this.#ended = true;
    this.#line?.end();
  }

  #opened(line: WsLine): void {
    this.#line = line;
    if (this.#ended) {
      line.end();
      return;
    }
    line.onText = (bytes, start, end) => this.#listener?.onText(bytes.toString("utf8", start, end));
    line.onClose = (code) => this.#close(code);
    this.#listener?.onOpen();
  }

  #close(code: number): void {
    const listener = this.#listener;
    this.#listener = null;
    listener?.onClose(code);
  }
}
