import { type ClientFrame, decodeFrame, encodeFrame, type GatewayFrame, PROTOCOL_VERSION } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { SeededRandom } from "../seeded-random.ts";
import type { Fault } from "./fault.ts";
import { History } from "./history.ts";
import type { Plan } from "./plan.ts";
import { SimulatedWorld } from "./world.ts";

const USERS = ["ana", "bo", "cy"];

function planOf(seed: number, faults: readonly Fault[] = []): Plan {
  return {
    seed,
    gateways: 3,
    devices: USERS.map((user, index) => ({
      name: `${user}.1`,
      user,
      storage: false,
      transport: index === 2 ? "poll" : "websocket",
    })),
    conversations: [],
    fanout: { pullAbove: 64, pushBelow: 48 },
    operations: [],
    faults,
    fireMs: 30_000,
  };
}

/** A client at frame level: comes back whenever it is closed, and sends again what was not answered. */
class Bare {
  readonly received: GatewayFrame[] = [];
  readonly unanswered = new Map<string, ClientFrame>();
  readonly codes: number[] = [];
  readonly #index: number;
  readonly #way;
  readonly #clock;
  #connection: { send(text: string): void; close(code: number): void } | null = null;
  #k = 0;
  #counted = 0;

  constructor(world: SimulatedWorld, index: number) {
    this.#index = index;
    this.#clock = world.process();
    this.#way = world.network.way(index, this.#clock, `${USERS[index]}.1#1`);
  }

  open(): void {
    const user = USERS[this.#index] as string;
    const own = this.#way.transport("", {
      onOpen: () => {
        const hello = { t: "hello", v: PROTOCOL_VERSION, token: user, device: `${user}-1`, k: ++this.#k } as const;
        own.send(encodeFrame(hello));
        own.send(encodeFrame({ t: "fetch", id: "f1", c: "c1", after: 0, limit: 1 }));
        for (const frame of this.unanswered.values()) own.send(encodeFrame(frame));
      },
      onText: (text) => this.#take(decodeFrame(text) as unknown as GatewayFrame),
      onClose: (code) => {
        this.codes.push(code);
        this.#connection = null;
        this.#clock.after(200, () => this.open());
      },
    });
    this.#connection = own;
  }

  /** Is gone, without a word. */
  end(): void {
    this.#clock.kill();
  }

  /** Nothing is heard: comes anew, as a client does that misses a pong. */
  again(): void {
    this.#connection?.close(1000);
    this.open();
  }

  send(frame: ClientFrame & { readonly id: string }): void {
    this.unanswered.set(frame.id, frame);
    this.#connection?.send(encodeFrame(frame));
  }

  #take(frame: GatewayFrame): void {
    this.received.push(frame);
    if ("id" in frame && frame.t !== "event") this.unanswered.delete(frame.id ?? "");
    if (frame.t === "welcome") this.#counted = 0;
    if (frame.t === "event") this.#connection?.send(encodeFrame({ t: "ack", n: ++this.#counted }));
  }

  of<T extends GatewayFrame["t"]>(t: T): Extract<GatewayFrame, { readonly t: T }>[] {
    return this.received.filter((frame): frame is Extract<GatewayFrame, { readonly t: T }> => frame.t === t);
  }
}

async function started(plan: Plan) {
  const history = new History();
  const world = new SimulatedWorld({ plan, write: (line) => history.add(line) });
  await world.start();
  await world.settle((chat) => chat.as("ana").create({ kind: "group", id: "c1", members: ["bo", "cy"] }));
  return { history, world };
}

/** Two devices write to each other under whatever the plan has, until all is answered. */
async function converse(plan: Plan) {
  const { history, world } = await started(plan);
  const bare = [0, 1].map((index) => new Bare(world, index));
  const random = new SeededRandom(plan.seed + 1);
  for (const one of bare) one.open();
  await world.time.run(world.time.now + 1_000);
  world.begin();
  for (let sent = 0; sent < 60; sent++) {
    world.time.after(random.below(plan.fireMs), () => {
      const who = random.below(2);
      if (sent % 10 === 0) bare[who]?.send({ t: "fetch", id: `f-${sent}`, c: "c1", after: 0, limit: 1 });
      bare[who]?.send({ t: "send", id: `m-${sent}`, c: "c1", type: "message", body: { text: `${sent}` } });
    });
  }
  await world.time.run(world.began + plan.fireMs);
  world.heal();
  await world.time.run(world.time.now + 5_000);
  for (let round = 0; round < 10 && bare.some(({ unanswered }) => unanswered.size > 0); round++) {
    for (const one of bare) one.again();
    await world.time.run(world.time.now + 8_000);
  }
  const page = await world.store.plain.range({
    ...{ conversation: "c1", view: "log", from: "oldest", rows: 1_000, bytes: 1_000_000 },
  });
  return { history, world, bare, rows: page?.rows ?? [] };
}

