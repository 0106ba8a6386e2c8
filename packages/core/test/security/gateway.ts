import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { isUserId, type UserId } from "@earshot/protocol";
import { ChatEngine, houseOf } from "../../src/chat-engine.ts";
import { chatRouter } from "../../src/http/express.ts";
import type { ChatEngineOptions } from "../../src/options.ts";
import { memoryStore } from "../../src/store/memory-message-store.ts";
import { RawSocket } from "./raw-socket.ts";

/** A real engine behind a real server on the loopback; a token is the id of its user. */
export class Gateway {
  readonly chat: ChatEngine;
  readonly #server: Server;
  readonly #sockets: Socket[] = [];

  private constructor(chat: ChatEngine, server: Server) {
    this.chat = chat;
    this.#server = server;
  }

  static async start(options: Partial<ChatEngineOptions> = {}): Promise<Gateway> {
    const chat = new ChatEngine({
      store: memoryStore(),
      authenticate: ({ token }) => (isUserId(token) ? { user: token } : null),
      ...options,
    });
    await chat.start();
    const router = chatRouter(chat);
    const server = createServer((request, response) => {
      if (request.url?.startsWith("/chat/") === true) {
        request.url = request.url.slice("/chat".length);
        router(request, response, () => response.end());
      } else response.end("the host's own page");
    });
    chat.attach(server, { path: "/chat" });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new Gateway(chat, server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get gauges() {
    return houseOf(this.chat).gauges();
  }

  /** A TCP connection that has said nothing. */
  async dial(): Promise<Socket> {
    const socket = connect({ port: this.port, host: "127.0.0.1", noDelay: true });
    socket.on("error", () => {});
    this.#sockets.push(socket);
    await once(socket, "connect");
    return socket;
  }

  /** A WebSocket spoken by hand, that has said no `hello` yet. Throws what an upgrade is refused with. */
  async upgrade(headers: readonly string[] = []): Promise<RawSocket> {
    return RawSocket.open(await this.dial(), headers);
  }

  /** A welcomed session. */
  async open(user: UserId, fields: Readonly<Record<string, unknown>> = {}): Promise<RawSocket> {
    const socket = await this.upgrade();
    socket.say({ t: "hello", v: 1, token: user, device: `${user}-${Math.random().toString(36).slice(2)}`, ...fields });
    await socket.next("welcome");
    return socket;
  }

  call(user: UserId, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    return fetch(`http://127.0.0.1:${this.port}/chat${path}`, {
      method,
      headers: { authorization: `Bearer ${user}`, "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** A group; the first is its owner. */
  async group(c: string, owner: UserId, ...members: readonly UserId[]): Promise<void> {
    const response = await this.call(owner, "POST", "/conversations", { kind: "group", id: c, members });
    if (response.status !== 201) throw new Error(`unable to create ${c}; ${await response.text()}`);
  }

  /** Whether it still serves: a new client chats. */
  async serves(): Promise<boolean> {
    const user = `well-${Math.random().toString(36).slice(2)}`;
    await this.group(`${user}.c`, user);
    const socket = await this.open(user);
    socket.say({ t: "send", id: "m1", c: `${user}.c`, type: "message", body: { text: "well" } });
    const sent = await socket.next("sent");
    socket.destroy();
    return sent["seq"] === 2;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.closeAllConnections();
    this.#server.close();
    await this.chat.close();
  }
}
