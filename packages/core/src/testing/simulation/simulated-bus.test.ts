import { describe, expect, it } from "vitest";
import type { Bus, Envelope, Topic } from "../../ports/bus.ts";
import { SeededRandom } from "../seeded-random.ts";
import type { CrashPoint } from "./fault.ts";
import { NodeClock } from "./node-clock.ts";
import { SimulatedBus } from "./simulated-bus.ts";
import { SimulatedTime } from "./time.ts";

interface Node {
  readonly bus: Bus;
  readonly clock: NodeClock;
  readonly heard: string[];
  crash: CrashPoint | null;
}

class Scene {
  readonly time = new SimulatedTime();
  readonly hub: SimulatedBus;
  fired = 0;
  readonly fire = (): void => {
    this.fired++;
  };

  constructor(seed = 1) {
    this.hub = new SimulatedBus({ time: this.time, random: new SeededRandom(seed), write: () => {} });
  }

  /** A node that listens to `u:ana` and `nodes`. */
  async node(name: string): Promise<Node> {
    const clock = new NodeClock(this.time);
    const node = { clock, heard: [] as string[], crash: null as CrashPoint | null };
    const crashesAt = (point: CrashPoint) => {
      if (point !== node.crash) return false;
      clock.kill();
      return true;
    };
    const bus = this.hub.client({ node: name, clock, crashesAt });
    void bus.open();
    await this.pass(100);
    for (const topic of ["u:ana", "nodes"] as const)
      bus.subscribe(topic, (envelope) => node.heard.push(nameOf(envelope)));
    bus.onInterruption(() => node.heard.push("interrupted"));
    await this.pass(100);
    return Object.assign(node, { bus });
  }

  pass(ms: number): Promise<void> {
    return this.time.run(this.time.now + ms);
  }

  /** Whether it was handed over. */
  async tell(node: Node, name: string, ...topics: Topic[]): Promise<boolean> {
    const told = node.bus.publish([
      { topics, envelope: { v: 1, node: "n1", n: 1, kind: "gone", c: name, members: [] } },
    ]);
    return told.then(
      () => true,
      () => false,
    );
  }
}

function nameOf(envelope: Envelope): string {
  return envelope.kind === "gone" ? envelope.c : envelope.kind;
}

const NAMES = Array.from({ length: 100 }, (_, no) => `m${no}`);

describe("SimulatedBus", () => {
  it("carries to those others that listen, once for each of their topics", async () => {
    const scene = new Scene();
    const [one, two] = [await scene.node("n1"), await scene.node("n2")];
    await scene.tell(one, "a", "u:ana");
    await scene.tell(one, "b", "u:bo");
    await scene.tell(one, "c", "u:ana", "nodes", "u:bo");
    await scene.pass(1_000);
    expect(one.heard).toEqual([]);
    expect(two.heard).toEqual(["a", "c", "c"]);
  });

  it("F36: while it is down nothing is carried; then everybody is told", async () => {
    const scene = new Scene();
    const [one, two] = [await scene.node("n1"), await scene.node("n2")];
    const onItsWay = scene.tell(one, "on its way", "u:ana");
    scene.hub.down(5_000, scene.fire);
    await onItsWay;
    await scene.tell(one, "a", "u:ana");
    await scene.pass(4_900);
    expect([two.heard, scene.fired]).toEqual([[], 1]);
    await scene.pass(500);
    expect([one.heard, two.heard]).toEqual([["interrupted"], ["interrupted"]]);
    await scene.tell(one, "b", "u:ana");
    await scene.pass(500);
    expect(two.heard).toEqual(["interrupted", "b"]);
  });

  it("F37: loses what is on its way to one node, which is told", async () => {
    const scene = new Scene();
    const [one, two, three] = [await scene.node("n1"), await scene.node("n2"), await scene.node("n3")];
    await scene.tell(one, "a", "u:ana");
    expect(scene.hub.interrupt("n2")).toBe(true);
    await scene.pass(500);
    expect(two.heard).toEqual(["interrupted"]);
    expect(three.heard).toEqual(["a"]);
  });

  it("F38: a deaf node hears nothing and is told nothing, and is heard", async () => {
    const scene = new Scene();
    const [one, two] = [await scene.node("n1"), await scene.node("n2")];
    scene.hub.deafen("n2", 5_000, scene.fire);
    expect(scene.fired).toBe(0);
    await scene.tell(one, "a", "u:ana");
    await scene.tell(two, "b", "u:ana");
    await scene.pass(4_900);
    expect([one.heard, two.heard, scene.fired]).toEqual([["b"], [], 1]);
  });

  it("F38: one whose link is half open, and never breaks, is deaf for a while when all else is well", async () => {
    const heals = async (seed: number) => {
      const scene = new Scene(seed);
      const [one, two] = [await scene.node("n1"), await scene.node("n2")];
      scene.hub.deafen("n2", 5_000, scene.fire);
      scene.hub.heal();
      await scene.pass(100);
      await scene.tell(one, "a", "u:ana");
      await scene.pass(30_000);
      await scene.pass(20_000);
      await scene.tell(one, "b", "u:ana");
      await scene.pass(1_000);
      return two.heard.filter((each) => each !== "interrupted").join();
    };
    const seen = new Set<string>();
    for (let seed = 1; seed <= 12; seed++) seen.add(await heals(seed));
    expect([...seen].sort()).toEqual(["a,b", "b"]);
  });

  it("F39: loses, doubles and swaps", async () => {
    const scene = new Scene();
    const [one, two] = [await scene.node("n1"), await scene.node("n2")];
    scene.hub.unreliable(60_000, { drop: 0.3, double: 0.3, delayMs: 200 }, scene.fire);
    for (const name of NAMES) await scene.tell(one, name, "u:ana");
    await scene.pass(1_000);
    const heard = new Set(two.heard);
    expect(heard.size).toBeLessThan(90);
    expect(heard.size).toBeGreaterThan(50);
    expect(two.heard.length).toBeGreaterThan(heard.size + 5);
    expect([...heard]).not.toEqual(NAMES.filter((name) => heard.has(name)));
  });

  it("F41: a partition keeps two nodes apart, and no others", async () => {
    const scene = new Scene();
    const [one, two, three] = [await scene.node("n1"), await scene.node("n2"), await scene.node("n3")];
    scene.hub.partition("n2", "n1", 5_000, scene.fire);
    await scene.tell(one, "a", "u:ana");
    await scene.tell(three, "b", "u:ana");
    await scene.pass(4_000);
    expect([one.heard, two.heard, three.heard]).toEqual([["b"], ["b"], ["a"]]);
  });

  it("F26, F27: what a gateway was to publish when it died is carried, or not, by where it died", async () => {
    for (const [point, carried] of [
      ["before publish", []],
      ["after publish", ["a"]],
    ] as const) {
      const scene = new Scene();
      const [one, two] = [await scene.node("n1"), await scene.node("n2")];
      one.crash = point;
      void scene.tell(one, "a", "u:ana");
      await scene.pass(1_000);
      expect([two.heard, one.clock.dead]).toEqual([carried, true]);
    }
  });
});