describe("SimulatedWorld", () => {
  it("carries what one device sends to another on a gateway of its own", async () => {
    const { world, bare, rows, history } = await converse(planOf(1));
    const ids = rows.flatMap(({ id }) => (id === undefined ? [] : [id]));
    expect(new Set(ids).size).toBe(60);
    const heard = new Set(bare.flatMap((one) => one.of("event").map(({ id }) => id)));
    expect(heard.size).toBe(60);
    const nodes = history.lines.flatMap((line) => (line.ev === "conn" ? [line.node] : []));
    expect(nodes.length).toBeGreaterThanOrEqual(2);
    await world.stop();
    expect(world.time.pending()).toBeLessThan(40);
  });

  it("is the same run for the same seed, and another for another", async () => {
    const faults: Fault[] = [
      { at: 2_000, kind: "crash gateway", gateway: 0, point: "after append", downMs: 1_000 },
      { at: 4_000, kind: "bus unreliable", ms: 5_000, drop: 0.3, double: 0.3, delayMs: 300 },
      { at: 8_000, kind: "store loses answers", ms: 3_000, chance: 0.3 },
      { at: 12_000, kind: "cut", device: 0 },
      { at: 15_000, kind: "silence", device: 1, way: "down", ms: 3_000 },
    ];
    const one = await converse(planOf(7, faults));
    const again = await converse(planOf(7, faults));
    const other = await converse(planOf(8, faults));
    expect(again.history.lines).toEqual(one.history.lines);
    expect(again.world.time.steps).toBe(one.world.time.steps);
    expect(again.history.hash).toBe(one.history.hash);
    expect(other.history.hash).not.toBe(one.history.hash);
  });

  it.each(["now", "before append", "after append", "before read", "before publish", "after publish"] as const)(
    "I1: keeps what was answered when a gateway dies: %s",
    async (point) => {
      const faults: Fault[] = [0, 1, 2].map((gateway) => ({
        ...{ at: 3_000 + 5_000 * gateway, kind: "crash gateway", gateway, point, downMs: 700 },
      }));
      const { bare, rows, world } = await converse(planOf(3, faults));
      expect(bare.map(({ unanswered }) => unanswered.size)).toEqual([0, 0]);
      const seqs = new Map(rows.map(({ id, seq }) => [id, seq]));
      for (const { id, seq } of bare.flatMap((one) => one.of("sent"))) expect(seqs.get(id)).toBe(seq);
      expect(world.fired.crashPoints[point]).toBeGreaterThan(0);
    },
  );

  it("puts the store back: what came later is lost, and every log goes on in another life", async () => {
    const faults: Fault[] = [{ at: 15_000, kind: "store rewound", byMs: 5_000 }];
    const { history, rows, world } = await converse(planOf(5, faults));
    const rewind = history.lines.find((line) => line.ev === "rewind");
    expect(rewind?.ev === "rewind" && rewind.epochs).toHaveLength(1);
    const [c, from, to, head] = rewind?.ev === "rewind" ? (rewind.epochs[0] ?? []) : [];
    expect(c).toBe("c1");
    expect(from).not.toBe(to);
    expect(world.store.epochs.get("c1")).toBe(to);
    expect(head).toBeGreaterThan(1);
    expect(rows.length).toBeGreaterThan(head ?? 0);
  });

  it("I25: a gateway that everybody has left holds no more than one that nobody came to", async () => {
    const { history, world, bare } = await converse(planOf(2));
    for (const one of bare) one.end();
    await world.time.run(world.time.now + 90_000);
    await world.compare();
    const left = history.lines.flatMap((line) => (line.ev === "left" ? [line] : []));
    expect(left.length).toBeGreaterThan(20);
    expect(left.filter(({ value, baseline }) => value > baseline)).toEqual([]);
    expect(left.some(({ name, baseline }) => name.startsWith("timers") && baseline > 0)).toBe(true);
    await world.stop();
    expect(history.lines.filter(({ ev }) => ev === "stop")).toHaveLength(3);
  });
});
