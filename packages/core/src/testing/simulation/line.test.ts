import { describe, expect, it } from "vitest";
import type { Connection, ConnectionListener, EncodedFrames } from "../../ports/transport.ts";
import { SeededRandom } from "../seeded-random.ts";
import { FrameFilter } from "./frame-filter.ts";
import type { GatewayLife } from "./gateway-life.ts";
import { Line } from "./line.ts";
import { NodeClock } from "./node-clock.ts";
import { Path } from "./path.ts";
import { SimulatedTime } from "./time.ts";

const REQUEST = { address: "192.0.2.1", origin: null, headers: {} };

/** One connection with both ends in the test's hands. */
class Scene {
  readonly time = new SimulatedTime();
  readonly path: Path;
  readonly device = new NodeClock(this.time);
  readonly gateway = new NodeClock(this.time);
  readonly atGateway: string[] = [];
  readonly atClient: string[] = [];
  readonly line: Line;
  end: Connection | null = null;
  drained = 0;

  constructor(seed = 1) {
    this.path = new Path(this.time, new SeededRandom(seed));
    const listener: ConnectionListener = {
      onText: (text) => this.atGateway.push(text),
      onBinary: () => {},
      onControl: () => {},
      onLife: () => {},
      onDrain: () => this.drained++,
      onStream: () => {},
      onClose: (code, clean) => this.atGateway.push(`closed ${code} ${clean}`),
    };
    const life = {
      clock: this.gateway,
      closed: false,
      name: "n1#1",
      accept: (connection: Connection) => {
        this.end = connection;
        return listener;
      },
    } as unknown as GatewayLife;
    const random = new SeededRandom(seed);
    this.line = new Line({
      ...{ time: this.time, request: REQUEST, device: this.device, life, path: this.path },
      filter: new FrameFilter(this.path, () => random.float()),
      client: {
        onOpen: () => this.atClient.push("open"),
        onText: (text) => this.atClient.push(text),
        onClose: (code) => this.atClient.push(`closed ${code}`),
      },
      over: () => {},
    });
    this.line.begin();
  }

  static async open(seed?: number): Promise<Scene> {
    const scene = new Scene(seed);
    await scene.pass(2_000);
    expect(scene.atClient).toEqual(["open"]);
    scene.atClient.length = 0;
    return scene;
  }

  pass(ms: number): Promise<void> {
    return this.time.run(this.time.now + ms);
  }

  down(...texts: string[]): void {
    this.end?.send({ texts, bytes: texts.join("").length, prepared: null } satisfies EncodedFrames);
  }
}

const texts = (count: number, of = "x"): string[] => Array.from({ length: count }, (_, no) => `${of}${no}`);

