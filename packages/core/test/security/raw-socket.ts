import type { Socket } from "node:net";

type Frame = Readonly<Record<string, unknown>> & { readonly t: string };

const ANSWER_WITHIN_MS = 10_000;
const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

/** The lines of a good upgrade, but for what is given after them. */
export const UPGRADE = [
  "GET /chat/ws HTTP/1.1",
  "Host: 127.0.0.1",
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  `Sec-WebSocket-Key: ${KEY}`,
  "Sec-WebSocket-Protocol: earshot.v1",
] as const;

/** A masked WebSocket frame (RFC 6455, 5.2), well formed or not: `first` is its first byte. */
export function frameBytes(first: number, payload: Uint8Array | string, { mask = true } = {}): Buffer {
  const content = Buffer.from(payload as string);
  const bit = mask ? 0x80 : 0;
  const { length } = content;
  const head =
    length < 126
      ? Buffer.from([first, bit | length])
      : length < 65_536
        ? Buffer.from([first, bit | 126, length >> 8, length & 255])
        : Buffer.concat([Buffer.from([first, bit | 127, 0, 0, 0, 0]), uint32(length)]);
  if (!mask) return Buffer.concat([head, content]);
  const key = [0x11, 0x22, 0x33, 0x44];
  for (let at = 0; at < length; at++) content[at] = (content[at] ?? 0) ^ (key[at & 3] ?? 0);
  return Buffer.concat([head, Buffer.from(key), content]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A WebSocket client that writes any bytes, and reads what the gateway says. Answers nothing by itself. */
export class RawSocket {
  readonly socket: Socket;
  /** Frames that have come, oldest first. */
  readonly frames: Frame[] = [];
  /** Texts of all of them, as they came. */
  readonly texts: string[] = [];
  /** The close frame's code and reason; 1006 where the socket ended without one. */
  closed: { readonly code: number; readonly reason: string } | null = null;
  #taken = 0;
  #buffer: Buffer;
  #news: () => void = () => {};

  private constructor(socket: Socket, rest: Buffer) {
    this.socket = socket;
    this.#buffer = rest;
    this.#parse();
    socket.on("data", (bytes: Buffer) => {
      this.#buffer = Buffer.concat([this.#buffer, bytes]);
      this.#parse();
    });
    socket.on("close", () => {
      this.closed ??= { code: 1006, reason: "" };
      this.#news();
    });
  }

  static async open(socket: Socket, headers: readonly string[]): Promise<RawSocket> {
    socket.write(`${[...UPGRADE, ...headers].join("\r\n")}\r\n\r\n`);
    let head = Buffer.alloc(0);
    const rest = await new Promise<Buffer>((resolve, reject) => {
      const onData = (bytes: Buffer): void => {
        head = Buffer.concat([head, bytes]);
        const end = head.indexOf("\r\n\r\n");
        if (end < 0) return;
        socket.off("data", onData);
        if (head.subarray(0, 12).toString() === "HTTP/1.1 101") resolve(head.subarray(end + 4));
        else reject(new Error(head.toString()));
      };
      socket.on("data", onData);
      socket.once("close", () => reject(new Error(`ended with ${head.toString()}`)));
    });
    return new RawSocket(socket, rest);
  }

  write(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  text(text: string): void {
    this.write(frameBytes(0x81, text));
  }

  say(frame: Readonly<Record<string, unknown>>): void {
    this.text(JSON.stringify(frame));
  }

  /** The next frame that nobody took and that is of this type, or has these fields. */
  async next(match: string | Readonly<Record<string, unknown>>, withinMs = ANSWER_WITHIN_MS): Promise<Frame> {
    const fits = (frame: Frame): boolean =>
      typeof match === "string"
        ? frame.t === match
        : Object.entries(match).every(([field, value]) => frame[field] === value);
    const found = await this.#until(() => {
      const index = this.frames.findIndex((frame, at) => at >= this.#taken && fits(frame));
      if (index < 0) return null;
      this.#taken = index + 1;
      return this.frames[index] ?? null;
    }, withinMs);
    if (found === null) throw new Error(`no ${JSON.stringify(match)} came; ${this.#state()}`);
    return found;
  }

  /** The code it is closed with. */
  async end(withinMs = ANSWER_WITHIN_MS): Promise<number> {
    const closed = await this.#until(() => this.closed, withinMs);
    if (closed === null) throw new Error(`not closed; ${this.#state()}`);
    return closed.code;
  }

  destroy(): void {
    this.socket.destroy();
  }

  async #until<T>(look: () => T | null, withinMs: number): Promise<T | null> {
    const endsAt = performance.now() + withinMs;
    for (;;) {
      const found = look();
      const left = endsAt - performance.now();
      if (found !== null || left <= 0 || (this.closed !== null && found === null)) return found;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#news = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  #parse(): void {
    for (;;) {
      const bytes = this.#buffer;
      if (bytes.length < 2) break;
      const short = (bytes[1] ?? 0) & 0x7f;
      const head = short === 127 ? 10 : short === 126 ? 4 : 2;
      if (bytes.length < head) break;
      const length = short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short;
      if (bytes.length < head + length) break;
      const payload = bytes.subarray(head, head + length);
      this.#buffer = bytes.subarray(head + length);
      this.#take((bytes[0] ?? 0) & 0x0f, payload);
    }
    this.#news();
  }

  #take(opcode: number, payload: Buffer): void {
    if (opcode === 1) {
      const text = payload.toString();
      this.texts.push(text);
      this.frames.push(JSON.parse(text) as Frame);
    } else if (opcode === 8) {
      const code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
      this.closed ??= { code, reason: payload.subarray(2).toString() };
    }
  }

  #state(): string {
    return `${this.frames.length} frames, closed ${JSON.stringify(this.closed)}, last ${this.texts.at(-1)?.slice(0, 200)}`;
  }
}
