import { ChatError, CLOSE, type InboxRow, LIMITS } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import type { PeerRequest } from "../ports/authenticate.ts";
import { silentLogger } from "../system/silent-logger.ts";
import { HttpApi, type HttpCommands, type HttpSurroundings } from "./http-api.ts";

const ROW = { c: "c1", role: "owner" } as InboxRow;
const SENT = { t: "sent", id: "m1", c: "c1", epoch: "e1", seq: 2, ord: 1, at: 5 } as const;

/** An API over commands that note how they were called. */
function apiWith(commands: Partial<HttpCommands> = {}, house: Partial<HttpSurroundings> = {}) {
  const calls: unknown[][] = [];
  const noting =
    <A>(name: string, answer: A) =>
    async (...given: unknown[]): Promise<A> => {
      calls.push([name, ...given]);
      return answer;
    };
  const api = new HttpApi({
    commands: {
      create: noting("create", { row: ROW, made: true }),
      inbox: noting("inbox", { conversations: [ROW], cursor: "next", more: false }),
      row: noting("row", ROW),
      members: noting("members", {
        members: [["alice", "owner"] as const],
        cursor: "next",
        more: false,
        membersVersion: 3,
      }),
      changeMembers: noting("changeMembers", ROW),
      send: noting("send", SENT),
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
    logger: silentLogger,
    see: (headers, address) => ({
      peer: { address, origin: null, headers: {} } satisfies PeerRequest,
      originAllowed: headers.get("origin") !== "https://evil.com",
    }),
    authenticate: async (token) => {
      if (token === "expired") return { kind: "close", close: CLOSE.expired };
      if (token === "trouble") return { kind: "close", close: CLOSE.overloaded };
      return token === null
        ? { kind: "close", close: CLOSE.unauthenticated }
        : { kind: "welcome", credentials: { user: token } };
    },
    ready: async () => {},
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

describe("HttpApi: routes", () => {
  const fresh = { kind: "group", members: [], title: null, meta: null, open: false };
  it.each([
    ["POST", "/conversations", { kind: "group" }, ["create", "alice", { ...fresh, wholeHistory: false }], 201],
    [
      "POST",
      "/conversations",
      { kind: "group", history: "all" },
      ["create", "alice", { ...fresh, wholeHistory: true }],
      201,
    ],
    ["GET", "/conversations", undefined, ["inbox", "alice", null, undefined], 200],
    ["GET", "/conversations?cursor=abc&limit=7", undefined, ["inbox", "alice", "abc", 7], 200],
    ["GET", "/conversations/c1", undefined, ["row", "alice", "c1"], 200],
    ["GET", "/conversations/c1/members", undefined, ["members", "alice", "c1", null, 100], 200],
    [
      "GET",
      "/conversations/c1/members?limit=9999&cursor=x",
      undefined,
      ["members", "alice", "c1", "x", LIMITS.pageRowsMax],
      200,
    ],
    [
      "POST",
      "/conversations/c1/members",
      { members: ["bob", ["rita", "reader"]] },
      [
        "changeMembers",
        "alice",
        "c1",
        [
          ["bob", "member"],
          ["rita", "reader"],
        ],
      ],
      200,
    ],
    [
      "PUT",
      "/conversations/c1/members/bob",
      { role: "admin" },
      ["changeMembers", "alice", "c1", [["bob", "admin"]]],
      200,
    ],
    [
      "PUT",
      "/conversations/c1/members/a%7Cb%40c.d",
      { role: "admin" },
      ["changeMembers", "alice", "c1", [["a|b@c.d", "admin"]]],
      200,
    ],
    ["PUT", "/conversations/c1/members/me", {}, ["changeMembers", "alice", "c1", [["alice", "member"]]], 200],
    ["DELETE", "/conversations/c1/members/me", undefined, ["changeMembers", "alice", "c1", [["alice", null]]], 200],
    ["DELETE", "/conversations/c1/members/bob", undefined, ["changeMembers", "alice", "c1", [["bob", null]]], 200],
    ["GET", "/conversations/c1/messages", undefined, ["fetch", "alice", { c: "c1" }], 200],
    [
      "GET",
      "/conversations/c1/messages?after=0&limit=3",
      undefined,
      ["fetch", "alice", { c: "c1", after: 0, limit: 3 }],
      200,
    ],
    [
      "POST",
      "/conversations/c1/messages",
      { id: "m1", body: { text: "hi" } },
      ["send", "alice", { c: "c1", id: "m1", type: "message", body: { text: "hi" } }],
      201,
    ],
  ] as const)("%s %s", async (method, path, body, command, status) => {
    const { call, calls } = apiWith();
    const response = await call(method, path, body);
    expect(calls).toEqual([command]);
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.body).not.toHaveProperty("t");
  });

  it.each([
    ["GET", "/"],
    ["GET", "/nothing"],
    ["PATCH", "/conversations"],
    ["GET", "/conversations/"],
    ["GET", "/conversations/c1/"],
    ["GET", "/conversations/c1/members/bob"],
    ["GET", "/conversations/%ff"],
    ["POST", "/constructor"],
  ])("answers 404 for %s %s, and calls nothing", async (method, path) => {
    const { call, calls } = apiWith();
    expect(await call(method, path)).toMatchObject({ status: 404, body: { code: "not_found" } });
    expect(calls).toEqual([]);
  });

  it("answers below a base path, and nowhere else", async () => {
    const { api } = apiWith();
    const status = async (path: string) =>
      (
        await api.handle(new Request(`http://x${path}`, { headers: { authorization: "Bearer alice" } }), {
          base: "/chat",
        })
      ).status;
    expect(await status("/chat/conversations")).toBe(200);
    expect(await status("/conversations")).toBe(404);
    expect(await status("/chatter/conversations")).toBe(404);
  });
});

describe("HttpApi: answers", () => {
  it("says 200 for what was there already: a conversation, a message", async () => {
    const { call } = apiWith({
      create: async () => ({ row: ROW, made: false }),
      send: async () => ({ ...SENT, dup: true }),
    });
    expect((await call("POST", "/conversations", { kind: "group" })).status).toBe(200);
    expect(await call("POST", "/conversations/c1/messages", { id: "m1", body: {} })).toMatchObject({
      status: 200,
      body: { dup: true },
    });
  });

  it("says 204 to who has lost the conversation by the call", async () => {
    const { call } = apiWith({ changeMembers: async () => null });
    expect(await call("DELETE", "/conversations/c1/members/me")).toMatchObject({ status: 204, body: null });
  });

  it("S14: says 404 of a row that is none, and of an id that cannot be one", async () => {
    const { call } = apiWith({ row: async () => null });
    expect(await call("GET", "/conversations/c1")).toMatchObject({ status: 404, body: { code: "not_found" } });
    expect(await call("GET", "/conversations/a%20b")).toMatchObject({ status: 404, body: { code: "not_found" } });
  });

  it("shows of a list of members what the protocol names", async () => {
    const { call } = apiWith();
    const { body } = await call("GET", "/conversations/c1/members");
    expect(body).toEqual({ members: [["alice", "owner"]], cursor: "next", more: false });
  });

  it("answers a refusal with its code, and what nobody foresaw with 500", async () => {
    const { call } = apiWith({
      row: async () => {
        throw new ChatError("unavailable", "unable to read; the store is busy", { retryAfterMs: 700 });
      },
      inbox: async () => {
        throw new Error("secret");
      },
    });
    const busy = await call("GET", "/conversations/c1");
    expect(busy).toMatchObject({ status: 503, body: { code: "unavailable", retry: 700 } });
    expect(busy.headers.get("retry-after")).toBe("1");
    const failed = await call("GET", "/conversations");
    expect(failed).toMatchObject({ status: 500, body: { code: "internal" } });
    expect(JSON.stringify(failed.body)).not.toContain("secret");
  });
});

describe("HttpApi: bodies", () => {
  it.each([
    ["no JSON", "{", 400],
    ["a wrong shape", { id: "m1", body: "text" }, 400],
    ["a forged sender", { id: "m1", body: {}, from: "bob" }, 400],
    ["a body over 32 KiB", { id: "m1", body: { text: "x".repeat(LIMITS.bodyBytesMax) } }, 413],
    ["a request over 2 MiB", `{"id":"m1","body":{"text":"${"x".repeat(LIMITS.httpBodyBytesMax)}"}}`, 413],
  ])("refuses %s", async (_, body, status) => {
    const { call, calls } = apiWith();
    expect((await call("POST", "/conversations/c1/messages", body)).status).toBe(status);
    expect(calls).toEqual([]);
  });

  it.each([
    "/conversations?limit=0",
    "/conversations?limit=-1",
    "/conversations/c1/members?limit=x",
    "/conversations/c1/messages?limit=0",
    "/conversations/c1/messages?before=1.5",
  ])("S38: refuses the numbers of %s, as a frame's would be", async (path) => {
    const { call, calls } = apiWith();
    expect(await call("GET", path)).toMatchObject({ status: 400, body: { code: "invalid" } });
    expect(calls).toEqual([]);
  });

  it("refuses a user id that is none", async () => {
    const { call, calls } = apiWith();
    expect(await call("PUT", "/conversations/c1/members/b%20b", {})).toMatchObject({
      status: 400,
      body: { code: "invalid" },
    });
    expect(calls).toEqual([]);
  });
});

describe("HttpApi: who asks", () => {
  it.each([
    [{}, 401, undefined],
    [{ authorization: "Basic abc" }, 401, undefined],
    [{ authorization: "Bearer" }, 401, undefined],
    [{ authorization: `Bearer ${"x".repeat(LIMITS.tokenCharactersMax + 1)}` }, 401, undefined],
    [{ authorization: `Bearer ${"x".repeat(LIMITS.tokenCharactersMax)}` }, 200, undefined],
    [{ authorization: "Bearer expired" }, 401, "expired"],
    [{ authorization: "Bearer trouble" }, 503, undefined],
    [{ authorization: "bearer   alice  " }, 200, undefined],
  ] as const)("%j: %i", async (headers, status, reason) => {
    const { call } = apiWith();
    const response = await call("GET", "/conversations", undefined, headers);
    expect(response.status).toBe(status);
    if (status === 401) {
      expect(response.headers.get("www-authenticate")).toBe("Bearer");
      expect(response.body?.["reason"]).toBe(reason);
    }
    if (status === 503) expect(response.body).toHaveProperty("retry");
  });

  it("S5: takes no token from the URL", async () => {
    const { call } = apiWith();
    expect((await call("GET", "/conversations?token=alice&access_token=alice", undefined, {})).status).toBe(401);
  });

  it("S1: refuses a foreign Origin", async () => {
    const { call, calls } = apiWith();
    const headers = { authorization: "Bearer alice", origin: "https://evil.com" };
    expect(await call("GET", "/conversations", undefined, headers)).toMatchObject({
      status: 403,
      body: { code: "forbidden" },
    });
    expect(calls).toEqual([]);
  });

  it("S4: allows no other origin to read answers", async () => {
    const { call } = apiWith();
    const { headers } = await call("GET", "/conversations");
    expect(headers.get("access-control-allow-origin")).toBe(null);
  });

  it("shows the host where a request came from", async () => {
    let seen: PeerRequest | null = null;
    const { call } = apiWith(
      {},
      {
        authenticate: async (_, peer) => {
          seen = peer;
          return { kind: "close", close: CLOSE.unauthenticated };
        },
      },
    );
    await call("GET", "/conversations");
    expect(seen).toMatchObject({ address: "192.0.2.7" });
  });
});

describe("HttpApi: health", () => {
  it.each(["/healthz", "/readyz"])("answers %s without credentials", async (path) => {
    const { call } = apiWith();
    expect(await call("GET", path, undefined, {})).toMatchObject({ status: 200, body: { status: "ok" } });
    expect((await call("POST", path, {}, {})).status).toBe(404);
  });

  it.each(["/healthz", "/readyz"])("answers %s with 503 without the store", async (path) => {
    const ready = async () => {
      throw new ChatError("unavailable", "unable to serve; the store does not answer", { retryAfterMs: 1_000 });
    };
    const { call } = apiWith({}, { ready });
    expect(await call("GET", path, undefined, {})).toMatchObject({ status: 503, body: { code: "unavailable" } });
  });
});
