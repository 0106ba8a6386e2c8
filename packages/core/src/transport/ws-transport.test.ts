import { once } from "node:events";
import { createServer, request as httpRequest, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { LIMITS, SUBPROTOCOL } from "@earshot/protocol";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import type { Connection, ConnectionListener } from "../ports/transport.ts";
import { systemClock } from "../system/system-clock.ts";
import { seeRequest } from "./origin.ts";
import { WsTransport, type WsTransportSurroundings } from "./ws-transport.ts";

/** The gateway's side of one connection, as a session would see it. */
class Peer implements ConnectionListener {
  readonly connection: Connection;
  readonly events: string[] = [];
  onEvent: () => void = () => {};

  constructor(connection: Connection) {
    this.connection = connection;
  }

  onText(text: string): void {
    this.#note(text.length > 100 ? `text of ${text.length}` : `text ${text}`);
  }
  onBinary(): void {
    this.#note("binary");
  }
  onControl(): void {
    this.#note("control");
  }
  onLife(): void {
    this.#note("life");
  }
  onStream(): void {
    this.#note("stream");
  }
  onDrain(): void {
    this.#note("drain");
  }
  onClose(code: number, clean: boolean): void {
    this.#note(`close ${code}${clean ? " clean" : ""}`);
  }

  #note(event: string): void {
    this.events.push(event);
    this.onEvent();
  }

  /** Resolves once an event of that beginning has come. */
  async until(beginning: string): Promise<void> {
    while (!this.events.some((event) => event.startsWith(beginning))) {
      await new Promise<void>((resolve) => {
        this.onEvent = resolve;
      });
    }
  }
}

let server: Server;
let peers: Peer[];
let clients: (WebSocket | Socket)[];

beforeEach(async () => {
  server = createServer((_request, response) => response.end("the host's own page"));
  peers = [];
  clients = [];
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});

