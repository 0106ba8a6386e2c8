import { connect, createServer, type Server, type Socket } from "node:net";

/** Which bytes arrive. */
type Weather = "fair" | "answers lost" | "silent";

/** Stands between a browser and the server, and can spoil the way between them. */
export class Relay {
  readonly #server: Server;
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  #weather: Weather = "fair";

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((near) => this.#join(near));
  }

  /** Carries to this port of 127.0.0.1, also to a server that is started there later. */
  static async to(port: number): Promise<Relay> {
    const relay = new Relay(port);
    await new Promise<void>((resolve) => relay.#server.listen(0, "127.0.0.1", resolve));
    return relay;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the relay is closed");
    return `http://127.0.0.1:${address.port}`;
  }

  /** From now on bytes are lost both ways and nothing is closed, as when a phone leaves the network. */
  silence(): void {
    this.#weather = "silent";
  }

  /** From now on what the server says is lost; what it is told arrives. */
  loseAnswers(): void {
    this.#weather = "answers lost";
  }

  /** Carries everything again. The connections that lost bytes end. */
  heal(): void {
    this.#weather = "fair";
    this.#endAll();
  }

  async close(): Promise<void> {
    this.#endAll();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(near: Socket): void {
    const far = connect(this.#target, "127.0.0.1");
    this.#carry(near, far, () => this.#weather !== "silent");
    this.#carry(far, near, () => this.#weather === "fair");
  }

  #carry(from: Socket, to: Socket, arrives: () => boolean): void {
    this.#sockets.add(from);
    from.on("data", (bytes) => {
      if (arrives()) to.write(bytes);
    });
    from.on("error", () => {
      // Its "close" follows.
    });
    from.on("close", () => {
      this.#sockets.delete(from);
      if (this.#weather !== "silent") to.destroy();
    });
  }

  #endAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
