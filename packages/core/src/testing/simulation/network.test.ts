import { encodeFrame, PROTOCOL_VERSION } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { PollClient } from "../poll-client.ts";
import type { Fault } from "./fault.ts";
import { History } from "./history.ts";
import type { Plan } from "./plan.ts";
import { SimulatedWorld } from "./world.ts";

const USERS = ["ana", "bo"];

/** Two gateways, and ana and bo with a way each. */
class Scene {
  readonly history = new History();
  readonly world: SimulatedWorld;
  readonly clocks;
  readonly ways;

  constructor(seed: number, faults: readonly Fault[]) {
    const plan: Plan = {
      ...{ seed, gateways: 2, conversations: [], operations: [], faults, fireMs: 60_000 },
      devices: USERS.map((user) => ({ name: `${user}.1`, user, storage: false, transport: "poll" as const })),
      fanout: { pullAbove: 64, pushBelow: 48 },
    };
    this.world = new SimulatedWorld({ plan, write: (line) => this.history.add(line) });
    this.clocks = USERS.map(() => this.world.process());
    this.ways = this.clocks.map((clock, index) => this.world.network.way(index, clock, `${USERS[index]}.1#1`));
  }

  static async begin({ seed = 1, faults = [] as readonly Fault[] } = {}): Promise<Scene> {
    const scene = new Scene(seed, faults);
    await scene.world.start();
    await scene.world.settle((chat) => chat.as("ana").create({ kind: "group", id: "c1", members: ["bo"] }));
    scene.world.begin();
    return scene;
  }

  pass(ms: number): Promise<void> {
    return this.world.time.run(this.world.time.now + ms);
  }

  polls(device: number): PollClient {
    return new PollClient(async (request) => {
      const { pathname, search } = new URL(request.url);
      const body = await request.text();
      const headers = Object.fromEntries(request.headers);
      const { method, signal } = request;
      return this.fetch(device, `${pathname}${search}`, { method, headers, body, signal });
    });
  }

  fetch(device: number, path: string, init: RequestInit): Promise<Response> {
    const way = this.ways[device];
    if (way === undefined) throw new Error("no such way");
    return way.fetch(`${way.url}${path}`, init);
  }

  /** What comes of it within 40 s: its answer, that it failed, or nothing. */
  async come<T>(work: Promise<T>): Promise<T | "failed" | "nothing"> {
    let came: T | "failed" | "nothing" = "nothing";
    let isOver = false;
    const over = (what: T | "failed"): void => {
      came = what;
      isOver = true;
    };
    work.then(over, () => over("failed"));
    // The platform's own requests read their bodies outside of virtual time.
    await new Promise((resolve) => setImmediate(resolve));
    await this.world.time.run(this.world.time.now + 40_000, () => isOver);
    return came;
  }

  lines(ev: string): readonly string[] {
    return this.history.lines.flatMap((line) => (line.ev === ev ? [JSON.stringify(line)] : []));
  }
}

const SEND = { t: "send", id: "m1", c: "c1", type: "message", body: { text: "a" } } as const;

