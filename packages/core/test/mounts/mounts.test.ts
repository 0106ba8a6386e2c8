import { once } from "node:events";
import { LIMITS, SUBPROTOCOL } from "@earshot/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { ChatEngine } from "../../src/chat-engine.ts";
import { memoryStore } from "../../src/store/memory-message-store.ts";
import { HOSTS, type Host } from "./hosts.ts";
import { rawHttp, statusOf } from "./raw-http.ts";

const LISTED = "https://app.example";

describe.each(HOSTS)("mounted on $name", ({ start }) => {
  let host: Host;
  let chat: ChatEngine;

  beforeAll(async () => {
    chat = new ChatEngine({
      store: memoryStore(),
      authenticate: ({ token }) => (token === null ? null : { user: token }),
      origins: [LISTED],
    });
    await chat.start();
    host = await start(chat);
  });
  afterAll(async () => {
    await host.close();
    await chat.close();
  });

  const call = async (method: string, path: string, body?: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${host.url}${path}`, {
      method,
      headers: { authorization: "Bearer alice", "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    const json = /json/.test(response.headers.get("content-type") ?? "")
      ? (JSON.parse(text) as { code?: string })
      : null;
    return { status: response.status, headers: response.headers, text, json };
  };
  const create = (id: string, fields: object = {}) =>
    call("POST", "/chat/conversations", JSON.stringify({ kind: "group", id, members: ["bob"], ...fields }));

  it("answers the HTTP API, and leaves the host's own pages alone", async () => {
    expect((await create("c1", { title: "é👍" })).status).toBe(201);
    const sent = await call(
      "POST",
      "/chat/conversations/c1/messages",
      JSON.stringify({ id: "m1", body: { text: "hi", odd: [1e-7, null] } }),
    );
    expect(sent).toMatchObject({ status: 201, json: { seq: 2 } });
    const page = await call("GET", "/chat/conversations/c1/messages?limit=5");
    expect(page.json).toMatchObject({ head: 2 });
    expect(page.text).toContain('{"text":"hi","odd":[1e-7,null]}');
    expect((await call("GET", "/chat/conversations/c1")).json).toMatchObject({ title: "é👍" });
    expect(await call("PUT", "/chat/conversations/c1/read", JSON.stringify({ seq: 2 }))).toMatchObject({
      status: 204,
      text: "",
    });
    expect((await call("GET", "/own")).text).toBe("own");
    expect(await call("GET", "/chat/readyz")).toMatchObject({ status: 200, json: { status: "ok" } });
  });

  it("takes upgrades below it", async () => {
    const client = new WebSocket(`${host.url.replace("http", "ws")}/chat/ws`, [SUBPROTOCOL]);
    await once(client, "open");
    client.send(JSON.stringify({ t: "hello", v: 1, token: "alice", device: "d1" }));
    const [frame] = (await once(client, "message")) as [Buffer];
    expect(JSON.parse(frame.toString())).toMatchObject({ t: "welcome", user: "alice" });
    client.close();
    await once(client, "close");
  });

  it.each(["DELETE", "PUT", "POST", "PATCH"])("takes a %s without a body", async (method) => {
    await create("c2", { open: true });
    const { status } = await call(method, "/chat/conversations/c2/members/me");
    expect([200, 204, 404]).toContain(status);
  });

  it.each([
    ["5", "application/json"],
    ["null", "application/json"],
    ['"text"', "application/json"],
    ["[]", "application/json"],
    ["kind=group&id=c3", "application/x-www-form-urlencoded"],
    ['{"kind":"group"', "text/plain"],
    ["\u0000", "application/octet-stream"],
    ['{"kind":"group","meta":{"__proto__":{"x":1}}}', "application/json"],
    ['{"kind":"group","meta":{"n":1e400}}', "application/json"],
    [`{"kind":"group","meta":${'{"a":'.repeat(20)}1${"}".repeat(20)}}`, "application/json"],
  ])("refuses %s of type %s with invalid", async (body, type) => {
    expect(await call("POST", "/chat/conversations", body, { "content-type": type })).toMatchObject({
      status: 400,
      json: { code: "invalid" },
    });
  });

  it("refuses a body over 2 MiB, also one whose size nobody has said, and serves on", async () => {
    const large = `{"kind":"group","meta":{"a":"${"x".repeat(LIMITS.httpBodyBytesMax)}"}}`;
    expect(await call("POST", "/chat/conversations", large)).toMatchObject({
      status: 413,
      json: { code: "too_large" },
    });
    const chunk = `8000\r\n${"x".repeat(0x8000)}\r\n`;
    const head =
      "POST /chat/conversations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer alice\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
    expect(statusOf(await rawHttp(host.port, `${head}${chunk.repeat(80)}0\r\n\r\n`))).toBe(413);
    expect((await create("c4")).status).toBe(201);
  });

  it("keeps a connection whose body was refused unread for the next request", async () => {
    const body = "x".repeat(300_000);
    const refused = `POST /chat/conversations HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const next = "GET /chat/healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    const answer = await rawHttp(host.port, refused + next, 3_000);
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
    expect(statusOf(answer)).toBe(200);
  });

  it.each(["TRACE", "PROPFIND", "OPTIONS", "SEARCH", "QUERY"])("answers %s with what it is", async (method) => {
    const answer = await rawHttp(
      host.port,
      `${method} /chat/conversations HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    // Fastify knows not all of them, and says so by itself.
    expect([400, 404, 405]).toContain(statusOf(answer));
  });

  it("answers HEAD like GET, without a body", async () => {
    const head = await fetch(`${host.url}/chat/conversations`, {
      method: "HEAD",
      headers: { authorization: "Bearer alice" },
    });
    expect([head.status, await head.text()]).toEqual([200, ""]);
    expect((await fetch(`${host.url}/chat/nothing`, { method: "HEAD" })).status).toBe(404);
    expect((await fetch(`${host.url}/chat/sse`, { method: "HEAD" })).status).toBe(404);
  });

  it.each([
    "/chat",
    "/chat/",
    "/chat//conversations",
    "//chat/conversations",
    "/chat/%zz",
    "/chat/%00",
    "/chat/..%2f..%2fown",
    "/chat/../chat/nothing",
    "/chat/\\..\\own",
    "/chat/conversations/%2e%2e/%2e%2e",
    "/chat/[::1]:@x",
    "/chat/?",
    "/chat?x=1#y",
    "/chatter/conversations",
    "*",
    `/chat/conversations/${"c".repeat(128)}/members/${"u".repeat(128)}`,
    `/chat/${"x/".repeat(2_000)}`,
  ])("lives through the path %.40s", async (path) => {
    const answer = await rawHttp(
      host.port,
      `DELETE ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer alice\r\nConnection: close\r\n\r\n`,
    );
    // The test host without a framework answers everything that is not ours.
    expect([400, 404, 405, 200]).toContain(statusOf(answer));
    expect((await call("GET", "/chat/healthz")).status).toBe(200);
  });

  it("answers a request for a whole URL", async () => {
    const answer = await rawHttp(
      host.port,
      `GET http://chat.example/chat/conversations?limit=1 HTTP/1.1\r\nHost: chat.example\r\nAuthorization: Bearer alice\r\nConnection: close\r\n\r\n`,
    );
    // Without a framework, and on Hono, only a path is below the mount.
    expect([200, 404]).toContain(statusOf(answer));
  });

  it("S4: opens answers to a listed Origin, errors too, and answers its preflight", async () => {
    const preflight = await call("OPTIONS", "/chat/conversations/c1/messages", undefined, {
      origin: LISTED,
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization,content-type",
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-origin")).toBe(LISTED);
    expect(preflight.headers.get("access-control-allow-headers")?.split(", ")).toEqual(
      expect.arrayContaining(["authorization", "content-type", "earshot-session", "earshot-secret"]),
    );
    expect(preflight.headers.get("access-control-allow-methods")).toContain("PATCH");
    expect(Number(preflight.headers.get("access-control-max-age"))).toBeGreaterThan(0);
    for (const path of ["/chat/conversations", "/chat/nothing"]) {
      const { headers } = await call("GET", path, undefined, { origin: LISTED });
      expect(headers.get("access-control-allow-origin")).toBe(LISTED);
      expect(headers.get("access-control-allow-credentials")).toBe("true");
      expect(headers.get("access-control-expose-headers")).toContain("retry-after");
      expect(headers.get("vary")).toMatch(/\borigin\b/i);
    }
  });

  it.each(["https://evil.com", "null", "https://app.example.evil.com"])(
    "S1, S4: refuses Origin %s, its preflight too, and says which option",
    async (origin) => {
      for (const method of ["GET", "OPTIONS"]) {
        const headers = { origin, "access-control-request-method": "POST" };
        const refused = await call(method, "/chat/conversations", undefined, headers);
        expect(refused).toMatchObject({ status: 403, json: { code: "forbidden" } });
        expect(refused.text).toContain("option origins");
        if (origin !== "null") expect(refused.text).toContain(origin);
        expect(refused.headers.get("access-control-allow-origin")).toBe(null);
      }
    },
  );
});
