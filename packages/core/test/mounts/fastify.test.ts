import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { SUBPROTOCOL } from "@earshot/protocol";
import { type FastifyInstance, fastify } from "fastify";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { ChatEngine } from "../../src/chat-engine.ts";
import { chatPlugin } from "../../src/http/fastify.ts";
import { memoryStore } from "../../src/store/memory-message-store.ts";

let app: FastifyInstance;
let chat: ChatEngine;

beforeEach(async () => {
  app = fastify();
  chat = new ChatEngine({
    store: memoryStore(),
    authenticate: ({ token }) => (token === null ? null : { user: token }),
  });
  await chat.start();
});
afterEach(async () => {
  await app.close();
  await chat.close();
});

async function connected(url: string): Promise<WebSocket> {
  const client = new WebSocket(`${url.replace("http", "ws")}/chat/ws`, [SUBPROTOCOL]);
  await once(client, "open");
  client.send(JSON.stringify({ t: "hello", v: 1, token: "alice", device: "d1" }));
  await once(client, "message");
  return client;
}

describe("chatPlugin", () => {
  it("keeps its parser and its errors inside", async () => {
    app.setErrorHandler((_error, _request, reply) => reply.code(418).send("the app's own"));
    await app.register(chatPlugin(chat), { prefix: "/chat" });
    app.post("/own", async (request) => request.body);
    const own = (payload: string, type: string) =>
      app.inject({ method: "POST", url: "/own", payload, headers: { "content-type": type } });
    expect((await own('{"a":1}', "application/json")).json()).toEqual({ a: 1 });
    expect((await own("{", "application/json")).statusCode).toBe(418);
    expect((await own("x", "image/png")).statusCode).toBe(418);
    const ours = await app.inject({
      method: "POST",
      url: "/chat/conversations",
      payload: "{}",
      headers: { "content-type": "]" },
    });
    expect(ours.statusCode).toBe(400);
    expect(ours.json()).toMatchObject({ code: "invalid" });
  });

  it("lets the app's own hooks refuse, in the app's own way", async () => {
    app.addHook("onRequest", async (request) => {
      if (request.headers["x-bad"] === "1") throw new Error("the app's own refusal");
    });
    await app.register(chatPlugin(chat), { prefix: "/chat" });
    const answer = await app.inject({ url: "/chat/healthz", headers: { "x-bad": "1" } });
    expect([answer.statusCode, answer.json()]).toMatchObject([500, { message: "the app's own refusal" }]);
  });

  it.each(["/chat", "/chat/", "/a/b"])("stands at the prefix %s", async (prefix) => {
    await app.register(chatPlugin(chat), { prefix });
    expect((await app.inject(`${prefix.replace(/\/$/, "")}/healthz`)).statusCode).toBe(200);
    expect((await app.inject("/healthz")).statusCode).toBe(404);
  });

  it("stands inside a plugin that has a prefix itself", async () => {
    await app.register(async (inner) => inner.register(chatPlugin(chat), { prefix: "/chat" }), { prefix: "/api" });
    const url = await app.listen({ port: 0, host: "127.0.0.1" });
    expect((await fetch(`${url}/api/chat/healthz`)).status).toBe(200);
    (await connected(`${url}/api`)).terminate();
  });

  it.each(["/:tenant/chat", "/*"])("does not stand at %s", async (prefix) => {
    await expect(app.register(chatPlugin(chat), { prefix })).rejects.toMatchObject({ code: "invalid" });
    app = fastify();
  });

  it("serves both addresses of localhost", async () => {
    await app.register(chatPlugin(chat), { prefix: "/chat" });
    await app.listen({ port: 0, host: "localhost" });
    for (const { family, address, port } of app.addresses() as AddressInfo[]) {
      const client = await connected(`http://${family === "IPv6" ? `[${address}]` : address}:${port}`);
      client.terminate();
    }
  });

  it("drains when Fastify closes, within the time it is given, and closes the engine", async () => {
    await app.register(chatPlugin(chat, { within: 300 }), { prefix: "/chat" });
    const client = await connected(await app.listen({ port: 0, host: "127.0.0.1" }));
    const frames: { t: string }[] = [];
    client.on("message", (content: Buffer) => frames.push(JSON.parse(content.toString()) as { t: string }));
    const from = performance.now();
    const closed = once(client, "close");
    await app.close();
    expect(performance.now() - from).toBeLessThan(2_000);
    expect((await closed)[0]).toBe(4001);
    expect(frames).toMatchObject([{ t: "drain", within: 300 }]);
    const after = await chat.fetch(new Request("http://x/conversations"));
    expect(after.status).toBe(503);
  });

  it("closes at once where nobody is", async () => {
    await app.register(chatPlugin(chat), { prefix: "/chat" });
    await app.listen({ port: 0, host: "127.0.0.1" });
    const from = performance.now();
    await app.close();
    expect(performance.now() - from).toBeLessThan(1_000);
  });
});
