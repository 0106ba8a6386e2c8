import type { GatewayFrame, UserId } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { MortalCluster, type MortalGateway } from "./testing/mortal-cluster.ts";
import { PollClient } from "./testing/poll-client.ts";
import { SeededRandom } from "./testing/seeded-random.ts";
import type { TestClient } from "./testing/test-client.ts";

const WITHIN_MS = 5_000;
const TICK_MS = 100;

/** Gateways behind a balancer that sends newcomers where `readyz` says 200. */
class Balanced {
  readonly cluster = new MortalCluster();
  readonly random: SeededRandom;
  nodes: MortalGateway[] = [];

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
  }

  get now(): number {
    return this.cluster.clock.monotonic();
  }

  async start(name: string): Promise<MortalGateway> {
    const node = await this.cluster.start(name);
    this.nodes = [...this.nodes.filter((other) => other.name !== name), node];
    return node;
  }

  async ready(): Promise<MortalGateway | null> {
    const from = this.random.below(this.nodes.length);
    for (const node of [...this.nodes.slice(from), ...this.nodes.slice(0, from)]) {
      if ((await node.engine.call("probe", "GET", "/readyz")).status === 200) return node;
    }
    return null;
  }
}

/** A client that sends one message after the other, and goes where it is told to. */
class Device {
  readonly user: UserId;
  readonly closes: number[] = [];
  /** Its own messages → seq. */
  readonly sent = new Map<string, number>();
  /** What it has, in order. */
  readonly applied: number[] = [];
  readonly visited: string[] = [];
  /** Refusals that a retry does not mend. */
  readonly failed: string[] = [];
  connected = false;
  sending = true;
  #world: Balanced;
  #client: TestClient | null = null;
  #read = 0;
  #events = 0;
  #k = 0;
  #epoch = "";
  readonly #held = new Set<number>();
  #awaited: string | null = null;
  #asked = false;
  #comeAt = 0;
  #leaveAt = Number.POSITIVE_INFINITY;
  #messages = 0;

  constructor(world: Balanced, user: UserId) {
    this.#world = world;
    this.user = user;
  }

  async tick(): Promise<void> {
    const { now } = this.#world;
    const client = this.#client;
    if (client === null) {
      if (now >= this.#comeAt) await this.#connect();
      return;
    }
    this.#take(client);
    if (client.closedWith !== null) {
      this.closes.push(client.closedWith);
      this.#client = null;
      this.connected = this.#asked = false;
      this.#comeAt = now + this.#world.random.below(400);
      this.#leaveAt = Number.POSITIVE_INFINITY;
    } else if (now >= this.#leaveAt && this.#awaited === null) {
      client.pair.send({ t: "bye" });
      this.#leaveAt = Number.POSITIVE_INFINITY;
    } else if (this.connected && this.sending && this.#awaited === null && this.#leaveAt > now) {
      this.#awaited = `${this.user}-${++this.#messages}`;
      this.#send(client);
    }
  }

  async #connect(): Promise<void> {
    const node = await this.#world.ready();
    if (node === null) return;
    this.visited.push(node.name);
    this.#read = this.#events = 0;
    this.#client = node.engine.connect();
    const have = [["c1", this.#epoch || "none", this.#last]] as const;
    await this.#client.hello(this.user, { k: ++this.#k, ...(this.#epoch === "" ? {} : { have }) });
  }

  get #last(): number {
    return this.applied.at(-1) ?? 0;
  }

  #send(client: TestClient): void {
    const id = this.#awaited ?? "";
    client.pair.send({ t: "send", id, c: "c1", type: "message", body: { text: id } });
  }