afterEach(async () => {
  for (const client of clients) client instanceof WebSocket ? client.terminate() : client.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const port = (): number => (server.address() as AddressInfo).port;

function transportWith(differing: Partial<WsTransportSurroundings> = {}): WsTransport {
  return new WsTransport({
    see: (request) => seeRequest(request, { origins: null, trusts: () => false }),
    clock: systemClock,
    closedBecause: () => null,
    admit: () => null,
    accept: (connection) => {
      const peer = new Peer(connection);
      peers.push(peer);
      return peer;
    },
    ...differing,
  });
}

function open(
  path = "/chat/ws",
  options: WebSocket.ClientOptions = {},
  protocols: string[] = [SUBPROTOCOL],
): WebSocket {
  const client = new WebSocket(`ws://127.0.0.1:${port()}${path}`, protocols, options);
  // What went wrong is seen by the events that each test waits for.
  client.on("error", () => {});
  clients.push(client);
  return client;
}

async function connected(path?: string, options?: WebSocket.ClientOptions): Promise<{ client: WebSocket; peer: Peer }> {
  const client = open(path, options);
  await once(client, "open");
  const peer = peers.at(-1);
  if (peer === undefined) throw new Error("nobody was accepted");
  return { client, peer };
}

/** The answer to an upgrade that was refused. */
async function refusal(
  client: WebSocket,
): Promise<{ status: number; headers: IncomingMessage["headers"]; body: Record<string, unknown> }> {
  const [, response] = (await once(client, "unexpected-response")) as [unknown, IncomingMessage];
  let text = "";
  for await (const chunk of response) text += String(chunk);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: JSON.parse(text) as Record<string, unknown>,
  };
}

const framesOf = (...texts: readonly string[]) => ({ texts, bytes: texts.join("").length, prepared: null });

describe("WsTransport: upgrades", () => {
  it("takes those below its path, with the subprotocol, and shows the host the request", async () => {
    transportWith().attach(server, "/chat");
    const { client, peer } = await connected("/chat/ws?token=ignored", { headers: { "x-tenant": "7", cookie: "a=b" } });
    expect(client.protocol).toBe(SUBPROTOCOL);
    expect(client.extensions).toBe("");
    expect(peer.connection.request).toMatchObject({ address: "127.0.0.1", origin: null, headers: { "x-tenant": "7" } });
    expect(peer.connection.request.headers).not.toHaveProperty("cookie");
    for (const ofUpgrade of ["connection", "upgrade", "sec-websocket-key", "sec-websocket-version"])
      expect(peer.connection.request.headers).not.toHaveProperty(ofUpgrade);
  });

  it("takes the subprotocol among others", async () => {
    transportWith().attach(server, "/chat");
    const client = open("/chat/ws", {}, ["other.v1", SUBPROTOCOL]);
    await once(client, "open");
    expect(client.protocol).toBe(SUBPROTOCOL);
  });

  it.each([
    { what: "no subprotocol", protocols: [], status: 400, code: "invalid" },
    { what: "another subprotocol", protocols: ["earshot.v2"], status: 400, code: "invalid" },
  ])("refuses $what with $status", async ({ protocols, status, code }) => {
    transportWith().attach(server, "/chat");
    const refused = await refusal(open("/chat/ws", {}, protocols));
    expect(refused).toMatchObject({ status, body: { status, code } });
    expect(refused.headers["content-type"]).toBe("application/problem+json");
    expect(peers).toEqual([]);
  });

  it("S1: refuses a foreign Origin with 403, before the upgrade", async () => {
    transportWith().attach(server, "/chat");
    const refused = await refusal(open("/chat/ws", { origin: "https://evil.com", headers: { cookie: "session=1" } }));
    expect(refused).toMatchObject({ status: 403, body: { code: "forbidden" } });
    expect(peers).toEqual([]);
  });

  it("refuses with 503 and a wait before the engine runs, and after", async () => {
    let closed: string | null = "the server is starting";
    transportWith({ closedBecause: () => closed }).attach(server, "/chat");
    const refused = await refusal(open());
    expect(refused).toMatchObject({ status: 503, body: { code: "unavailable", detail: "the server is starting" } });
    expect(refused.headers["retry-after"]).toBe("1");
    closed = null;
    await connected();
  });

  it.each([
    ["unavailable", 503, "too many come at once"],
    ["rate_limited", 429, "too many come from one address"],
  ] as const)("S42: refuses who is not admitted: %s, %i", async (code, status, detail) => {
    const admit = vi.fn(() => ({ code, detail, retryAfterSeconds: 7 }));
    transportWith({ admit }).attach(server, "/chat");
    const refused = await refusal(open());
    expect(refused).toMatchObject({ status, headers: { "retry-after": "7" }, body: { code, detail } });
    expect(admit).toHaveBeenCalledWith("127.0.0.1");
  });

  it("charges admission for nobody who is refused anyway", async () => {
    const admit = vi.fn(() => null);
    transportWith({ admit }).attach(server, "/chat");
    await refusal(open("/chat/ws", {}, []));
    await refusal(open("/chat/ws", { origin: "https://evil.com" }));
    expect(admit).not.toHaveBeenCalled();
  });

  it("leaves other upgrades to their owners, and the host's pages alone", async () => {
    server.on("upgrade", (request: IncomingMessage, socket: Duplex) => {
      if (request.url === "/host") socket.end("HTTP/1.1 418 mine\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}");
    });
    transportWith().attach(server, "/chat");
    expect(await refusal(open("/host"))).toMatchObject({ status: 418 });
    await connected();
    const page = await fetch(`http://127.0.0.1:${port()}/chat/ws`);
    expect(await page.text()).toBe("the host's own page");
  });

  it.each(["/", "/chat", "/chat/ws/", "/chat/wsx", "/chat//ws", "/other/ws", "/chat/%77s"])(
    "is told 404 where nobody else takes it: %s",
    async (path) => {
      transportWith().attach(server, "/chat");
      expect(await refusal(open(path))).toMatchObject({ status: 404, body: { code: "not_found" } });
    },
  );

  it("serves two engines on one server, each below its path", async () => {
    const seen: string[] = [];
    for (const name of ["one", "two"]) {
      const accept = (connection: Connection) => {
        seen.push(name);
        return new Peer(connection);
      };
      transportWith({ accept }).attach(server, `/${name}`);
    }
    for (const name of ["two", "one"]) await once(open(`/${name}/ws`), "open");
    expect(seen).toEqual(["two", "one"]);
  });

  it.each(["", "/", "chat", "/chat/", "/chat?x=1", "//"])("attaches to a path alone: %j", (path) => {
    const attach = () => transportWith().attach(server, path);
    if (path === "") attach();
    else expect(attach).toThrow(expect.objectContaining({ code: "invalid", details: { field: "path" } }));
  });

  it("does not listen any longer once it is detached", async () => {
    const undo = transportWith().attach(server, "/chat");
    undo();
    expect(server.listenerCount("upgrade")).toBe(0);
  });

  it("S28: survives upgrades that are none", async () => {
    transportWith().attach(server, "/chat");
    const heads = [
      "GET /chat/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
      `GET /chat/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: ${SUBPROTOCOL}\r\n\r\n`,
      `GET /chat/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: ${SUBPROTOCOL}\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n`,
      `GET /chat/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nSec-WebSocket-Protocol: ${SUBPROTOCOL}\r\n\r\n`,
      `POST /chat/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: ${SUBPROTOCOL}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`,
      `GET /chat/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: ${",".repeat(4_000)}\r\n\r\n`,
    ];
    for (const head of heads) {
      const socket = connect(port(), "127.0.0.1");
      clients.push(socket);
      socket.write(head);
      let answer = "";
      for await (const chunk of socket) answer += String(chunk);
      expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    }
    await connected();
  });

  it("S32: survives a peer that resets while it is refused, or right after it was let in", async () => {
    transportWith().attach(server, "/chat");
    for (const protocol of ["other", SUBPROTOCOL]) {
      const socket = connect(port(), "127.0.0.1");
      clients.push(socket);
      socket.on("error", () => {});
      await once(socket, "connect");
      socket.write(
        `GET /chat/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: ${protocol}\r\n` +
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
      );
      socket.resetAndDestroy();
    }
    const { client, peer } = await connected();
    peer.connection.send(framesOf("still here"));
    const [content] = (await once(client, "message")) as [Buffer];
    expect(content.toString()).toBe("still here");
  });
});

describe("WsTransport: connections", () => {
  it("carries texts both ways, in order, and tells signs of life and binaries apart", async () => {
    transportWith().attach(server, "/chat");
    const { client, peer } = await connected();
    const received: string[] = [];
    client.on("message", (content: Buffer) => received.push(content.toString()));
    for (const text of ["a", "é👍"]) client.send(text);
    client.ping();
    client.pong();
    client.send(Buffer.from([1, 2, 3]));
    await peer.until("binary");
    expect(peer.events).toEqual(["text a", "text é👍", "control", "control", "binary"]);

    const texts = Array.from({ length: 500 }, (_, index) => `${index}:${"x".repeat(index * 10)}`);
    for (const text of texts.slice(0, 250)) peer.connection.send(framesOf(text));
    peer.connection.send(framesOf(...texts.slice(250)));
    while (received.length < 500) await once(client, "message");
    expect(received).toEqual(texts);
    expect(peer.connection.bufferedBytes).toBe(0);
  });

  it.each([
    [1000, "close 1000 clean"],
    [1001, "close 1001 clean"],
    [undefined, "close 1005 clean"],
    [4000, "close 4000"],
  ])("says how the peer closed: %s", async (code, event) => {
    transportWith().attach(server, "/chat");
    const { client, peer } = await connected();
    client.close(code);
    await peer.until("close");
    expect(peer.events).toEqual([event]);
  });

  it("says that the peer is lost", async () => {
    transportWith().attach(server, "/chat");
    const { client, peer } = await connected();
    client.terminate();
    await peer.until("close");
    expect(peer.events).toEqual(["close 1006"]);
  });

  it("writes what is queued before it closes, and nothing after", async () => {
    transportWith().attach(server, "/chat");
    const { client, peer } = await connected();
    const received: string[] = [];
    client.on("message", (content: Buffer) => received.push(content.toString()));
    peer.connection.send(framesOf("last words"));
    peer.connection.close(4000, "slow consumer");
    peer.connection.send(framesOf("too late"));
    peer.connection.close(4001, "draining");
    const [code, reason] = (await once(client, "close")) as [number, Buffer];
    expect([code, reason.toString(), received]).toEqual([4000, "slow consumer", ["last words"]]);
    await peer.until("close");
    expect(peer.events).toEqual(["close 4000"]);
  });

  it("S41: cuts a reason to 123 bytes", async () => {
    transportWith().attach(server, "/chat");
    const { client, peer } = await connected();
    peer.connection.close(4000, "x".repeat(500));
    const [code, reason] = (await once(client, "close")) as [number, Buffer];
    expect([code, reason.length]).toEqual([4000, LIMITS.closeReasonBytesMax]);
  });

  it("stops reading when told to, and reads on later, losing nothing", async () => {
    transportWith().attach(server, "/chat");
    const { client, peer } = await connected();
    peer.connection.pause();
    for (let index = 0; index < 5; index++) client.send(`${index}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(peer.events).toEqual([]);
    peer.connection.resume();
    await peer.until("text 4");
    expect(peer.events).toEqual(["text 0", "text 1", "text 2", "text 3", "text 4"]);
  });

  it("sees the peer's answer to a close although it was not reading (trap 36)", async () => {
    transportWith().attach(server, "/chat");
    const { client, peer } = await connected();
    peer.connection.pause();
    client.send("unread");
    peer.connection.close(4002, "silent");
    await once(client, "close");
    await peer.until("close");
    expect(peer.events.at(-1)).toBe("close 4002");
  });

  it("says how much a peer leaves unread, and when it has taken it", async () => {
    transportWith().attach(server, "/chat");
    const { client, peer } = await connected();
    client.pause();
    const megabyte = framesOf("x".repeat(1_000_000));
    for (let sent = 0; sent < 20; sent++) {
      peer.connection.send(megabyte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(peer.connection.bufferedBytes).toBeGreaterThan(1_000_000);
    client.resume();
    await peer.until("drain");
    expect(peer.connection.bufferedBytes).toBe(0);
  });
});

describe("WsTransport: what is no frame", () => {
  it("S19: closes with 1009 above 64 KiB, and takes 64 KiB", async () => {
    transportWith().attach(server, "/chat");
    const { client, peer } = await connected();
    client.send("x".repeat(LIMITS.frameBytesMax));
    await peer.until("text of");
    client.send("x".repeat(LIMITS.frameBytesMax + 1));
    const [code] = (await once(client, "close")) as [number];
    expect(code).toBe(1009);
    await peer.until("close");
    expect(peer.events).toEqual([`text of ${LIMITS.frameBytesMax}`, "close 1006"]);
  });

  /** Opens a connection and writes raw bytes; the close code that comes back. */
  async function closeCodeOf(bytes: Buffer): Promise<number> {
    const request = httpRequest({
      port: port(),
      host: "127.0.0.1",
      path: "/chat/ws",
      headers: {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        "sec-websocket-version": "13",
        "sec-websocket-protocol": SUBPROTOCOL,
      },
    });
    request.end();
    const [, socket] = (await once(request, "upgrade")) as [unknown, Socket];
    clients.push(socket);
    socket.write(bytes);
    const received: Buffer[] = [];
    for await (const chunk of socket) received.push(chunk as Buffer);
    const close = Buffer.concat(received);
    expect(close[0]).toBe(0x88);
    return close.readUInt16BE(2);
  }

  const masked = (opcode: number, payload: Buffer): Buffer =>
    Buffer.concat([Buffer.from([opcode, 0x80 | payload.length, 0, 0, 0, 0]), payload]);

  it.each([
    ["S30: invalid UTF-8", masked(0x81, Buffer.from([0xc3, 0x28])), 1007],
    ["S31: a reserved bit", masked(0xc1, Buffer.from("x")), 1002],
    ["S31: an unknown opcode", masked(0x83, Buffer.from("x")), 1002],
    ["S31: an unmasked frame", Buffer.from([0x81, 1, 0x78]), 1002],
    ["S31: a fragmented ping", masked(0x09, Buffer.from("x")), 1002],
    [
      "S20: a length that lies",
      Buffer.from([0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]),
      1009,
    ],
    [
      "S21: a flood of fragments",
      Buffer.concat([masked(0x01, Buffer.from("x")), ...Array(100).fill(masked(0x00, Buffer.from("x")))]),
      1008,
    ],
  ])("%s is closed with its code", async (_, bytes, code) => {
    transportWith().attach(server, "/chat");
    expect(await closeCodeOf(bytes)).toBe(code);
    // And nobody else notices.
    await connected();
  });
});

describe("WsTransport: closing", () => {
  it("takes no more upgrades, and waits for the connections that their sessions close", async () => {
    const transport = transportWith();
    transport.attach(server, "/chat");
    const { client, peer } = await connected();
    let closed = false;
    const closing = transport.close().then(() => {
      closed = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(closed).toBe(false);
    expect(server.listenerCount("upgrade")).toBe(0);
    peer.connection.close(1001, "going away");
    await once(client, "close");
    await closing;
  });

  it("is closed at once without connections", async () => {
    await transportWith().close();
  });
});
