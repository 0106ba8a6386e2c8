import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { afterEach, describe, expect, it } from "vitest";
import { chatRouter, type FetchHandler } from "./express.ts";

let server: Server | null = null;

afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server === null ? resolve(null) : server.close(resolve)));
  server = null;
});

/** What a request looked like by the time that the engine saw it. */
interface Seen {
  readonly method: string;
  readonly path: string;
  readonly text: string;
  readonly address: string | undefined;
  readonly base: string | undefined;
  readonly header: string | null;
}

/** An Express app with the engine below /chat, which says what it saw. */
async function appWith(before: (app: express.Express) => void = () => {}, answer?: FetchHandler) {
  const chat: FetchHandler = answer ?? {
    fetch: async (request, { address, base }) => {
      const { pathname, search } = new URL(request.url);
      const seen: Seen = {
        method: request.method,
        path: pathname + search,
        text: await request.text(),
        address,
        base,
        header: request.headers.get("x-tenant"),
      };
      return new Response(JSON.stringify(seen), {
        status: 201,
        headers: { "content-type": "application/json", "x-answer": "yes" },
      });
    },
  };
  const app = express();
  before(app);
  app.use("/chat", chatRouter(chat));
  app.get("/page", (_request, response) => {
    response.send("the host's own page");
  });
  app.use((_error: unknown, _request: express.Request, response: express.Response, _next: express.NextFunction) => {
    response.status(599).send("the host's own handler");
  });
  server = createServer(app);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const call = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(url + path, {
      headers: { "content-type": "application/json", "x-tenant": "7" },
      ...init,
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, seen: () => JSON.parse(text) as Seen };
  };
  return { call, url };
}

describe("chatRouter", () => {
  it("hands over requests below its mount, as they are, and gives the answer back", async () => {
    const { call } = await appWith();
    const { status, headers, seen } = await call("/chat/conversations/c%201?limit=3&cursor=%3D", { method: "GET" });
    expect(status).toBe(201);
    expect(headers.get("x-answer")).toBe("yes");
    expect(seen()).toEqual({
      method: "GET",
      path: "/conversations/c%201?limit=3&cursor=%3D",
      text: "",
      address: "127.0.0.1",
      base: "",
      header: "7",
    });
  });

  const body = JSON.stringify({ id: "m1", body: { text: "é👍" } });

  it.each([
    ["a body that nobody has read", () => {}],
    ["a body that express.json() has parsed", (app: express.Express) => app.use(express.json())],
    ["a body that express.text() has read", (app: express.Express) => app.use(express.text({ type: "*/*" }))],
    ["a body that express.raw() has read", (app: express.Express) => app.use(express.raw({ type: "*/*" }))],
  ])("takes %s", async (_, before) => {
    const { call } = await appWith((app) => {
      before(app);
    });
    const { seen } = await call("/chat/conversations", { method: "POST", body });
    expect(JSON.parse(seen().text)).toEqual(JSON.parse(body));
  });

  it.each([
    ["no parser", () => {}],
    ["express.json()", (app: express.Express) => app.use(express.json())],
  ])("takes an empty body behind %s", async (_, before) => {
    const { call } = await appWith((app) => {
      before(app);
    });
    for (const method of ["DELETE", "PUT", "POST"]) {
      expect((await call("/chat/conversations/c1/members/me", { method })).status).toBe(201);
    }
  });

  it("leaves the host's own pages alone", async () => {
    const { call } = await appWith();
    expect((await call("/page")).text).toBe("the host's own page");
  });

  it("gives an answer without a body", async () => {
    const { call } = await appWith(undefined, { fetch: async () => new Response(null, { status: 204 }) });
    expect(await call("/chat/conversations/c1/members/me", { method: "DELETE" })).toMatchObject({
      status: 204,
      text: "",
    });
  });

  it("lets the host's own handler see what nobody foresaw", async () => {
    const { call } = await appWith(undefined, { fetch: () => Promise.reject(new Error("broken")) });
    expect(await call("/chat/conversations")).toMatchObject({ status: 599, text: "the host's own handler" });
  });

  it("answers before a body is whole that is too large, and serves on", async () => {
    const { call } = await appWith(undefined, {
      fetch: async (request) => {
        let bytes = 0;
        for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) {
          bytes += chunk.byteLength;
          if (bytes > 100_000) return new Response("too large", { status: 413 });
        }
        return new Response("fits");
      },
    });
    const large = await call("/chat/conversations", { method: "POST", body: "x".repeat(3_000_000) }).then(
      ({ status }) => status,
      // The peer may see its upload cut off first.
      () => 413,
    );
    expect(large).toBe(413);
    expect(await call("/chat/conversations", { method: "POST", body: "x" })).toMatchObject({
      status: 200,
      text: "fits",
    });
  });

  it("says what is wrong where a body was read in front of it and is gone", async () => {
    const { call } = await appWith((app) =>
      app.use((request, _response, next) => {
        request.resume().on("end", () => next());
      }),
    );
    const lost = await call("/chat/conversations", { method: "POST", body });
    expect(lost).toMatchObject({ status: 400 });
    expect(lost.text).toContain("req.body");
    expect((await call("/chat/conversations", { method: "POST" })).status).toBe(201);
  });

  it.each([
    ["a number that JSON has not", { n: Number.POSITIVE_INFINITY }],
    ["a bigint", { n: 1n }],
    ["a function", () => {}],
    ["a circle", circle()],
  ])("refuses a body that was parsed into %s", async (_, parsed) => {
    const { call } = await appWith((app) =>
      app.use(express.json(), (request, _response, next) => {
        request.body = parsed;
        next();
      }),
    );
    const refused = await call("/chat/conversations", { method: "POST", body });
    expect(refused).toMatchObject({ status: 400 });
    expect(refused.text).toContain('"code":"invalid"');
  });

  it("keeps what the host's middleware says that its answers vary by", async () => {
    const { call } = await appWith((app) => app.use((_request, response, next) => next(void response.vary("cookie"))), {
      fetch: async () => new Response("x", { headers: { vary: "origin" } }),
    });
    expect((await call("/chat/conversations")).headers.get("vary")).toBe("cookie, origin");
  });

  it("writes nothing where the host has answered in the meantime", async () => {
    let cancelled = false;
    const late = new ReadableStream({
      cancel() {
        cancelled = true;
      },
    });
    const { call } = await appWith(
      (app) =>
        app.use((_request, response, next) => {
          next();
          response.status(503).send("too late");
        }),
      { fetch: async () => new Response(late) },
    );
    expect(await call("/chat/conversations")).toMatchObject({ status: 503, text: "too late" });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(cancelled).toBe(true);
  });

  it("tells whether a request came by TLS", async () => {
    const { call } = await appWith(undefined, { fetch: async ({ url }) => new Response(new URL(url).protocol) });
    expect((await call("/chat/conversations")).text).toBe("http:");
  });
});

function circle(): object {
  const self: Record<string, unknown> = {};
  self["self"] = self;
  return self;
}
