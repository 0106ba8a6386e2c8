import type { GatewayFrame } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import type { Connection, ConnectionListener } from "../ports/transport.ts";
import { ConnectionPair } from "./connection-pair.ts";
import { ManualClock } from "./manual-clock.ts";

/** A gateway that notes what it is told. */
class Gateway implements ConnectionListener {
  readonly told: string[] = [];
  readonly connection: Connection;
  onText: (text: string) => void = (text) => this.told.push(text.length > 100 ? `${text.length} characters` : text);

  constructor(connection: Connection) {
    this.connection = connection;
  }

  onBinary(): void {
    this.told.push("binary");
  }
  onControl(): void {
    this.told.push("control");
  }
  onLife(): void {
    this.told.push("life");
  }
  onStream(): void {
    this.told.push("stream");
  }
  onDrain(): void {
    this.told.push("drain");
  }
  onClose(code: number, clean: boolean): void {
    this.told.push(`close ${code} ${clean}`);
  }

  say(...frames: readonly GatewayFrame[]): void {
    const texts = frames.map((frame) => JSON.stringify(frame));
    this.connection.send({ texts, bytes: texts.join("").length, prepared: null });
  }
}

function pairOf() {
  const clock = new ManualClock();
  let gateway: Gateway | undefined;
  const pair = new ConnectionPair(clock, { address: "192.0.2.9" }).open((connection) => {
    gateway = new Gateway(connection);
    return gateway;
  });
  if (gateway === undefined) throw new Error("nobody was told");
  return { clock, pair, gateway };
}

const PONG: GatewayFrame = { t: "pong", n: 1, now: 0, resume: "x" };
const lagging = (c: string): GatewayFrame => ({ t: "lagging", c: [c] });

describe("ConnectionPair", () => {
  it("carries frames both ways as JSON text, in order, at the end of the turn, and records both sides", async () => {
    const { clock, pair, gateway } = pairOf();
    expect(gateway.connection.request).toEqual({ address: "192.0.2.9", origin: null, headers: {} });
    pair.send({ t: "ping", n: 1 }, { t: "bye" });
    pair.sendBinary();
    pair.sendControl();
    gateway.say(PONG, lagging("c1"));
    expect([gateway.told, pair.received]).toEqual([[], []]);
    await clock.settle();
    expect(gateway.told).toEqual(['{"t":"ping","n":1}', '{"t":"bye"}', "binary", "control"]);
    expect(pair.received).toEqual([PONG, lagging("c1")]);
    expect(pair.fromClient).toEqual(['{"t":"ping","n":1}', '{"t":"bye"}']);
    expect(pair.fromGateway).toEqual([JSON.stringify(PONG), JSON.stringify(lagging("c1"))]);
  });

  it("gives the client a frame of its own, not the gateway's", async () => {
    const { clock, pair, gateway } = pairOf();
    const frame = lagging("é👍");
    gateway.say(frame);
    await clock.settle();
    expect(pair.received[0]).toEqual(frame);
    expect(pair.received[0]).not.toBe(frame);
  });

  it("holds what a gateway does not read, but not what one read had taken already", async () => {
    const { clock, pair, gateway } = pairOf();
    gateway.onText = (text) => {
      gateway.told.push(text.slice(0, 1));
      gateway.connection.pause();
    };
    for (const text of ["a", "b", `c${"x".repeat(70_000)}`, "d"]) pair.sendText(text);
    await clock.settle();
    expect(gateway.told).toEqual(["a", "b", "c"]);
    expect(pair.gatewayReads).toBe(false);
    gateway.connection.resume();
    await clock.settle();
    expect(gateway.told).toEqual(["a", "b", "c", "d"]);
  });

  it("keeps in the gateway's buffers what the client does not read, and says when it was taken", async () => {
    const { clock, pair, gateway } = pairOf();
    pair.stopReading();
    const long = lagging("x".repeat(50_000));
    for (let sent = 0; sent < 3; sent++) {
      gateway.say(long);
      await clock.settle();
    }
    expect(gateway.connection.bufferedBytes).toBe(3 * JSON.stringify(long).length);
    expect(pair.received).toEqual([]);
    pair.startReading();
    await clock.settle();
    expect(gateway.connection.bufferedBytes).toBe(0);
    expect(pair.received).toHaveLength(3);
    expect(gateway.told).toEqual(["drain"]);
  });

  it("says nothing of a drain where little had waited", async () => {
    const { clock, gateway } = pairOf();
    gateway.say(PONG);
    await clock.settle();
    expect(gateway.told).toEqual([]);
  });

  it.each([
    [1000, "close 1000 true"],
    [1001, "close 1001 true"],
    [1005, "close 1005 true"],
    [4000, "close 4000 false"],
  ])("tells the gateway of the client's close: %i", async (code, told) => {
    const { clock, pair, gateway } = pairOf();
    pair.send({ t: "bye" });
    pair.close(code);
    pair.send({ t: "ping", n: 1 });
    await clock.settle();
    expect(gateway.told).toEqual(['{"t":"bye"}', told]);
    expect(pair.closed).toMatchObject({ code });
    gateway.say(PONG);
    await clock.settle();
    expect(pair.received).toEqual([]);
  });

  it("tells the client of the gateway's close, after what was written before, and the gateway of its end, once", async () => {
    const { clock, pair, gateway } = pairOf();
    gateway.say(PONG);
    gateway.connection.close(4000, "slow consumer");
    gateway.say(lagging("c1"));
    gateway.connection.close(4001, "draining");
    await clock.settle();
    expect(pair.received).toEqual([PONG]);
    expect(pair.closed).toEqual({ code: 4000, reason: "slow consumer" });
    expect(gateway.told).toEqual(["close 4000 false"]);
    pair.cut();
    await clock.advance(10_000);
    expect(gateway.told).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  it("gives up after 5 s on a client that never reads the gateway's close", async () => {
    const { clock, pair, gateway } = pairOf();
    pair.stopReading();
    gateway.connection.close(4000, "slow consumer");
    await clock.advance(4_999);
    expect(gateway.told).toEqual([]);
    await clock.advance(1);
    expect(gateway.told).toEqual(["close 1006 false"]);
    pair.startReading();
    await clock.settle();
    expect(pair.closed).toMatchObject({ code: 4000 });
    expect(gateway.told).toHaveLength(1);
  });

  it("loses what was on its way when it is cut, and tells both ends", async () => {
    const { clock, pair, gateway } = pairOf();
    pair.send({ t: "bye" });
    gateway.say(PONG);
    pair.cut();
    await clock.settle();
    expect(gateway.told).toEqual(["close 1006 false"]);
    expect(pair.received).toEqual([]);
    expect(pair.closed).toMatchObject({ code: 1006 });
    expect(pair.fromGateway).toHaveLength(1);
  });

  it("loses everything and tells nobody when it is half open", async () => {
    const { clock, pair, gateway } = pairOf();
    pair.halfOpen();
    pair.send({ t: "ping", n: 0 });
    gateway.say(PONG);
    await clock.advance(60_000);
    expect([gateway.told, pair.received, pair.closed]).toEqual([[], [], null]);
    gateway.connection.close(4002, "silent");
    await clock.advance(5_000);
    expect(gateway.told).toEqual(["close 1006 false"]);
    expect(pair.closed).toBe(null);
  });

  it("throws at what is no frame: no client could read it", async () => {
    const { clock, gateway } = pairOf();
    gateway.connection.send({ texts: ["[]"], bytes: 2, prepared: null });
    await expect(clock.settle()).rejects.toThrow("no frame");
  });
});