  #take(client: TestClient): void {
    for (const frame of client.received.slice(this.#read)) this.#frame(client, frame);
    this.#read = client.received.length;
    for (; this.#held.delete(this.#last + 1); ) this.applied.push(this.#last + 1);
    if (this.#held.size > 0 && !this.#asked && this.connected) {
      this.#asked = true;
      client.pair.send({ t: "fetch", id: `f${this.#last}`, c: "c1", after: this.#last });
    }
    if (this.#events > 0 && client.closedWith === null) client.pair.send({ t: "ack", n: this.#events });
  }

  #frame(client: TestClient, frame: GatewayFrame): void {
    const has = (seq: number, epoch: string) => {
      this.#epoch = epoch;
      if (seq > this.#last) this.#held.add(seq);
    };
    if (frame.t === "welcome") {
      this.connected = true;
      if (this.#awaited !== null) this.#send(client);
    } else if (frame.t === "drain") this.#leaveAt = this.#world.now + frame.delay;
    else if (frame.t === "event") {
      this.#events++;
      has(frame.seq, frame.epoch);
    } else if (frame.t === "sent") {
      has(frame.seq, frame.epoch);
      this.sent.set(frame.id, frame.seq);
      this.#awaited = null;
    } else if (frame.t === "events" && "events" in frame) {
      this.#asked = false;
      for (const row of frame.events) has(row.seq, frame.epoch);
    } else if (frame.t === "error" && frame.id === this.#awaited) {
      if (frame.retry === undefined) this.failed.push(frame.code);
      else this.#send(client);
    }
  }
}

async function world(seed: number, members: readonly UserId[], users = members) {
  const balanced = new Balanced(seed);
  const one = await balanced.start("n1");
  const two = await balanced.start("n2");
  await one.engine.create("alice", "c1", [...members]);
  const devices = users.map((user) => new Device(balanced, user));
  const pass = async (ms: number, done: () => boolean = () => false) => {
    for (let left = ms; left > 0 && !done(); left -= TICK_MS) {
      await balanced.cluster.clock.advance(TICK_MS);
      for (const device of devices) await device.tick();
    }
  };
  /** A clean end of one gateway while everybody goes on. */
  const leave = async (node: MortalGateway) => {
    let over = false;
    const ended = node.engine.chat
      .drain({ within: WITHIN_MS, wait: 1_000 })
      .then(() => node.engine.chat.close())
      .finally(() => {
        over = true;
      });
    await pass(WITHIN_MS + 10_000, () => over);
    await ended;
    balanced.nodes = balanced.nodes.filter((other) => other !== node);
  };
  /** Nobody sends any longer; everybody has everything, and what was answered is where it was said to be. */
  const verify = async () => {
    for (const device of devices) device.sending = false;
    await pass(15_000);
    const node = (await balanced.ready()) as MortalGateway;
    const log = new Map<number, string | undefined>();
    for (let after = 0; ; ) {
      const page = await node.engine.call("alice", "GET", `/conversations/c1/messages?after=${after}&limit=200`);
      const { events, more, to } = (await page.json()) as {
        events: { seq: number; id?: string }[];
        more: boolean;
        to: number;
      };
      for (const { seq, id } of events) log.set(seq, id);
      after = to;
      if (!more) break;
    }
    const all = Array.from({ length: log.size }, (_, index) => index + 1);
    expect([...log.keys()]).toEqual(all);
    let messages = 0;
    for (const { user, applied, sent, closes, failed } of devices) {
      expect([user, applied]).toEqual([user, all.slice((applied[0] ?? 1) - 1)]);
      for (const [id, seq] of sent) expect(log.get(seq)).toBe(id);
      expect(new Set(closes)).not.toContain(1006);
      expect(failed).toEqual([]);
      messages += sent.size;
    }
    // Each message once.
    expect([...log.values()].filter((id) => id !== undefined)).toHaveLength(messages);
    return messages;
  };
  return { balanced, one, two, devices, pass, leave, verify };
}

const USERS = Array.from({ length: 8 }, (_, n) => `u${n}`);

describe("ChatEngine.drain on several gateways", () => {
  it("I22: one gateway leaves under load: all go elsewhere one by one, nothing is lost, doubled or refused", async () => {
    const { balanced, one, two, devices, pass, leave, verify } = await world(1, USERS);
    await pass(3_000);
    const here = one.engine.gauges.sessions;
    expect(here).toBeGreaterThan(1);
    const from = balanced.now;
    await leave(one);
    expect(balanced.now - from).toBeLessThan(WITHIN_MS + 2_000);
    await pass(2_000);
    expect(two.engine.gauges.sessions).toBe(USERS.length);
    expect(await verify()).toBeGreaterThan(150);
    const closes = devices.flatMap((device) => device.closes);
    expect(closes).toHaveLength(here);
    expect(new Set([...closes, 1000, 4001])).toEqual(new Set([1000, 4001]));
  }, 30_000);

  it.each([2, 3])(
    "I22: both gateways are restarted one after the other under load, seed %i",
    async (seed) => {
      const { balanced, one, two, devices, pass, leave, verify } = await world(seed, USERS);
      await pass(2_000);
      await leave(one);
      await pass(1_000);
      await balanced.start("n1");
      await pass(1_000);
      await leave(two);
      await balanced.start("n2");
      await pass(2_000);
      expect(devices.every((device) => device.connected)).toBe(true);
      expect(await verify()).toBeGreaterThan(150);
      for (const device of devices) expect(device.visited.length).toBeGreaterThan(1);
    },
    30_000,
  );

  it("I22: who stays is closed with 4001 at the end, by polls as by sockets, and finds all of it elsewhere", async () => {
    const { balanced, one, two, pass } = await world(4, ["bob", "carol"], []);
    const polled: GatewayFrame[] = [];
    const polls = new PollClient((request) => one.engine.chat.fetch(request));
    await one.engine.whileSettling(polls.hello("carol"));
    void (async () => {
      for (let k = 2; ; k++) {
        const { status, frames } = await polls.poll(k);
        polled.push(...frames);
        if (status !== 200 || frames.some(({ t }) => t === "close")) return;
      }
    })();
    const stays = await one.engine.join("carol", { device: "stays" });
    const drained = one.engine.chat.drain({ within: 2_000 });
    await pass(500);
    await two.engine.call("bob", "POST", "/conversations/c1/messages", { id: "m1", body: { text: "hi" } });
    await pass(2_000);
    await drained;
    expect(stays.closedWith).toBe(4001);
    expect(stays.of("drain")).toHaveLength(1);
    expect(stays.events("c1").at(-1)?.id).toBe("m1");
    expect(polled).toMatchObject([
      { t: "drain", within: 2_000 },
      { t: "event", id: "m1" },
      { t: "close", code: 4001 },
    ]);
    expect((await balanced.ready())?.name).toBe("n2");
    const back = await two.engine.join("carol", { have: [["c1", stays.events("c1").at(-1)?.epoch ?? "", 2]] });
    expect(back.of("events")).toEqual([]);
  });

  it("gives up at its beginning what one node does for all, and writes what it held back", async () => {
    const { one, two, pass } = await world(5, ["bob"], []);
    const followed: string[] = [];
    const ended: string[] = [];
    for (const { engine, name } of [one, two]) {
      void (async () => {
        for await (const batch of engine.chat.follow({ name: "indexer" })) {
          for (const event of batch) if ("seq" in event) followed.push(`${name} ${event.seq}`);
        }
        ended.push(name);
      })();
      await pass(1_000);
    }
    const bob = await one.engine.join("bob");
    await bob.send("c1", "m1");
    await pass(1_500);
    const before = followed.length;
    expect(followed.every((by) => by.startsWith("n1"))).toBe(true);
    const unread = async () => {
      const row = await two.engine.call("bob", "GET", "/conversations/c1");
      return ((await row.json()) as { unread: number }).unread;
    };
    await two.engine.call("alice", "POST", "/conversations/c1/messages", { id: "m2", body: { text: "hi" } });
    await pass(TICK_MS);
    expect(await unread()).toBe(1);
    await bob.say({ t: "read", c: "c1", seq: 3 });
    expect(await unread()).toBe(1);
    const drained = one.engine.chat.drain({ within: 60_000 });
    await one.engine.settle();
    expect(await unread()).toBe(0);
    await pass(2_000);
    // It is served as before, while the work is the other's.
    await bob.send("c1", "m3");
    await pass(2_000);
    expect(ended).toEqual(["n1"]);
    expect(followed.slice(before).filter((by) => by.startsWith("n2"))).toEqual(["n2 4"]);
    await bob.say({ t: "bye" });
    await pass(500);
    await drained;
  });

  it("I22: lets newcomers in while a balancer may not know, and not after that; a wait is cut short by close", async () => {
    const { one, pass } = await world(6, ["bob"], []);
    const early = await one.engine.join("bob");
    const drained = one.engine.chat.drain({ wait: 5_000, within: 2_000 });
    await pass(1_000);
    for (const path of ["/readyz", "/healthz"]) expect((await one.engine.call("bob", "GET", path)).status).toBe(503);
    const late = await one.engine.join("bob", { device: "late" });
    expect([late.closedWith, early.of("drain").length, late.of("drain").length]).toEqual([null, 0, 0]);
    await pass(4_500);
    expect([early.of("drain").length, late.of("drain").length]).toEqual([1, 1]);
    await pass(2_000);
    await drained;
    expect([early.closedWith, late.closedWith]).toEqual([4001, 4001]);
    await expect(one.engine.chat.drain({ wait: -1 })).rejects.toMatchObject({ details: { field: "wait" } });
    const { one: other } = await world(7, []);
    const cut = other.engine.chat.drain({ wait: 600_000 });
    await other.engine.close();
    await other.engine.advance(100);
    await cut;
  });
});
