import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface LineAddress {
  readonly port: number;
  readonly path: string;
  readonly subprotocol: string | null;
  /** Source address. */
  readonly from: string;
}

const TEXT = 0x1;
const CLOSE = 0x8;
const PING = 0x9;
const PONG = 0xa;
const END_OF_HEAD = Buffer.from("\r\n\r\n");
const NOTHING = Buffer.alloc(0);

/**
 * The cheapest WebSocket client there can be, so that it is the server that is measured: frames are found by their
 * headers and handed over as places in the bytes that came; the mask of what goes out is zero.
 */
export class WsLine {
  readonly #socket: Socket;
  #rest: Buffer = NOTHING;
  /** Takes each text frame: bytes from `start` up to `end`. */
  onText: (bytes: Buffer, start: number, end: number) => void = () => {};
  /** The connection has gone, by whichever side. */
  onClose: (code: number) => void = () => {};
  #code = 1006;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Opens a connection. Rejects if the server does not take it. */
  static async open({ port, path, subprotocol, from }: LineAddress): Promise<WsLine> {
    const socket = connect({ port, host: "127.0.0.1", localAddress: from, noDelay: true });
    const line = new WsLine(socket);
    await once(socket, "connect");
    const offered = subprotocol === null ? "" : `Sec-WebSocket-Protocol: ${subprotocol}\r\n`;
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${offered}\r\n`,
    );
    await line.#upgraded();
    return line;
  }

  text(text: string): void {
    this.#socket.write(maskedFrame(TEXT, Buffer.from(text)));
  }

  /** The first text that begins so, with those before it passed over. Rejects when the connection ends first. */
  until(beginning: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.onClose = (code) => reject(new Error(`connection ended with ${code} before ${beginning}`));
      this.onText = (bytes, start, end) => {
        const text = bytes.toString("utf8", start, end);
        if (text.startsWith(beginning)) resolve(text);
        else if (text.startsWith('{"t":"error"')) reject(new Error(text));
      };
    });
  }

  /** Gathers what is written within `work` into one piece. */
  together(work: () => void): void {
    this.#socket.cork();
    work();
    this.#socket.uncork();
  }

  /** Takes nothing more from the socket, and stays. */
  stopReading(): void {
    this.#socket.pause();
  }

  /** Ends it at once. */
  end(): void {
    this.onClose = () => {};
    this.#socket.destroy();
  }

  #upgraded(): Promise<void> {
    return new Promise((resolve, reject) => {
      let head = NOTHING;
      this.#socket.on("error", reject);
      this.#socket.on("close", () => {
        reject(new Error("connection ended before it was a WebSocket"));
        this.onClose(this.#code);
      });
      const takeHead = (chunk: Buffer): void => {
        head = Buffer.concat([head, chunk]);
        const end = head.indexOf(END_OF_HEAD);
        if (end === -1) return;
        this.#socket.off("data", takeHead);
        const status = head.toString("latin1", 9, 12);
        if (status !== "101") {
          this.#socket.destroy();
          reject(new Error(`server answers the upgrade with ${status}`));
          return;
        }
        this.#socket.on("data", (bytes: Buffer) => this.#take(bytes));
        resolve();
        const behind = head.subarray(end + END_OF_HEAD.length);
        // Whoever awaits the opening listens by then.
        if (behind.length > 0) setImmediate(() => this.#take(behind));
      };
      this.#socket.on("data", takeHead);
    });
  }

  #take(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (;;) {
      if (at + 2 > bytes.length) break;
      let length = (bytes[at + 1] ?? 0) & 0x7f;
      let start = at + 2;
      if (length === 126) {
        if (at + 4 > bytes.length) break;
        length = bytes.readUInt16BE(at + 2);
        start = at + 4;
      } else if (length === 127) {
        if (at + 10 > bytes.length) break;
        length = Number(bytes.readBigUInt64BE(at + 2));
        start = at + 10;
      }
      const end = start + length;
      if (end > bytes.length) break;
      const opcode = (bytes[at] ?? 0) & 0x0f;
      if (opcode === TEXT) this.onText(bytes, start, end);
      else this.#control(opcode, bytes.subarray(start, end));
      at = end;
    }
    this.#rest = at === bytes.length ? NOTHING : bytes.subarray(at);
  }

  #control(opcode: number, content: Buffer): void {
    if (opcode === PING) this.#socket.write(maskedFrame(PONG, content));
    if (opcode !== CLOSE) return;
    if (content.length >= 2) this.#code = content.readUInt16BE(0);
    this.#socket.end(maskedFrame(CLOSE, content));
  }
}

/** A whole frame as clients send it; the mask is zero, and so the content stays as it is. */
function maskedFrame(opcode: number, content: Buffer): Buffer {
  const { length } = content;
  const header = length < 126 ? 6 : length < 65_536 ? 8 : 14;
  const frame = Buffer.alloc(header + length);
  frame[0] = 0x80 | opcode;
  if (length < 126) {
    frame[1] = 0x80 | length;
  } else if (length < 65_536) {
    frame[1] = 0x80 | 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 0x80 | 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  content.copy(frame, header);
  return frame;
}
