import { CLOSE, LIMITS } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import type { PeerRequest } from "../ports/authenticate.ts";
import { apiWith } from "../testing/noting-api.ts";

describe("HttpApi: mounts", () => {
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

  it("S45: refuses who has asked for too much, before anything is done", async () => {
    const { call, calls } = apiWith({}, { ask: (user) => (user === "alice" ? 2_300 : 0) });
    const refused = await call("GET", "/conversations");
    expect(refused).toMatchObject({ status: 429, body: { code: "rate_limited", retry: 2_300 } });
    expect(refused.headers.get("retry-after")).toBe("3");
    expect(calls).toEqual([]);
    expect((await call("GET", "/conversations", undefined, { authorization: "Bearer bob" })).status).toBe(200);
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

  it.each(["/healthz", "/readyz"])("S3: does not look at who probes %s", async (path) => {
    const see = () => {
      throw new Error("looked at");
    };
    const { call } = apiWith({}, { see });
    expect((await call("GET", path, undefined, {})).status).toBe(200);
  });

  it.each(["/healthz", "/readyz"])("answers %s with 503 without the store", async (path) => {
    const store = { ping: () => Promise.reject(new Error("gone")) };
    const { call } = apiWith({}, { store });
    expect(await call("GET", path, undefined, {})).toMatchObject({ status: 503, body: { code: "unavailable" } });
  });

  it.each(["/healthz", "/readyz"])(
    "I22: answers %s with 503 while it leaves, and other calls as before",
    async (path) => {
      const { call } = apiWith({}, { unreadyBecause: () => "the server is leaving" });
      expect(await call("GET", path, undefined, {})).toMatchObject({ status: 503, body: { code: "unavailable" } });
      expect((await call("GET", "/conversations")).status).toBe(200);
    },
  );

  it("answers nothing while it starts or closes, and its pages elsewhere may read that", async () => {
    const closed = () => "the server is starting";
    const { call } = apiWith({}, { unreadyBecause: closed, silentBecause: closed });
    const headers = { authorization: "Bearer alice", origin: "https://app.example" };
    const answer = await call("GET", "/conversations", undefined, headers);
    expect(answer).toMatchObject({ status: 503, body: { code: "unavailable", retry: 1_000 } });
    expect(answer.headers.get("access-control-allow-origin")).toBe("https://app.example");
    const health = await call("GET", "/healthz", undefined, { origin: "https://app.example" });
    expect([health.status, health.headers.get("access-control-allow-origin")]).toEqual([503, "https://app.example"]);
  });
});
