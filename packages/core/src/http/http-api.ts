import { ChatError, CLOSE, type CloseCode, LIMITS, type UserId } from "@earshot/protocol";
import type { PeerRequest } from "../ports/authenticate.ts";
import type { Logger } from "../ports/logger.ts";
import { json } from "./call.ts";
import type { HttpCommands } from "./http-commands.ts";
import { notFound, problem } from "./problem-details.ts";
import { routeOf } from "./routes.ts";

export interface HttpSurroundings {
  readonly commands: HttpCommands;
  readonly logger: Logger;
  /** Who a request is of, and whether its Origin may ask. */
  see(headers: Headers, address: string): { readonly peer: PeerRequest; readonly originAllowed: boolean };
  authenticate(
    token: string | null,
    peer: PeerRequest,
  ): Promise<
    | { readonly kind: "welcome"; readonly credentials: { readonly user: UserId } }
    | { readonly kind: "close"; readonly close: CloseCode }
  >;
  /** Rejects when the engine cannot serve: not started, draining, without its store. */
  ready(): Promise<void>;
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
    try {
      const url = new URL(request.url);
      const path = pathBelow(url, context.base ?? "");
      if (path === "healthz" || path === "readyz") return await this.#health(request);
      const { peer, originAllowed } = this.#house.see(request.headers, context.address ?? "");
      if (!originAllowed)
        throw new ChatError("forbidden", "unable to answer; this Origin is not one of option origins");
      const [run, parts] = routeOf(request.method, path);
      const user = await this.#authenticate(request, peer);
      return await run(this.#house.commands, { user, request, url, parts });
    } catch (error) {
      if (!(error instanceof Error) || error.name !== "ChatError") {
        this.#house.logger.error({ name: error instanceof Error ? error.name : typeof error }, "request failed");
      }
      return problem(error);
    }
  }

  async #health(request: Request): Promise<Response> {
    if (request.method !== "GET" && request.method !== "HEAD") throw notFound();
    await this.#house.ready();
    return json({ status: "ok" });
  }

  async #authenticate(request: Request, peer: PeerRequest): Promise<UserId> {
    const token = /^Bearer +(\S+) *$/i.exec(request.headers.get("authorization") ?? "")?.[1] ?? null;
    if (token !== null && token.length > LIMITS.tokenCharactersMax) throw unauthenticated();
    const greeting = await this.#house.authenticate(token, peer);
    if (greeting.kind === "welcome") return greeting.credentials.user;
    if (greeting.close.code === CLOSE.overloaded.code) {
      throw new ChatError("unavailable", "unable to answer; authentication failed on our side", {
        retryAfterMs: 1_000,
      });
    }
    throw unauthenticated(greeting.close.code === CLOSE.expired.code ? "expired" : undefined);
  }
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
