import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { SUBPROTOCOL } from "@earshot/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { ChatEngine } from "../../src/chat-engine.ts";
import { memoryStore } from "../../src/store/memory-message-store.ts";
import { HOSTS } from "./hosts.ts";

let server: Server;
let chat: ChatEngine;
const clients: WebSocket[] = [];

beforeEach(async () => {
  server = createServer((_request, response) => response.end("own"));
  chat = await newChat();
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.terminate();
  await chat.close();
  server.closeAllConnections();
  if (server.listening) await new Promise((resolve) => server.close(resolve));
});

async function newChat(): Promise<ChatEngine> {
  const made = new ChatEngine({
    store: memoryStore(),
    authenticate: ({ token }) => (token === null ? null : { user: token }),
  });
  await made.start();
  return made;
}

async function listen(): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The first frame that a new client hears, or the status that it is refused with. */
async function firstOf(url: string, said: string, protocols: string[] = []): Promise<unknown> {
  const client = new WebSocket(url, protocols);
  clients.push(client);
  return new Promise((resolve) => {
    client.once("open", () => client.send(said));
    client.once("message", (content: Buffer) => resolve(content.toString()));
    client.once("unexpected-response", (_request, response) => resolve(response.statusCode));
    client.on("error", (error) => resolve(error.message));
  });
}

const HELLO = JSON.stringify({ t: "hello", v: 1, token: "alice", device: "d1" });
const hello = (url: string) => firstOf(url, HELLO, [SUBPROTOCOL]);

/** Its own WebSocket path, the usual way, which answers every other path with 400. */
function ownPath(path: string): void {
  new WebSocketServer({ server, path }).on("connection", (socket) => {
    socket.on("message", (content: Buffer) => socket.send(`own ${content.toString()}`));
  });
}

describe("chat.attach beside a WebSocket path of the host's own", () => {
  it.each(["before", "after"])("both serve, attached %s it, on connections at once and again", async (when) => {
    if (when === "before") chat.attach(server);
    ownPath("/live");
    if (when === "after") chat.attach(server);
    const url = await listen();
    for (let round = 0; round < 3; round++) {
      const [own, ours] = await Promise.all([firstOf(`${url}/live`, "hi"), hello(`${url}/chat/ws`)]);
      expect(own).toBe("own hi");
      expect(JSON.parse(String(ours))).toMatchObject({ t: "welcome" });
    }
    expect(await firstOf(`${url}/elsewhere`, "hi")).toBe(400);
  });

  it("leaves the host's path as it was when it is detached, in any order", async () => {
    ownPath("/live");
    const other = await newChat();
    const undo = chat.attach(server);
    const undoOther = other.attach(server, { path: "/other" });
    const url = await listen();
    expect(JSON.parse(String(await hello(`${url}/other/ws`)))).toMatchObject({ t: "welcome" });
    undo();
    expect(JSON.parse(String(await hello(`${url}/other/ws`)))).toMatchObject({ t: "welcome" });
    expect(await hello(`${url}/chat/ws`)).toBe(400);
    undoOther();
    expect(await hello(`${url}/other/ws`)).toBe(400);
    expect(await firstOf(`${url}/live`, "hi")).toBe("own hi");
    await other.close();
  });

  it("hears of an upgrade that somebody hands on by an older emit", async () => {
    const emit = server.emit.bind(server, "upgrade");
    chat.attach(server);
    const second = createServer();
    second.on("upgrade", emit);
    second.listen(0, "127.0.0.1");
    await once(second, "listening");
    const first = await hello(`ws://127.0.0.1:${(second.address() as AddressInfo).port}/chat/ws`);
    expect(JSON.parse(String(first))).toMatchObject({ t: "welcome" });
    for (const client of clients) client.terminate();
    second.close();
  });

  it("answers the upgrades of nobody, alone on its server, with 404", async () => {
    chat.attach(server);
    expect(await hello(`${await listen()}/nobody/ws`)).toBe(404);
  });
});

describe("chatPlugin beside @fastify/websocket", () => {
  it("takes its upgrades before it, and leaves it the rest", async () => {
    const kind = HOSTS.find(({ name }) => name.includes("websocket"));
    const host = await kind?.start(chat);
    const url = host?.url.replace("http", "ws") ?? "";
    for (let round = 0; round < 3; round++) {
      expect(JSON.parse(String(await hello(`${url}/chat/ws`)))).toMatchObject({ t: "welcome" });
      expect(await firstOf(`${url}/live`, "hi")).toBe("own hi");
      expect(await firstOf(`${url}/nothing`, "hi")).toBe(404);
    }
    for (const client of clients.splice(0)) client.terminate();
    await host?.close();
  });
});
