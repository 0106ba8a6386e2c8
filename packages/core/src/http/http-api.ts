import {
  ChatError,
  CLOSE,
  type CloseCode,
  type EventsFrame,
  type InboxFrame,
  type InboxRow,
  isId,
  isUserId,
  LIMITS,
  type Role,
  type SendFrame,
  type SentFrame,
  type UserId,
  utf8Bytes,
} from "@earshot/protocol";
import type { PeerRequest } from "../ports/authenticate.ts";
import type { Logger } from "../ports/logger.ts";
import { notFound, problem } from "./problem-details.ts";
import { readBody, readQuery } from "./request-body.ts";
import { creation, listQuery, memberBatch, memberRole, message, messagesQuery } from "./request-schemas.ts";

/** The engine's commands, as the HTTP API calls them. */
export interface HttpCommands {
  create(
    user: UserId,
    request: {
      readonly kind: "direct" | "group" | "channel";
      readonly id?: string;
      readonly members: readonly (readonly [UserId, Role])[];
      readonly title: string | null;
      readonly meta: Readonly<Record<string, unknown>> | null;
      readonly open: boolean;
      readonly wholeHistory: boolean;
    },
  ): Promise<{ readonly row: InboxRow; readonly made: boolean }>;
  inbox(user: UserId, cursor: string | null, limit: number | undefined): Promise<Omit<InboxFrame, "t" | "id">>;
  row(user: UserId, c: string): Promise<InboxRow | null>;
  members(
    user: UserId,
    c: string,
    cursor: string | null,
    limit: number,
  ): Promise<{
    readonly members: readonly (readonly [UserId, Role])[];
    readonly cursor: string;
    readonly more: boolean;
  }>;
  changeMembers(
    user: UserId,
    c: string,
    changes: readonly (readonly [UserId, Role | null])[],
  ): Promise<InboxRow | null>;
  send(user: UserId, draft: Omit<SendFrame, "t">): Promise<SentFrame>;
  fetch(
    user: UserId,
    request: {
      readonly c: string;
      readonly after?: number;
      readonly before?: number;
      readonly around?: number;
      readonly re?: number;
      readonly limit?: number;
    },
  ): Promise<EventsFrame>;
}

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

interface Call {
  readonly user: UserId;
  readonly request: Request;
  readonly url: URL;
  /** The path's variable parts, in order. */
  readonly parts: readonly string[];
}

type Route = readonly [
  method: string,
  pattern: readonly (string | typeof VARIABLE)[],
  run: (api: HttpApi, call: Call) => Promise<Response>,
];

const VARIABLE = Symbol("variable");
const MEMBERS_LIMIT = 100;

