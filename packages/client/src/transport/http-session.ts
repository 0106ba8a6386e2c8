import type { Clock } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";

/** What goes over HTTP needs from outside. */
export interface HttpTransportHost {
  readonly clock: Clock;
  readonly random: Random;
  readonly fetch: typeof fetch;
  /** Where the engine is, for HTTP: without a slash at its end. */
  base(): string;
}

/** How a gateway knows one session's requests: kept here, and in headers alone. */
export class HttpSession {
  readonly #host: HttpTransportHost;
  #headers: Readonly<Record<string, string>> | null = null;
  /** First delay that the gateway asks of those who come back, in ms. */
  spreadMs = 0;

  constructor(host: HttpTransportHost) {
    this.#host = host;
  }

  /** Whether there is one: `welcome` has come. */
  get known(): boolean {
    return this.#headers !== null;
  }

  /** Takes what `welcome` says; false: it lacks what later requests need. */
  begin(session: unknown, secret: unknown, spreadMs: unknown): boolean {
    if (typeof session !== "string" || typeof secret !== "string") return false;
    this.#headers = { "earshot-session": session, "earshot-secret": secret };
    this.spreadMs = Number(spreadMs) || 0;
    return true;
  }

  request(path: string, init: RequestInit): Promise<Response> {
    const headers = { ...this.#headers, ...(init.headers as Readonly<Record<string, string>>) };
    // a `fetch` that throws at once is one that fails
    return (async () => this.#host.fetch(this.#host.base() + path, { ...init, headers, cache: "no-store" }))();
  }
}