describe("Network", () => {
  it("takes polls to the gateway that their session is on, and notes the run as a connection", async () => {
    const scene = await Scene.begin();
    const polls = scene.polls(0);
    expect(await scene.come(polls.hello("ana"))).toMatchObject({ status: 200, frames: [{ t: "welcome" }] });
    for (let k = 2; k < 12; k++) {
      const frames = k === 2 ? [SEND] : [{ t: "ping" as const, n: 0 }];
      const outcome = await scene.come(polls.poll(k, frames));
      const answered = typeof outcome === "string" ? [] : outcome.frames.map(({ t }) => t);
      expect(answered).toContain(k === 2 ? "sent" : "pong");
    }
    expect(scene.lines("conn")).toHaveLength(1);
    expect(scene.lines("welcome")).toHaveLength(1);
  });

  it("answers calls of the HTTP API", async () => {
    const scene = await Scene.begin();
    const asked = scene.fetch(1, "/conversations", { headers: { authorization: "Bearer bo" } });
    const response = await scene.come(asked);
    if (typeof response === "string") throw new Error(response);
    expect([response.ok, JSON.parse(await response.text())]).toMatchObject([true, { conversations: [{ c: "c1" }] }]);
  });

  it("keeps an answer the same for polls that come twice or out of their order", async () => {
    const faults: Fault[] = [{ at: 0, kind: "repeat polls", device: 0, ms: 60_000 }];
    const scene = await Scene.begin({ faults });
    const polls = scene.polls(0);
    await scene.come(polls.hello("ana"));
    for (let k = 2; k < 22; k += 2) {
      const both = [k, k + 1].map((one) => polls.poll(one, [{ ...SEND, id: `m${one}` }], { waits: false }));
      const outcomes = await scene.come(Promise.all(both));
      expect(outcomes).toMatchObject([{ status: 200 }, { status: 200 }]);
    }
    await scene.pass(1_000);
    const page = await scene.world.store.plain.range({
      ...{ conversation: "c1", view: "log", from: "oldest", rows: 100, bytes: 100_000 },
    });
    const ids = page?.rows.flatMap(({ id }) => (id === undefined ? [] : [id]));
    expect(ids).toEqual(Array.from({ length: 20 }, (_, no) => `m${no + 2}`));
    expect(scene.world.fired.kinds["repeat polls"]).toBe(1);
  });

  it("fails what is asked of a gateway that dies, or answers it never, and a later poll is 410", async () => {
    const outcomes = new Set<string>();
    for (let seed = 1; seed <= 10; seed++) {
      const scene = await Scene.begin({ seed });
      const polls = scene.polls(0);
      await scene.come(polls.hello("ana"));
      const hanging = scene.come(polls.poll(2));
      for (const gateway of [0, 1]) {
        scene.world.time.after(2_000, () =>
          scene.world.apply({ at: 0, kind: "crash gateway", gateway, point: "now", downMs: 100 }),
        );
      }
      outcomes.add(String(await hanging));
      await scene.pass(3_000);
      expect(await scene.come(polls.poll(3))).toMatchObject({ status: 410 });
    }
    expect([...outcomes].sort()).toEqual(["failed", "nothing"]);
  });

  it("knows who waits for an answer that was swallowed on its way", async () => {
    const found = new Set<string>();
    for (let seed = 1; seed <= 10; seed++) {
      const scene = await Scene.begin({ seed });
      const { network } = scene.world;
      const polls = scene.polls(0);
      await scene.come(polls.hello("ana"));
      const hanging = scene.come(polls.poll(2));
      scene.world.time.after(100, () =>
        scene.world.apply({ at: 0, kind: "silence", device: 0, way: "down", ms: 60_000 }),
      );
      scene.world.time.after(30_000, () => network.heal());
      const outcome = await hanging;
      found.add(`${outcome === "nothing"} ${network.severed(0)}`);
    }
    // TCP has kept it, or it never comes
    expect([...found].sort()).toEqual(["false false", "true true"]);
  });

  it("tells who waits that the connection broke, and the gateway that nobody waits, whose answer goes nowhere", async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const scene = await Scene.begin({ seed });
      const polls = scene.polls(0);
      await scene.come(polls.hello("ana"));
      const hanging = scene.come(polls.poll(2));
      scene.world.time.after(500, () => {
        // then the word of the break takes longer, now and then, than what the gateway hears and answers
        scene.world.apply({ at: 0, kind: "slow network", device: 0, ms: 1_000 });
        scene.world.apply({ at: 0, kind: "cut", device: 0 });
      });
      expect(await hanging, `seed ${seed}`).toBe("failed");
      expect(await scene.come(polls.poll(2, [], { waits: false }))).toMatchObject({ status: 200 });
      expect(scene.world.fired.ids["F11"]).toBe(1);
    }
  });

  it("fires no fault that finds nothing to befall", async () => {
    const faults: Fault[] = [
      { at: 0, kind: "cut", device: 0 },
      { at: 0, kind: "half close", device: 0 },
      { at: 0, kind: "silence", device: 0, way: "both", ms: 1_000 },
      { at: 0, kind: "replay old session", device: 0 },
      { at: 0, kind: "herd", gateway: 0 },
      { at: 0, kind: "lose acks", device: 0, ms: 1_000 },
      { at: 0, kind: "store refuses", ms: 1, chance: 1 },
    ];
    const scene = await Scene.begin({ faults });
    await scene.pass(1_500);
    expect(scene.world.fired.kinds).toEqual({});
  });

  it("F23: says again what was said in an earlier session, which sends nothing twice", async () => {
    const faults: Fault[] = [{ at: 20_000, kind: "replay old session", device: 0 }];
    const scene = await Scene.begin({ faults });
    const { transport } = scene.ways[0] as (typeof scene.ways)[number];
    for (const [k, id] of [
      [1, "m1"],
      [2, "m2"],
    ] as const) {
      const hello = { t: "hello", v: PROTOCOL_VERSION, token: "ana", device: "ana-1", k } as const;
      const connection = transport("", {
        onOpen: () => {
          connection.send(encodeFrame(hello));
          connection.send(encodeFrame({ ...SEND, id }));
        },
        onText: () => {},
        onClose: () => {},
      });
      await scene.pass(3_000);
    }
    await scene.pass(20_000);
    const [access] = await scene.world.store.plain.access([{ user: "ana", conversation: "c1" }]);
    expect([access?.ord, scene.world.fired.ids["F23"]]).toEqual([2, 1]);
  });

  it("F10: breaks everything of one gateway at once", async () => {
    const scene = await Scene.begin();
    const codes: number[] = [];
    for (const { transport } of scene.ways) {
      const listener = { onOpen: () => {}, onText: () => {}, onClose: (code: number) => void codes.push(code) };
      for (let opened = 0; opened < 10; opened++) transport("", listener);
    }
    await scene.pass(1_000);
    const { length } = codes;
    scene.world.apply({ at: 0, kind: "herd", gateway: 0 });
    await scene.pass(1_000);
    expect(codes.length).toBeGreaterThan(length + 3);
    expect(codes.length).toBeLessThan(20);
    expect(new Set(codes)).toEqual(new Set([1006]));
  });

  it("lets a device's connections go with it", async () => {
    const scene = await Scene.begin();
    const { transport } = scene.ways[0] as (typeof scene.ways)[number];
    const heard: string[] = [];
    const connection = transport("", {
      onOpen: () => {
        const hello = { t: "hello", v: PROTOCOL_VERSION, token: "ana", device: "ana-1", k: 1 } as const;
        connection.send(encodeFrame(hello));
      },
      onText: () => heard.push("text"),
      onClose: () => heard.push("close"),
    });
    await scene.pass(1_000);
    expect([heard, scene.world.network.connections(0)]).toEqual([["text"], 1]);
    scene.clocks[0]?.kill();
    await scene.pass(45_000);
    expect([heard, scene.world.network.connections(0)]).toEqual([["text"], 0]);
  });
});
