import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ChatEngine, houseOf } from "./chat-engine.ts";
import { chatHandler } from "./http/node-handler.ts";
import { memoryStore } from "./store/memory-message-store.ts";
import { PollClient } from "./testing/poll-client.ts";

let chat: ChatEngine;
let server: Server;
let base: string;

beforeEach(async () => {
  const authenticate = ({ token }: { readonly token: string | null }) => (token ? { user: token } : null);
  chat = new ChatEngine({ store: memoryStore(), authenticate });
  await chat.start();
  server = createServer(chatHandler(chat));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/chat`;
  await call("POST", "/conversations", { kind: "group", id: "c1", members: ["bob"] });
});

afterEach(async () => {
  await chat.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function call(method: string, path: string, body: unknown): Promise<Response> {
  const headers = { authorization: "Bearer alice", "content-type": "application/json" };
  return fetch(base + path, { method, headers, body: JSON.stringify(body) });
}

const say = (id: string, text = id): Promise<Response> =>
  call("POST", "/conversations/c1/messages", { id, body: { text } });

/** bob, welcomed over real HTTP. */
async function bobByHttp(): Promise<PollClient> {
  const bob = new PollClient(async (request) => {
    const { pathname, search } = new URL(request.url);
    const { method, headers, signal } = request;
    return fetch(base + pathname + search, {
      method,
      headers,
      signal,
      ...(method === "POST" ? { body: await request.text() } : {}),
    });
  });
  expect((await bob.hello("bob")).frames[0]).toMatchObject({ t: "welcome" });
  return bob;
}

async function until(holds: () => boolean): Promise<void> {
  for (let look = 0; look < 200 && !holds(); look++) await pause(20);
  expect(holds()).toBe(true);
}

describe("ChatEngine by polls and streams, over node:http", () => {
  it("I16: keeps for the same k what a client did not wait for", async () => {
    const bob = await bobByHttp();
    const gone = new AbortController();
    const lost = bob.poll(2, [], { signal: gone.signal });
    await pause(100);
    gone.abort();
    await expect(lost).rejects.toThrow();
    await pause(100);
    await say("m1");
    expect((await bob.poll(2)).frames).toMatchObject([{ t: "event", id: "m1" }]);
  });

  it("I16: goes on with a new stream when one is cut", async () => {
    const bob = await bobByHttp();
    const first = await bob.stream();
    await say("m1");
    await until(() => first.frames.length === 2);
    await first.cut();
    await pause(100);
    await say("m2");
    const second = await bob.stream();
    await until(() => second.frames.length === 3);
    expect(second.frames).toMatchObject([{ t: "from", n: 0 }, { id: "m1" }, { id: "m2" }]);
    await bob.poll(2, [{ t: "ack", n: 2 }, { t: "bye" }], { waits: false });
    await until(() => second.ended);
    expect(second.frames.at(-1)).toEqual({ t: "close", code: 1_000 });
    expect(houseOf(chat).gauges()).toMatchObject({ sessions: 0, outboxBytes: 0 });
  });

  it("I15: keeps little for a stream whose client does not read", async () => {
    const bob = await bobByHttp();
    const { hostname, port } = new URL(base);
    const socket = connect(Number(port), hostname);
    const headers = Object.entries(bob.headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`GET /chat/sse HTTP/1.1\r\nhost: ${hostname}:${port}\r\n${headers.join("")}\r\n`);
    await once(socket, "readable");
    socket.pause();
    let most = 0;
    for (let n = 0; n < 200; n++) {
      await say(`m${n}`, "x".repeat(20_000));
      most = Math.max(most, houseOf(chat).gauges().outboxBytes);
      if (n % 50 === 0) await bob.poll(2 + n / 50, [{ t: "ping", n: 0 }], { waits: false });
    }
    expect(most).toBeGreaterThan(500_000);
    expect(most).toBeLessThan(1_400_000);
    socket.destroy();
    const again = await bob.stream();
    await until(() => again.frames.length > 1);
    expect(again.frames.slice(0, 2)).toMatchObject([
      { t: "from", n: 0 },
      { t: "event", id: "m0" },
    ]);
    await again.cut();
  }, 30_000);
});