describe("Line", () => {
  it("keeps the order both ways, whatever each piece takes", async () => {
    const scene = await Scene.open();
    scene.path.slow.begin(60_000, null, () => {});
    for (const text of texts(50)) {
      scene.line.write(text);
      scene.down(text);
      await scene.pass(3);
    }
    await scene.pass(10_000);
    expect(scene.atGateway).toEqual(texts(50));
    expect(scene.atClient).toEqual(texts(50));
  });

  it("brings what was written before a close, then the close, and its echo", async () => {
    const scene = await Scene.open();
    scene.down("last");
    scene.end?.close(4001, "");
    scene.down("too late");
    await scene.pass(2_000);
    expect(scene.atClient).toEqual(["last", "closed 4001"]);
    expect(scene.atGateway).toEqual(["closed 4001 false"]);
    expect(scene.line.over).toBe(true);
  });

  it("takes a client's close for a goodbye", async () => {
    const scene = await Scene.open();
    scene.line.write("bye");
    scene.line.leave(1000);
    await scene.pass(2_000);
    expect(scene.atGateway).toEqual(["bye", "closed 1000 true"]);
    expect(scene.atClient).toEqual([]);
  });

  it("says that there is room again, also when a full turn is taken at once", async () => {
    const scene = await Scene.open();
    scene.down("x".repeat(3_000));
    await scene.pass(1_000);
    expect(scene.drained).toBe(0);
    scene.down("x".repeat(10_000));
    expect(scene.end?.bufferedBytes).toBe(10_000);
    await scene.pass(1_000);
    expect([scene.end?.bufferedBytes, scene.drained]).toEqual([0, 1]);
  });

  it("F11: tells both ends when it is cut, and loses what was on its way", async () => {
    const scene = await Scene.open();
    scene.line.write("lost");
    await scene.time.run(scene.time.now + 0);
    scene.line.cut(true);
    await scene.pass(2_000);
    expect(scene.atGateway).toEqual(["closed 1006 false"]);
    expect(scene.atClient).toEqual(["closed 1006"]);
  });

  it("F12: tells one end alone when it is half closed, and nothing passes any more", async () => {
    const scene = await Scene.open();
    scene.line.halfClose("gateway");
    scene.line.write("into the void");
    await scene.pass(60_000);
    expect(scene.atGateway).toEqual(["closed 1006 false"]);
    expect(scene.atClient).toEqual([]);
  });

  it("F13: a silence keeps what TCP keeps, or is the end of what was written in it; neither end is told", async () => {
    const outcomes = new Set<string>();
    for (let seed = 1; seed <= 12; seed++) {
      const scene = await Scene.open(seed);
      let fired = 0;
      scene.path.silence(["up", "down"], 5_000, () => fired++);
      expect(fired).toBe(0);
      scene.line.write("up");
      scene.down("down");
      await scene.pass(4_990);
      expect([scene.atGateway, scene.atClient]).toEqual([[], []]);
      expect(fired).toBe(1);
      await scene.pass(5_000);
      scene.line.write("after");
      await scene.pass(2_000);
      outcomes.add([...scene.atGateway, ...scene.atClient].join());
    }
    expect([...outcomes].sort()).toEqual(["", "up,after,down"]);
  });

  it("F14: a silence one way leaves the other way open", async () => {
    const scene = await Scene.open();
    scene.path.silence(["down"], 5_000, () => {});
    scene.line.write("up");
    scene.down("down");
    await scene.pass(3_000);
    expect([scene.atGateway, scene.atClient]).toEqual([["up"], []]);
  });

  it("F7: what a slow reader does not take is buffered, and the gateway is told when it is taken", async () => {
    const scene = await Scene.open();
    scene.path.slowReader(3_000, () => {});
    for (let written = 0; written < 20; written++) {
      scene.down("x".repeat(1_000));
      await scene.pass(1);
    }
    expect(scene.end?.bufferedBytes).toBeGreaterThan(10_000);
    expect(scene.drained).toBe(0);
    await scene.pass(5_000);
    expect(scene.atClient).toHaveLength(20);
    expect(scene.end?.bufferedBytes).toBe(0);
    expect(scene.drained).toBe(1);
  });

  it("gives the gateway nothing while it does not read, and then everything", async () => {
    const scene = await Scene.open();
    scene.end?.pause();
    scene.line.write("a");
    await scene.pass(1_000);
    scene.line.write("b");
    scene.line.leave(1000);
    await scene.pass(1_000);
    expect(scene.atGateway).toEqual([]);
    scene.end?.resume();
    await scene.pass(10);
    expect(scene.atGateway).toEqual(["a", "b", "closed 1000 true"]);
  });

  it("closes without the client's answer when none comes", async () => {
    const scene = await Scene.open();
    scene.path.silence(["up", "down"], 60_000, () => {});
    scene.end?.close(4001, "");
    await scene.pass(5_010);
    expect(scene.atGateway).toEqual(["closed 1006 false"]);
  });

  it("F16: loses acknowledgements alone", async () => {
    const scene = await Scene.open();
    let fired = 0;
    scene.path.losesAcks.begin(1_000, null, () => fired++);
    scene.line.write('{"t":"ack","n":3}');
    scene.line.write('{"t":"ping"}');
    await scene.pass(900);
    expect(scene.atGateway).toEqual(['{"t":"ping"}']);
    expect(fired).toBe(1);
  });

  it("F17: a counted frame that comes twice comes as `again`, with its number", async () => {
    const scene = await Scene.open();
    scene.down('{"t":"event","c":"c1"}');
    await scene.pass(1_000);
    scene.path.doubles.begin(10_000, null, () => {});
    for (let written = 0; written < 20; written++) scene.down('{"t":"event","c":"c1"}');
    await scene.pass(2_000);
    const again = scene.atClient.filter((text) => text.startsWith('{"t":"again"'));
    expect(again.length).toBeGreaterThan(3);
    for (const text of again) {
      const before = scene.atClient.slice(0, scene.atClient.indexOf(text));
      const counted = before.filter((one) => one.startsWith('{"t":"event"')).length;
      expect(text).toBe(`{"t":"again","n":${counted},"frame":{"t":"event","c":"c1"}}`);
    }
  });

  it("F18: counted frames change places, and none is lost", async () => {
    const scene = await Scene.open();
    scene.path.swaps.begin(10_000, null, () => {});
    const events = texts(10, '{"t":"event","n":');
    scene.down(...events);
    await scene.pass(2_000);
    expect(scene.atClient).not.toEqual(events);
    expect([...scene.atClient].sort()).toEqual([...events].sort());
  });
});
