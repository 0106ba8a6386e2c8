import { request as askServer, createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";

export interface Gateway {
  readonly port: number;
  /** The gateway's name, which begins the ids of its sessions. */
  readonly node: string;
}

/**
 * A balancer as adopters have one: everything in turn, but requests with the header `earshot-session` to the
 * gateway that it names. Upgrades need no stickiness.
 */
export class Balancer {
  readonly #gateways: readonly Gateway[];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #turn = 0;
  /** Whether it heeds the header. */
  sticky = true;

  private constructor(gateways: readonly Gateway[]) {
    this.#gateways = gateways;
    this.#server = createServer((request, response) => this.#pass(request, response));
    this.#server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) =>
      this.#join(request, socket, head),
    );
  }

  static async before(...gateways: readonly Gateway[]): Promise<Balancer> {
    const balancer = new Balancer(gateways);
    await new Promise<void>((resolve) => balancer.#server.listen(0, "127.0.0.1", resolve));
    return balancer;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the balancer is closed");
    return `http://127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #gatewayOf({ headers }: IncomingMessage): Gateway {
    const session = headers["earshot-session"];
    const named = this.#gateways.find(({ node }) => typeof session === "string" && session.startsWith(`s_${node}_`));
    if (named !== undefined && this.sticky) return named;
    this.#turn += 1;
    return this.#gateways[this.#turn % this.#gateways.length] as Gateway;
  }

  #pass(request: IncomingMessage, response: ServerResponse): void {
    const { port } = this.#gatewayOf(request);
    const { method, url, headers } = request;
    const asked = askServer({ port, host: "127.0.0.1", method, path: url, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    asked.on("error", () => response.destroy());
    response.on("close", () => asked.destroy());
    request.pipe(asked);
  }

  #join(request: IncomingMessage, near: Socket, head: Buffer): void {
    const far = connect(this.#gatewayOf(request).port, "127.0.0.1", () => {
      const lines = Object.entries(request.headers).map(([name, value]) => `${name}: ${String(value)}\r\n`);
      far.write(`${request.method} ${request.url} HTTP/1.1\r\n${lines.join("")}\r\n`);
      far.write(head);
      near.pipe(far).pipe(near);
    });
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
  }
}
