import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { TcpProxy } from "@earshot/core/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

/** Answers every byte with the same one, and an end with an end. */
class Echo {
  readonly sockets = new Set<Socket>();
  readonly heard: Buffer[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    server.on("connection", (socket) => {
      this.sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => this.sockets.delete(socket));
      socket.on("data", (chunk) => {
        this.heard.push(chunk);
        socket.write(chunk);
      });
      socket.on("end", () => socket.end());
    });
  }

  static async start(): Promise<Echo> {
    const server = createServer({ allowHalfOpen: true });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Echo(server);
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the echo is gone");
    return address.port;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

class Caller {
  readonly socket: Socket;
  text = "";
  bytes = 0;
  ended = false;
  /** An error's code, or "" for a close without one; null while it is open. */
  closed: string | null = null;

  constructor(port: number) {
    this.socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    let code = "";
    this.socket.on("data", (chunk) => {
      this.bytes += chunk.length;
      this.text += chunk.toString("latin1");
    });
    this.socket.on("end", () => {
      this.ended = true;
    });
    this.socket.on("error", (error: NodeJS.ErrnoException) => {
      code = error.code ?? "?";
    });
    this.socket.on("close", () => {
      this.closed = code;
    });
  }
}

let echo: Echo;
let proxy: TcpProxy;
const callers: Caller[] = [];

beforeEach(async () => {
  echo = await Echo.start();
  proxy = await TcpProxy.to({ port: echo.port });
});

afterEach(async () => {
  for (const { socket } of callers.splice(0)) socket.destroy();
  await proxy.close();
  await echo.stop();
});

function call(): Caller {
  const caller = new Caller(proxy.port);
  callers.push(caller);
  return caller;
}

/** Until it holds, or a second has passed. */
async function until(holds: () => boolean): Promise<void> {
  await expect.poll(holds, { timeout: 1000, interval: 2 }).toBe(true);
}

async function greeted(): Promise<Caller> {
  const caller = call();
  caller.socket.write("hi");
  await until(() => caller.text === "hi");
  return caller;
}

describe("TcpProxy", () => {
  it("carries bytes both ways, in order, with backpressure, and ends as both sides end", async () => {
    const caller = call();
    const sent = Buffer.alloc(8 * 1024 * 1024, "0123456789abcdefghijklmnopqrstuvwxy");
    caller.socket.end(sent);
    await expect.poll(() => caller.ended, { timeout: 5000 }).toBe(true);
    expect(caller.bytes).toBe(sent.length);
    expect(caller.text).toBe(sent.toString("latin1"));
    await until(() => caller.closed === "" && proxy.connections === 0 && echo.sockets.size === 0);
    expect(proxy.accepted).toBe(1);
  });

  it("cut: resets what is open, and takes new connections", async () => {
    const [one, two] = [await greeted(), await greeted()];
    proxy.cut();
    await until(() => one.closed === "ECONNRESET" && two.closed === "ECONNRESET" && echo.sockets.size === 0);
    await greeted();
    expect([proxy.connections, proxy.accepted]).toEqual([1, 3]);
  });

  it("refuse: nobody new gets in, who is in stays; accept: the same port again", async () => {
    const inside = await greeted();
    proxy.refuse();
    proxy.refuse();
    const outside = call();
    await until(() => outside.closed === "ECONNREFUSED");
    inside.socket.write("!");
    await until(() => inside.text === "hi!");
    await proxy.accept();
    await greeted();
  });

  it("tells a client when nobody listens at the target", async () => {
    await echo.stop();
    const caller = call();
    await until(() => caller.closed !== null && proxy.connections === 0);
    echo = await Echo.start();
  });

  it("delay: each way waits its time, and no byte overtakes another when the delay falls", async () => {
    const caller = await greeted();
    proxy.delay({ up: 60, down: 40 });
    const from = performance.now();
    caller.socket.write("1");
    await until(() => echo.heard.length === 2);
    expect(performance.now() - from).toBeGreaterThanOrEqual(59);
    proxy.delay({ up: 0 });
    await until(() => caller.text === "hi1");
    expect(performance.now() - from).toBeGreaterThanOrEqual(98);
    proxy.delay({ up: 80, down: 0 });
    caller.socket.write("2");
    await sleep(10);
    proxy.delay({ up: 0 });
    caller.socket.write("3");
    await until(() => caller.text === "hi123");
    expect(performance.now() - from).toBeGreaterThanOrEqual(170);
  });

  it("delay: an end waits like bytes", async () => {
    const caller = await greeted();
    proxy.delay({ up: 50 });
    caller.socket.end("bye");
    await until(() => caller.ended);
    expect(caller.text).toBe("hibye");
  });

  it("delay: what waits is bounded: a fast sender is held back", async () => {
    const caller = await greeted();
    proxy.delay({ up: 10_000 });
    let written = 0;
    for (let chunk = 0; chunk < 64; chunk++) {
      caller.socket.write(Buffer.alloc(1024 * 1024), () => {
        written += 1;
      });
    }
    await sleep(300);
    // 1 MiB in the proxy, and what the kernel holds for two sockets.
    expect(written).toBeLessThan(40);
  });

  it.each(["up", "down"] as const)(
    "swallow: %s alone is lost, nothing is closed, and heal resets what lost bytes",
    async (way) => {
      const caller = await greeted();
      const idle = await greeted();
      proxy.swallow(way);
      caller.socket.write("lost?");
      await sleep(30);
      expect(Buffer.concat(echo.heard).toString()).toBe(way === "up" ? "hihi" : "hihilost?");
      expect([caller.text, caller.closed]).toEqual(["hi", null]);
      await proxy.heal();
      await until(() => caller.closed === "ECONNRESET");
      idle.socket.write("!");
      await until(() => idle.text === "hi!");
    },
  );

  it("swallow: both ways; neither an end nor a break is passed on; new connections open and hear nothing", async () => {
    const [ending, breaking] = [await greeted(), await greeted()];
    proxy.swallow();
    ending.socket.end();
    breaking.socket.resetAndDestroy();
    const later = call();
    later.socket.write("hello?");
    await sleep(30);
    expect([ending.ended, ending.closed, later.text, later.closed]).toEqual([false, null, "", null]);
    expect(echo.sockets.size).toBe(3);
    await proxy.heal();
    await until(() => echo.sockets.size === 0);
  });

  it("swallow: an end of the target's process is not passed on", async () => {
    const caller = await greeted();
    proxy.swallow("down");
    for (const socket of echo.sockets) socket.resetAndDestroy();
    await sleep(30);
    expect(caller.closed).toBe(null);
  });

  it("halfClose: one way ends after what was said, the other goes on", async () => {
    const caller = await greeted();
    for (const socket of echo.sockets) socket.removeAllListeners("end");
    proxy.halfClose("up");
    caller.socket.write("unheard");
    await sleep(20);
    for (const socket of echo.sockets) socket.write(" still here");
    await until(() => caller.text === "hi still here");
    expect(Buffer.concat(echo.heard).toString()).toBe("hi");
  });

  it("cutAt: the request arrives and is answered, and its answer is lost with the connection, once", async () => {
    const caller = await greeted();
    const other = await greeted();
    proxy.cutAt("down", (chunk) => Buffer.from(chunk).includes("COMMIT"));
    other.socket.write("SELECT");
    await until(() => other.text === "hiSELECT");
    caller.socket.write("COMMIT");
    await until(() => caller.closed === "ECONNRESET");
    expect([caller.text, Buffer.concat(echo.heard).toString().endsWith("COMMIT")]).toEqual(["hi", true]);
    other.socket.write("COMMIT");
    await until(() => other.text === "hiSELECTCOMMIT");
  });

  it("close: ends everything, may be called twice", async () => {
    const caller = await greeted();
    await proxy.close();
    await until(() => caller.closed !== null);
    await proxy.close();
    const late = call();
    await until(() => late.closed === "ECONNREFUSED");
  });
});
