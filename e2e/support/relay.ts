import { connect, createServer, type Server, type Socket } from "node:net";

/**
 * Stands between a browser and the server and can go silent: bytes are swallowed both ways and nothing
 * is closed, as when a phone leaves the network.
 */
export class Relay {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;
  readonly #silence: { on: boolean };

  private constructor(port: number, server: Server, sockets: Set<Socket>, silence: { on: boolean }) {
    this.port = port;
    this.#server = server;
    this.#sockets = sockets;
    this.#silence = silence;
  }

  static async to(port: number): Promise<Relay> {
    const sockets = new Set<Socket>();
    const silence = { on: false };
    const server = createServer((near) => {
      const far = connect(port, "127.0.0.1");
      carry(near, far, silence);
      carry(far, near, silence);
      for (const socket of [near, far]) {
        sockets.add(socket);
        socket.once("close", () => sockets.delete(socket));
      }
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Relay((server.address() as { port: number }).port, server, sockets, silence);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** From now on every byte is lost; open connections stay lost for good. */
  silence(): void {
    this.#silence.on = true;
  }

  /** New connections are carried again; those that lost bytes end. */
  heal(): void {
    this.#silence.on = false;
    this.#endAll();
  }

  async close(): Promise<void> {
    this.#endAll();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #endAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

function carry(from: Socket, to: Socket, silence: { readonly on: boolean }): void {
  from.on("data", (bytes) => {
    if (!silence.on) to.write(bytes);
  });
  from.on("error", () => to.destroy());
  from.on("close", () => {
    if (!silence.on) to.destroy();
  });
}
