import { decodeFrame, encodeFrame } from "@earshot/protocol";
import type { Clock } from "../ports/clock.ts";
import type { TransportListener } from "../ports/transport.ts";
import { FakePolls } from "./fake-polls.ts";
import { type FakeBody, type FakeStream, fakeResponse } from "./fake-response.ts";

/** One request of the client's. */
export interface FakeRequest {
  readonly method: string;
  /** Behind the base, with what stands behind `?`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly keepalive: boolean;
  /** Of a poll. */
  readonly k: number | null;
}

/**
 * What becomes of one request: answered; lost on its way there, or on its way back; taken by something in
 * front of the gateway, which answers with this status (and a `Retry-After`, in s); or without an answer for good.
 */
export type RequestFate =
  | "answered"
  | "lost"
  | "answer-lost"
  | "unanswered"
  | number
  | { readonly status: number; readonly retryAfter: number };

/** The gateway's end of a session over HTTP. */
interface HttpPeer {
  taken(text: string): void;
}

/** A gateway's side of polls and streams, as far as a client sees it, and the network in front of it. */
export class FakeHttp {
  /** Every request that the client made, oldest first. */
  readonly requests: FakeRequest[] = [];
  /** What `/healthz` answers: its status; null: nothing can be reached at all. */
  health: number | null = 200;
  /** What becomes of streams: opened; opened, and nothing comes by them; refused (404); or cut into single bytes. */
  streams: "all" | "buffered" | "none" | "bytes" = "all";
  fate: (request: FakeRequest) => RequestFate = () => "answered";
  /** Time that a request takes there, and the same back, in ms. */
  latencyMs: (request: FakeRequest) => number = () => 5;
  readonly #clock: Clock;
  readonly #connect: (listener: TransportListener) => HttpPeer;
  readonly #sessions = new Map<string, FakePolls>();
  readonly #streams = new Set<FakeStream>();
  #made = 0;

  constructor(clock: Clock, connect: (listener: TransportListener) => HttpPeer) {
    this.#clock = clock;
    this.#connect = connect;
  }

  /** Streams that are open. */
  get open(): number {
    return [...this.#streams].filter((stream) => stream.open).length;
  }

  /** Hand it to a client as its `fetch`. */
  readonly fetch: typeof fetch = (input, init = {}) => {
    const [, path = ""] = /^https?:\/\/[^/]+(?:\/chat)?(.*)$/.exec(String(input)) ?? [];
    const body = typeof init.body === "string" ? init.body : null;
    const k = Number(decodeFrame(body ?? "")?.["k"]) || null;
    const headers = init.headers as Readonly<Record<string, string>>;
    const request: FakeRequest = {
      ...{ method: init.method ?? "GET", path, headers: { ...headers }, body, keepalive: init.keepalive === true, k },
    };
    this.requests.push(request);
    return new Promise((resolve, reject) => {
      const fail = (): void => reject(new TypeError("fetch failed"));
      init.signal?.addEventListener("abort", () => reject(new Error("aborted")), { once: true });
      const fate = this.fate(request);
      const later = (run: () => void): unknown => this.#clock.after(this.latencyMs(request), run);
      const answer = (status: number, answered: FakeBody = "", type = "application/json"): void =>
        void later(() => (fate === "answer-lost" ? fail() : resolve(fakeResponse(status, answered, type))));
      if (fate === "unanswered") return;
      if (fate === "lost") later(fail);
      else if (typeof fate === "number") answer(fate, "<html></html>", "text/html");
      else if (typeof fate === "object") {
        const { status, retryAfter } = fate;
        later(() => resolve(fakeResponse(status, "", "text/html", { "retry-after": String(retryAfter) })));
      } else later(() => this.#take(request, init.signal ?? null, answer, fail));
    });
  };

  /** Cuts every stream; `abruptly`: as a broken connection does. */
  cut(abruptly = true): void {
    for (const stream of this.#streams) stream.end(abruptly);
    this.#streams.clear();
  }

  /** The gateway is another one, which knows none of the sessions. */
  forget(): void {
    this.cut();
    for (const session of this.#sessions.values()) session.forget();
    this.#sessions.clear();
  }

  #take(
    request: FakeRequest,
    signal: AbortSignal | null,
    answer: (status: number, body?: FakeBody, type?: string) => void,
    fail: () => void,
  ): void {
    const [path] = request.path.split("?");
    if (path === "/healthz") {
      if (this.health === null) fail();
      else answer(this.health, "{}");
    } else if (path === "/poll") {
      this.#poll(request, answer);
    } else if (path === "/sse") {
      this.#stream(request, signal, answer);
    } else {
      answer(404, '{"code":"not_found"}');
    }
  }

  #poll(request: FakeRequest, answer: (status: number, body?: string) => void): void {
    const polls = this.#sessionOf(request) ?? (request.k === 1 ? this.#begin() : undefined);
    if (polls === undefined) {
      answer(410, "{}");
      return;
    }
    const { k, frames } = JSON.parse(request.body ?? "") as { k: number; frames: readonly object[] };
    const texts = frames.map((frame) => JSON.stringify(frame));
    polls.poll(k, texts, !request.path.endsWith("wait=0"), (answered) => {
      if (answered === null) answer(410, "{}");
      else answer(200, `{"k":${k},"frames":[${answered.join()}]}`);
    });
  }

  #stream(
    request: FakeRequest,
    signal: AbortSignal | null,
    answer: (status: number, body?: FakeBody, type?: string) => void,
  ): void {
    const polls = this.#sessionOf(request);
    if (polls === undefined) {
      answer(410, "{}");
    } else if (this.streams === "none") {
      answer(404, "{}");
    } else {
      const stream = polls.stream(this.streams);
      this.#streams.add(stream);
      signal?.addEventListener("abort", () => stream.end(true), { once: true });
      answer(200, stream, "text/event-stream; charset=utf-8");
    }
  }

  #sessionOf({ headers }: FakeRequest): FakePolls | undefined {
    const polls = this.#sessions.get(headers["earshot-session"] ?? "");
    return polls?.secret === headers["earshot-secret"] ? polls : undefined;
  }

  #begin(): FakePolls {
    const id = `s_http_${++this.#made}`;
    const polls = new FakePolls(this.#clock, `secret-${this.#made}`);
    const peer = this.#connect({
      onOpen: () => {},
      onText: (text) => {
        const frame = decodeFrame(text);
        const known = frame?.t === "welcome" ? { ...frame, session: id, secret: polls.secret } : null;
        polls.push(known === null ? text : encodeFrame(known as never));
      },
      onClose: (code) => {
        if (code === 1006) this.#lose(id, polls);
        else polls.push(encodeFrame({ t: "close", code }));
      },
    });
    polls.onFrame = (text) => peer.taken(text);
    this.#sessions.set(id, polls);
    return polls;
  }

  /** The process that held it was killed. */
  #lose(id: string, polls: FakePolls): void {
    this.#sessions.delete(id);
    polls.forget();
  }
}
