import {
  type ClientFrame,
  decodeFrame,
  type GatewayFrame,
  PROTOCOL_VERSION,
  type WelcomeFrame,
} from "@earshot/protocol";

/** Where requests go: an engine's `fetch`. */
export type Ask = (request: Request) => Promise<Response>;

/** What a poll came to. */
export interface PollOutcome {
  readonly status: number;
  /** The body as it came. */
  readonly text: string;
  /** Empty unless `status` is 200. */
  readonly frames: readonly GatewayFrame[];
}

export interface PollOptions {
  /** false: `?wait=0`. Default true. */
  readonly waits?: boolean;
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A stream as a client reads it. */
export interface StreamReader {
  readonly status: number;
  readonly headers: Headers;
  /** Frames that have been read, oldest first. */
  readonly frames: GatewayFrame[];
  /** Whether the gateway ended it. */
  readonly ended: boolean;
  /** Lets go of it. */
  cut(): Promise<void>;
}

/** A client of polls and streams at frame level: says what a test tells it to, under the `k` that a test gives. */
export class PollClient {
  readonly #ask: Ask;
  #headers: Readonly<Record<string, string>> = {};

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** The headers that show whose requests these are. */
  get headers(): Readonly<Record<string, string>> {
    return this.#headers;
  }

  /** Says `hello` by the first poll, with others behind it, and keeps what the `welcome` says. */
  async hello(user: string, fields: object = {}, ...behind: readonly ClientFrame[]): Promise<PollOutcome> {
    const hello = { t: "hello" as const, v: PROTOCOL_VERSION, token: user, device: `${user}-1`, ...fields };
    const outcome = await this.poll(1, [hello, ...behind]);
    const welcome = outcome.frames.find((frame): frame is WelcomeFrame => frame.t === "welcome");
    if (welcome !== undefined)
      this.#headers = { "earshot-session": welcome.session, "earshot-secret": welcome.secret ?? "" };
    return outcome;
  }

  poll(k: number, frames: readonly ClientFrame[] = [], options: PollOptions = {}): Promise<PollOutcome> {
    return this.pollText(JSON.stringify({ k, frames }), options);
  }

  /** A poll with any body. */
  async pollText(body: string, { waits = true, signal, headers }: PollOptions = {}): Promise<PollOutcome> {
    const response = await this.#ask(
      new Request(`http://test/poll${waits ? "" : "?wait=0"}`, {
        method: "POST",
        headers: { ...this.#headers, ...headers },
        body,
        ...(signal === undefined ? {} : { signal }),
      }),
    );
    const text = await response.text();
    const answer = decodeFrame(text) as { readonly frames?: readonly GatewayFrame[] } | null;
    return { status: response.status, text, frames: response.status === 200 ? (answer?.frames ?? []) : [] };
  }

  /** Opens a stream, and reads it as it comes. */
  async stream(signal?: AbortSignal): Promise<StreamReader> {
    const response = await this.#ask(
      new Request("http://test/sse", { headers: this.#headers, ...(signal === undefined ? {} : { signal }) }),
    );
    const { status, headers } = response;
    const reader = status === 200 ? response.body?.getReader() : undefined;
    const stream = { status, headers, frames: [] as GatewayFrame[], ended: false };
    const read = async (): Promise<void> => {
      for (let part = await reader?.read(); part !== undefined && !part.done; part = await reader?.read()) {
        for (const event of new TextDecoder().decode(part.value).split("\n\n")) {
          if (event.startsWith("data: ")) stream.frames.push(decodeFrame(event.slice(6)) as unknown as GatewayFrame);
        }
      }
      stream.ended = true;
    };
    void read();
    return Object.assign(stream, { cut: async () => reader?.cancel() });
  }
}
