/** What a response's body is read from: a text, or what comes bit by bit. */
export type FakeBody = string | FakeStream;

interface Chunk {
  readonly done: boolean;
  readonly value: Uint8Array | undefined;
}

/** A stream of server-sent events. What is written is read in one piece, byte by byte, or never. */
export class FakeStream {
  onEnd: () => void = () => {};
  open = true;
  readonly #kind: "all" | "buffered" | "bytes";
  #chunks: Uint8Array[] = [];
  #broken = false;
  #waiting: { resolve(chunk: Chunk): void; reject(error: Error): void } | null = null;

  constructor(kind: "all" | "buffered" | "bytes") {
    this.#kind = kind;
  }

  /** Writes frames, one JSON text each. */
  write(texts: readonly string[]): void {
    if (!this.open || this.#kind === "buffered" || texts.length === 0) return;
    const bytes = new TextEncoder().encode(texts.map((text) => `data: ${text}\n\n`).join(""));
    if (this.#kind === "all") this.#chunks.push(bytes);
    else for (const byte of bytes) this.#chunks.push(Uint8Array.of(byte));
    this.#wake();
  }

  /** `abruptly`: with what was not read yet. */
  end(abruptly: boolean): void {
    if (!this.open) return;
    this.open = false;
    this.#broken = abruptly;
    if (abruptly) this.#chunks = [];
    this.#wake();
    this.onEnd();
  }

  read(): Promise<Chunk> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#wake();
    });
  }

  #wake(): void {
    const waiting = this.#waiting;
    if (waiting === null || (this.open && this.#chunks.length === 0)) return;
    this.#waiting = null;
    const value = this.#chunks.shift();
    if (value !== undefined) waiting.resolve({ done: false, value });
    else if (this.#broken) waiting.reject(new TypeError("terminated"));
    else waiting.resolve({ done: true, value: undefined });
  }
}

/** As much of a `Response` as a client reads, without the many turns that a real one takes. */
export function fakeResponse(
  status: number,
  body: FakeBody,
  type: string,
  more: Readonly<Record<string, string>> = {},
): Response {
  const headers = new Headers({ "content-type": type, ...more });
  const response = {
    status,
    ok: status >= 200 && status < 300,
    headers,
    text: async () => (typeof body === "string" ? body : ""),
    body: typeof body === "string" ? null : { getReader: () => body },
  };
  return response as unknown as Response;
}
