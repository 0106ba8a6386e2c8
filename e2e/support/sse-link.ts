import { type PollAnswer, type PollSession, poll, sessionIn } from "./poll-link.ts";
import type { WireLink, WireLinkListener } from "./wire-link.ts";

/** The frames of a stream, as they come; ends with it. */
export async function* streamFrames(response: Response): AsyncGenerator<Record<string, unknown>> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const lines = text.slice(0, end).split("\n");
      text = text.slice(end + 2);
      const data = lines.filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trim());
      if (data.length > 0) yield JSON.parse(data.join("\n")) as Record<string, unknown>;
    }
  }
}

/** Opens the stream of a session. */
export async function openStream(
  serverUrl: string,
  { session, secret }: PollSession,
  options: { readonly headers?: Readonly<Record<string, string>>; readonly signal?: AbortSignal } = {},
): Promise<Response> {
  return await fetch(`${serverUrl}/chat/sse`, {
    headers: { accept: "text/event-stream", "earshot-session": session, "earshot-secret": secret, ...options.headers },
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}

/** A stream down, polls that do not wait up, one after the other. */
export class SseLink implements WireLink {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #listener: WireLinkListener;
  readonly #abort = new AbortController();
  #waiting: string[] = [];
  #session: PollSession | null = null;
  #k = 0;
  #sending = false;
  /** Events that have come, and the number of the last one. */
  #received = 0;
  #number = 0;
  #over = false;

  constructor(url: string, headers: Readonly<Record<string, string>>, listener: WireLinkListener) {
    this.#url = url;
    this.#headers = headers;
    this.#listener = listener;
  }

  send(text: string): void {
    this.#waiting.push(text);
    if (!this.#sending) void this.#sendAll();
  }

  terminate(): void {
    this.#end(1006, "");
  }

  async #sendAll(): Promise<void> {
    this.#sending = true;
    await new Promise((resolve) => setImmediate(resolve));
    try {
      while (this.#waiting.length > 0 && !this.#over) await this.#post(this.#waiting.splice(0));
    } catch (error) {
      this.#end(1006, String(error));
    } finally {
      this.#sending = false;
    }
  }

  async #post(frames: readonly string[]): Promise<void> {
    this.#k += 1;
    // The first waits for `welcome`, which is answered before there is a stream.
    const response = await poll(this.#url, `{"k":${this.#k},"frames":[${frames.join(",")}]}`, {
      session: this.#session,
      headers: this.#headers,
      signal: this.#abort.signal,
      ...(this.#session === null ? {} : { wait: 0 }),
    });
    if (response.status !== 200) {
      this.#end(1006, `${response.status} ${(await response.text()).slice(0, 100)}`);
      return;
    }
    const answer = (await response.json()) as PollAnswer;
    if (this.#session === null) {
      this.#session = sessionIn(answer.frames);
      if (this.#session !== null) void this.#listen(this.#session);
    }
    for (const frame of answer.frames) this.#hear(frame);
  }

  async #listen(session: PollSession): Promise<void> {
    try {
      const response = await openStream(this.#url, session, { headers: this.#headers, signal: this.#abort.signal });
      if (response.status !== 200) throw new Error(`${response.status}`);
      for await (const frame of streamFrames(response)) this.#hear(frame);
      this.#end(1006, "the stream ended");
    } catch (error) {
      this.#end(1006, String(error));
    }
  }

  #hear(frame: Record<string, unknown>): void {
    if (this.#over) return;
    if (frame["t"] === "from") {
      this.#number = Number(frame["n"]);
      return;
    }
    if (frame["t"] === "event") {
      // What a poll has brought before the stream comes again with it.
      if (++this.#number <= this.#received) return;
      this.#received = this.#number;
    }
    if (frame["t"] === "close") this.#end(Number(frame["code"]), "");
    else this.#listener.onText(JSON.stringify(frame));
  }

  #end(code: number, reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#abort.abort();
    this.#listener.onClose(code, reason);
  }
}
