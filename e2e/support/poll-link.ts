import type { WireLink, WireLinkListener } from "./wire-link.ts";

export interface PollAnswer {
  readonly k: number;
  readonly frames: readonly Record<string, unknown>[];
}

/** Who a run of polls is, after its `welcome`. */
export interface PollSession {
  readonly session: string;
  readonly secret: string;
}

/** One poll, as it stands on the wire; the answer is as it came. */
export async function poll(
  serverUrl: string,
  body: unknown,
  {
    session,
    wait,
    headers,
    signal,
  }: {
    readonly session?: PollSession | null;
    readonly wait?: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly signal?: AbortSignal;
  } = {},
): Promise<Response> {
  const query = wait === undefined ? "" : `?wait=${wait}`;
  const own: Record<string, string> = session
    ? { "earshot-session": session.session, "earshot-secret": session.secret }
    : {};
  return await fetch(`${serverUrl}/chat/poll${query}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...own, ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** Who a `welcome` among these frames makes of us. */
export function sessionIn(frames: readonly Record<string, unknown>[]): PollSession | null {
  const welcome = frames.find(({ t }) => t === "welcome");
  if (typeof welcome?.["session"] !== "string" || typeof welcome["secret"] !== "string") return null;
  return { session: welcome["session"], secret: welcome["secret"] };
}

/** Long polling by an honest client: one poll hangs, what is said meanwhile goes with a new one, answers count in the order of `k`. */
export class PollLink implements WireLink {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #listener: WireLinkListener;
  readonly #abort = new AbortController();
  readonly #answers = new Map<number, PollAnswer>();
  #waiting: string[] = [];
  #session: PollSession | null = null;
  #k = 0;
  #heard = 0;
  #inFlight = 0;
  #due = false;
  #over = false;

  constructor(url: string, headers: Readonly<Record<string, string>>, listener: WireLinkListener) {
    this.#url = url;
    this.#headers = headers;
    this.#listener = listener;
  }

  send(text: string): void {
    this.#waiting.push(text);
    this.#flushSoon();
  }

  terminate(): void {
    this.#end(1006, "");
  }

  #flushSoon(): void {
    if (this.#due) return;
    this.#due = true;
    setImmediate(() => {
      this.#due = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#over) return;
    const greeted = this.#session !== null;
    if (this.#waiting.length === 0 && (!greeted || this.#inFlight > 0)) return;
    // Before `welcome` there is nothing to poll for; then two at most, of which one ends the other.
    if (this.#inFlight >= (greeted ? 2 : 1)) return;
    void this.#poll(this.#waiting.splice(0));
  }

  async #poll(frames: readonly string[]): Promise<void> {
    this.#k += 1;
    this.#inFlight += 1;
    try {
      const response = await poll(this.#url, `{"k":${this.#k},"frames":[${frames.join(",")}]}`, {
        session: this.#session,
        headers: this.#headers,
        signal: this.#abort.signal,
      });
      if (response.status !== 200) {
        this.#end(1006, `${response.status} ${(await response.text()).slice(0, 100)}`);
        return;
      }
      this.#take((await response.json()) as PollAnswer);
    } catch (error) {
      this.#end(1006, String(error));
    } finally {
      this.#inFlight -= 1;
      this.#flushSoon();
    }
  }

  #take(answer: PollAnswer): void {
    this.#answers.set(answer.k, answer);
    for (let next = this.#answers.get(this.#heard + 1); next; next = this.#answers.get(this.#heard + 1)) {
      this.#heard += 1;
      this.#answers.delete(this.#heard);
      this.#session ??= sessionIn(next.frames);
      for (const frame of next.frames) {
        if (this.#over) return;
        if (frame["t"] === "close") this.#end(Number(frame["code"]), "");
        else this.#listener.onText(JSON.stringify(frame));
      }
    }
  }

  #end(code: number, reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#abort.abort();
    this.#listener.onClose(code, reason);
  }
}
