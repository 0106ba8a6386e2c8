import { request as askServer, createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";

/**
 * A proxy as offices have them: HTTP passes, WebSockets do not. `holdsStreams`: what is streamed it keeps until the
 * stream ends, as buffering proxies do.
 */
export class UpgradeBlocker {
  readonly #target: number;
  readonly #holdsStreams: boolean;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Upgrades that were refused. */
  upgrades = 0;
  /** Paths that were asked for, without their queries. */
  readonly paths: string[] = [];

  private constructor(target: number, holdsStreams: boolean) {
    this.#target = target;
    this.#holdsStreams = holdsStreams;
    this.#server = createServer((request, response) => this.#pass(request, response));
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    this.#server.on("upgrade", (_request: IncomingMessage, socket: Socket) => {
      this.upgrades += 1;
      socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    });
  }

  /** Stands before this port of 127.0.0.1, also before a server that is started there later. */
  static async before(port: number, { holdsStreams = false } = {}): Promise<UpgradeBlocker> {
    const blocker = new UpgradeBlocker(port, holdsStreams);
    await new Promise<void>((resolve) => blocker.#server.listen(0, "127.0.0.1", resolve));
    return blocker;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the proxy is closed");
    return `http://127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #pass(request: IncomingMessage, response: ServerResponse): void {
    const { method, url = "/", headers } = request;
    this.paths.push(url.split("?")[0] ?? url);
    const asked = askServer(
      { port: this.#target, host: "127.0.0.1", method, path: url, headers, agent: false },
      (answer) => {
        const held = this.#holdsStreams && (answer.headers["content-type"] ?? "").startsWith("text/event-stream");
        if (held) {
          const chunks: Buffer[] = [];
          answer.on("data", (chunk: Buffer) => chunks.push(chunk));
          answer.on("end", () =>
            response.writeHead(answer.statusCode ?? 502, answer.headers).end(Buffer.concat(chunks)),
          );
        } else {
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response);
        }
      },
    );
    asked.on("error", () => response.destroy());
    response.on("close", () => asked.destroy());
    request.pipe(asked);
  }
}
