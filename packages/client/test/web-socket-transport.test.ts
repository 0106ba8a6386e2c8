import { afterEach, describe, expect, it } from "vitest";
import type { TransportListener } from "../src/ports/transport.ts";
import { webSocketTransport } from "../src/transport/web-socket-transport.ts";

/** As much of the `ws` server as is used here: its types would bring Node's into every file of this package. */
interface Peer {
  readonly protocol: string;
  send(message: string | Uint8Array): void;
  close(code: number): void;
  terminate(): void;
  on(event: "message", listener: (message: { toString(): string }) => void): void;
  on(event: "close", listener: (code: number) => void): void;
}
interface Server {
  address(): { readonly port: number };
  on(event: "listening" | "connection", listener: (peer: Peer) => void): void;
  close(): void;
}
const { WebSocketServer }: { WebSocketServer: new (options: object) => Server } = await import("ws" as string);

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function serve(onPeer: (peer: Peer) => void): Promise<string> {
  const server = new WebSocketServer({
    host: "127.0.0.1",
    port: 0,
    handleProtocols: (offered: Set<string>) => [...offered][0],
  });
  servers.push(server);
  server.on("connection", onPeer);
  await new Promise<void>((resolve) => server.on("listening", () => resolve()));
  return `ws://127.0.0.1:${server.address().port}/chat/ws`;
}

/** Records what a connection tells, and lets a test wait for it. */
function recorder() {
  const heard: string[] = [];
  const waiting: (() => void)[] = [];
  const hear = (what: string): void => {
    heard.push(what);
    for (const each of waiting.splice(0)) each();
  };
  const listener: TransportListener = {
    onOpen: () => hear("open"),
    onText: (text) => hear(`text ${text}`),
    onClose: (code) => hear(`close ${code}`),
  };
  const until = async (what: string): Promise<void> => {
    while (!heard.includes(what)) await new Promise<void>((resolve) => waiting.push(resolve));
  };
  return { heard, listener, until };
}
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe("webSocketTransport", () => {
  it("offers the subprotocol, carries text both ways, and hears the other side's close code", async () => {
    const { heard, listener, until } = recorder();
    const url = await serve((peer) => {
      peer.send(new Uint8Array([1, 2, 3]));
      peer.send(peer.protocol);
      peer.on("message", (message) => {
        peer.send(`${message} ü`);
        peer.close(4001);
      });
    });
    const connection = webSocketTransport(url, listener);
    connection.send("too early");
    expect(heard).toEqual([]);
    await until("text earshot.v1");
    connection.send("hello");
    await until("close 4001");
    connection.send("too late");
    connection.close(1000);
    expect(heard).toEqual(["open", "text earshot.v1", "text hello ü", "close 4001"]);
  });

  it("hears 1006 when a connection breaks, or never comes about", async () => {
    const broken = recorder();
    webSocketTransport(await serve((peer) => peer.terminate()), broken.listener);
    await broken.until("close 1006");
    const refused = recorder();
    webSocketTransport("ws://127.0.0.1:1/ws", refused.listener);
    await refused.until("close 1006");
    expect(refused.heard).toEqual(["close 1006"]);
  });

  it("ends with its own code, and hears nothing more", async () => {
    const { heard, listener, until } = recorder();
    const codes: number[] = [];
    const url = await serve((peer) => {
      peer.on("close", (code) => codes.push(code));
      peer.send("first");
    });
    const connection = webSocketTransport(url, listener);
    await until("text first");
    connection.close(4500);
    connection.close(1000);
    while (codes.length === 0) await pause(5);
    await pause(20);
    expect([codes, heard]).toEqual([[4500], ["open", "text first"]]);
  });

  it("ends before it has opened", async () => {
    const { heard, listener } = recorder();
    webSocketTransport(await serve(() => {}), listener).close(1000);
    await pause(50);
    expect(heard).toEqual([]);
  });
});
