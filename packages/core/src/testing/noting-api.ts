import { CLOSE, type InboxRow } from "@earshot/protocol";
import { HttpApi, type HttpSurroundings } from "../http/http-api.ts";
import { DEFAULT_LIMITS } from "../options.ts";
import type { PeerRequest } from "../ports/authenticate.ts";
import type { Commands } from "../ports/commands.ts";
import type { By } from "../ports/hooks.ts";
import { silentLogger } from "../system/silent-logger.ts";

export const ROW = { c: "c1", role: "owner" } as InboxRow;
export const SENT = { t: "sent", id: "m1", c: "c1", epoch: "e1", seq: 2, ord: 1, at: 5 } as const;

/** An API over commands that note how they were called. */
export function apiWith(commands: Partial<Commands> = {}, house: Partial<HttpSurroundings> = {}) {
  const calls: unknown[][] = [];
  const noting =
    <A>(name: string, answer: A) =>
    async (by: By, ...given: unknown[]): Promise<A> => {
      calls.push([name, by.user, ...given]);
      return answer;
    };
  const api = new HttpApi({
    commands: {
      create: noting("create", { id: "c1", row: ROW, made: true }),
      inbox: noting("inbox", { conversations: [ROW], cursor: "next", more: false }),
      row: noting("row", ROW),
      patch: noting("patch", ROW),
      remove: noting("remove", undefined),
      members: noting("members", {
        members: [["alice", "owner"] as const],
        cursor: "next",
        more: false,
        membersVersion: 3,
      }),
      changeMembers: noting("changeMembers", ROW),
      join: noting("join", ROW),
      ban: noting("ban", ROW),
      block: noting("block", undefined),
      presence: noting("presence", [{ user: "bob", status: "online" as const }]),
      send: noting("send", SENT),
      pin: noting("pin", ROW),
      memberState: noting("memberState", ROW),
      read: noting("read", { whatever: true }),
      receipts: noting("receipts", {
        seq: 5,
        delivered: 2,
        read: 1,
        users: [["alice", 5, 5] as const],
        cursor: "next",
        more: false,
        secret: true,
      }),
      fetch: noting("fetch", {
        t: "events" as const,
        c: "c1",
        epoch: "e1",
        head: 2,
        from: 1,
        to: 0,
        events: [],
        more: false,
      }),
      ...commands,
    },
    polls: { open: async () => null, poll: async () => null, stream: () => null },
    limits: DEFAULT_LIMITS,
    logger: silentLogger,
    see: ({ headers, remoteAddress }) => ({
      peer: { address: remoteAddress, origin: null, headers: {} } satisfies PeerRequest,
      refusal: headers["origin"] === "https://evil.com" ? "Origin https://evil.com is not one of option origins" : null,
      listed: headers["origin"] === "https://app.example" ? headers["origin"] : null,
    }),
    authenticate: async (token) => {
      if (token === "expired") return { kind: "close", close: CLOSE.expired };
      if (token === "trouble") return { kind: "close", close: CLOSE.overloaded };
      return token === null
        ? { kind: "close", close: CLOSE.unauthenticated }
        : { kind: "welcome", credentials: { user: token, claims: null } };
    },
    ask: () => 0,
    store: { ping: async () => {} },
    unreadyBecause: () => null,
    silentBecause: () => null,
    ...house,
  });
  const call = async (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = { authorization: "Bearer alice" },
  ) => {
    const init = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
    const response = await api.handle(new Request(`http://x${path}`, { method, headers, ...init }), {
      address: "192.0.2.7",
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === "" ? null : (JSON.parse(text) as Record<string, unknown>),
    };
  };
  return { api, calls, call };
}
