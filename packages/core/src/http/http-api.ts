import { ChatError, CLOSE, type CloseCode, LIMITS, type UserId } from "@earshot/protocol";
import type { PeerRequest } from "../ports/authenticate.ts";
import type { Commands } from "../ports/commands.ts";
import type { By } from "../ports/hooks.ts";
import type { Logger } from "../ports/logger.ts";
import { json } from "./call.ts";
import { isPreflight, openTo, preflight } from "./cors.ts";
import { answerPoll, type PollDoor, type PollRequest } from "./poll.ts";
import { notFound, problem } from "./problem-details.ts";
import { routeOf } from "./routes.ts";
import { answerSse } from "./sse.ts";

export interface HttpSurroundings {
  readonly commands: Commands;
  readonly polls: PollDoor;
  readonly logger: Logger;
  readonly limits: { readonly pollFramesMax: number };
  /** Who a request is of; why its Origin may not ask, or null; and the Origin that may read the answer (CORS), or null. */
  see(request: {
    readonly headers: Readonly<Record<string, string | undefined>>;
    readonly remoteAddress: string;
    readonly secure: boolean;
  }): { readonly peer: PeerRequest; readonly refusal: string | null; readonly listed: string | null };
  authenticate(
    token: string | null,
    peer: PeerRequest,
  ): Promise<
    { readonly kind: "welcome"; readonly credentials: By } | { readonly kind: "close"; readonly close: CloseCode }
  >;
  /** Charges the user for a request: ms to wait before it is made again, 0: it passes. */
  ask(user: UserId): number;
  readonly store: { ping(): Promise<void> };
  /** Why nobody should be sent here now, or null. */
  unreadyBecause(): string | null;
  /** Why nothing is answered now, or null. */
  silentBecause(): string | null;
}

/** What a mount knows of a request beside the request itself. */
export interface FetchContext {
  /** Address of the socket's other end. Default: unknown. */
  readonly address?: string;
  /** What the paths begin with, such as `/chat`. Default: nothing, as where the mount has stripped it. */
  readonly base?: string;
}

/** The same commands for those without a socket: one fetch-style handler, for any mount. */
export class HttpApi {
  readonly #house: HttpSurroundings;

  constructor(house: HttpSurroundings) {
    this.#house = house;
  }

  /** Answers one request. Never rejects: what fails is a problem-details response. */
  async handle(request: Request, context: FetchContext = {}): Promise<Response> {
    let listed: string | null = null;
    try {
      const url = new URL(request.url);
      const path = pathBelow(url, context.base ?? "");
      const isHealth = path === "healthz" || path === "readyz";
      // A probe is no client: whether it came by TLS says nothing (S3), and only a page's has an Origin.
      if (isHealth && !request.headers.has("origin")) return await this.#health(request);
      const seen = this.#house.see({
        headers: Object.fromEntries(request.headers),
        remoteAddress: context.address ?? "",
        secure: url.protocol === "https:",
      });
      listed = seen.listed;
      if (isHealth) return openTo(listed, await this.#health(request));
      if (seen.refusal !== null) throw new ChatError("forbidden", `unable to answer; ${seen.refusal}`);
      if (listed !== null && isPreflight(request)) return preflight(listed);
      const silent = this.#house.silentBecause();
      if (silent !== null) throw unavailable(silent);
      const polled = await this.#poll({ request, url, peer: seen.peer }, path);
      if (polled !== null) return openTo(listed, polled);
      const [run, parts] = routeOf(request.method === "HEAD" ? "GET" : request.method, path);
      const by = await this.#authenticate(request, seen.peer);
      const retryAfterMs = this.#house.ask(by.user);
      if (retryAfterMs > 0) throw tooMuch(retryAfterMs);
      return openTo(listed, await run(this.#house.commands, { by, request, url, parts }));
    } catch (error) {
      if (!(error instanceof Error) || error.name !== "ChatError") {
        this.#house.logger.error({ name: error instanceof Error ? error.name : typeof error }, "request failed");
      }
      return openTo(listed, problem(error));
    }
  }

  /** Polls and streams show whose they are by themselves; null: it is neither. */
  async #poll(asked: PollRequest, path: string): Promise<Response | null> {
    const { polls, limits } = this.#house;
    if (path === "poll" && asked.request.method === "POST") return answerPoll(polls, asked, limits.pollFramesMax);
    return path === "sse" && asked.request.method === "GET" ? answerSse(polls, asked.request) : null;
  }

  async #health(request: Request): Promise<Response> {
    if (request.method !== "GET" && request.method !== "HEAD") throw notFound();
    const unready = this.#house.unreadyBecause();
    if (unready !== null) throw unavailable(unready);
    await this.#house.store.ping().catch((cause: unknown) => {
      throw unavailable("the store does not answer", cause);
    });
    return json({ status: "ok" });
  }

  async #authenticate(request: Request, peer: PeerRequest): Promise<By> {
    const token = /^Bearer +(\S+) *$/i.exec(request.headers.get("authorization") ?? "")?.[1] ?? null;
    if (token !== null && token.length > LIMITS.tokenCharactersMax) throw unauthenticated();
    const greeting = await this.#house.authenticate(token, peer);
    if (greeting.kind === "welcome") {
      const { user, claims } = greeting.credentials;
      return { user, claims };
    }
    if (greeting.close.code === CLOSE.overloaded.code) {
      throw new ChatError("unavailable", "unable to answer; authentication failed on our side", {
        retryAfterMs: 1_000,
      });
    }
    throw unauthenticated(greeting.close.code === CLOSE.expired.code ? "expired" : undefined);
  }
}

function unavailable(why: string, cause?: unknown): ChatError {
  return new ChatError("unavailable", `unable to answer; ${why}`, { retryAfterMs: 1_000, cause });
}

function tooMuch(retryAfterMs: number): ChatError {
  const message = "unable to answer; too much was asked for in too short a time";
  return new ChatError("rate_limited", message, { retryAfterMs });
}

function unauthenticated(reason?: string): ChatError {
  return new ChatError(
    "unauthenticated",
    "unable to answer; the credentials do not hold",
    reason === undefined ? {} : { reason },
  );
}

function pathBelow(url: URL, base: string): string {
  if (!url.pathname.startsWith(`${base}/`)) throw notFound();
  return url.pathname.slice(base.length + 1);
}