const ROUTES: readonly Route[] = [
  ["POST", ["conversations"], (api, call) => api.create(call)],
  ["GET", ["conversations"], (api, call) => api.inbox(call)],
  ["GET", ["conversations", VARIABLE], (api, call) => api.row(call)],
  ["GET", ["conversations", VARIABLE, "members"], (api, call) => api.members(call)],
  ["POST", ["conversations", VARIABLE, "members"], (api, call) => api.addMembers(call)],
  ["PUT", ["conversations", VARIABLE, "members", VARIABLE], (api, call) => api.putMember(call)],
  ["DELETE", ["conversations", VARIABLE, "members", VARIABLE], (api, call) => api.removeMember(call)],
  ["GET", ["conversations", VARIABLE, "messages"], (api, call) => api.messages(call)],
  ["POST", ["conversations", VARIABLE, "messages"], (api, call) => api.send(call)],
];

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
      return await run(this, { user, request, url, parts });
    } catch (error) {
      if (!(error instanceof Error) || error.name !== "ChatError") {
        this.#house.logger.error({ name: error instanceof Error ? error.name : typeof error }, "request failed");
      }
      return problem(error);
    }
  }

  async create({ user, request }: Call): Promise<Response> {
    const { history, ...wanted } = await readBody(request, creation);
    const { row, made } = await this.#house.commands.create(user, { ...wanted, wholeHistory: history === "all" });
    return json(row, made ? 201 : 200);
  }

  async inbox({ user, url }: Call): Promise<Response> {
    const { cursor, limit } = readQuery(url, listQuery);
    return json(await this.#house.commands.inbox(user, cursor ?? null, limit));
  }

  async row({ user, parts }: Call): Promise<Response> {
    const row = await this.#house.commands.row(user, conversationOf(parts));
    if (row === null) throw new ChatError("not_found", "unable to read conversation; no such conversation");
    return json(row);
  }

  async members({ user, parts, url }: Call): Promise<Response> {
    const { cursor, limit } = readQuery(url, listQuery);
    const rows = Math.min(limit ?? MEMBERS_LIMIT, LIMITS.pageRowsMax);
    const page = await this.#house.commands.members(user, conversationOf(parts), cursor ?? null, rows);
    return json({ members: page.members, cursor: page.cursor, more: page.more });
  }

  async addMembers({ user, parts, request }: Call): Promise<Response> {
    const { members } = await readBody(request, memberBatch);
    return this.#changed(user, conversationOf(parts), members);
  }

  async putMember({ user, parts, request }: Call): Promise<Response> {
    const { role } = await readBody(request, memberRole);
    return this.#changed(user, conversationOf(parts), [[memberOf(parts, user), role]]);
  }

  async removeMember({ user, parts }: Call): Promise<Response> {
    return this.#changed(user, conversationOf(parts), [[memberOf(parts, user), null]]);
  }

  async messages({ user, parts, url }: Call): Promise<Response> {
    const query = Object.fromEntries(
      Object.entries(readQuery(url, messagesQuery)).filter(([, value]) => value !== undefined),
    );
    const { t: _, ...page } = await this.#house.commands.fetch(user, { ...query, c: conversationOf(parts) });
    return json(page);
  }

  async send({ user, parts, request }: Call): Promise<Response> {
    const draft = await readBody(request, message);
    if (draft.body !== undefined && utf8Bytes(JSON.stringify(draft.body)) > LIMITS.bodyBytesMax) {
      throw new ChatError("too_large", `unable to send message; its body is over ${LIMITS.bodyBytesMax} bytes`);
    }
    const { t: _, ...sent } = await this.#house.commands.send(user, { ...draft, c: conversationOf(parts) });
    return json(sent, sent.dup === true ? 200 : 201);
  }

  async #changed(user: UserId, c: string, changes: readonly (readonly [UserId, Role | null])[]): Promise<Response> {
    const row = await this.#house.commands.changeMembers(user, c, changes);
    return row === null ? new Response(null, { status: 204 }) : json(row);
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

function json(value: unknown, status = 200): Response {
  return new Response(JSON.stringify(value), {
    status,
    headers: { "content-type": "application/json", "cache-control": "no-store" },
  });
}

function pathBelow(url: URL, base: string): string {
  if (!url.pathname.startsWith(`${base}/`)) throw notFound();
  return url.pathname.slice(base.length + 1);
}

function routeOf(method: string, path: string): readonly [Route[2], readonly string[]] {
  const given = path.split("/").map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      throw notFound();
    }
  });
  for (const [wanted, pattern, run] of ROUTES) {
    if (wanted !== method || pattern.length !== given.length) continue;
    if (pattern.every((part, index) => part === VARIABLE || part === given[index])) {
      return [run, given.filter((_, index) => pattern[index] === VARIABLE)];
    }
  }
  throw notFound();
}

function conversationOf(parts: readonly string[]): string {
  if (!isId(parts[0])) throw new ChatError("not_found", "unable to answer; no such conversation");
  return parts[0];
}

/** `me` is the caller. */
function memberOf(parts: readonly string[], user: UserId): UserId {
  const named = parts[1] === "me" ? user : parts[1];
  if (!isUserId(named)) throw new ChatError("invalid", "unable to change members; that is no user id");
  return named;
}
