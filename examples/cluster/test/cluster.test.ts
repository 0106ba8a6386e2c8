import { ChatClient } from "@earshot/client";
import { afterEach, describe, expect, it } from "vitest";
import { pidsOf, RunningCluster, runs } from "./running-cluster.ts";

const clusters: RunningCluster[] = [];
const clients: ChatClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  for (const cluster of clusters.splice(0)) {
    cluster.signal("SIGTERM");
    await cluster.ended;
  }
});

function start(...words: readonly string[]): RunningCluster {
  const cluster = new RunningCluster(words);
  clusters.push(cluster);
  return cluster;
}

function clientOf(url: string, user: string): ChatClient {
  const client = new ChatClient({ url, token: () => user });
  clients.push(client);
  return client;
}

/** Every system is a store, a bus and a presence store in one of them. */
const COMBINATIONS = [
  ["postgres", "postgres", "postgres"],
  ["postgres", "nats", "nats"],
  ["postgres", "jetstream", "postgres"],
  ["redis", "redis", "redis"],
  ["redis", "redis-streams", "nats"],
] as const;

describe("npm run cluster", () => {
  it.each(COMBINATIONS)(
    "store %s, bus %s, presence %s: what one gateway takes the others tell, until SIGTERM",
    async (...chosen) => {
      const [store, bus, presence] = chosen;
      const cluster = start(
        "--nodes",
        "2",
        "--store",
        store,
        "--bus",
        bus,
        "--presence",
        presence,
        "--drain-ms",
        "200",
        "--json",
      );
      const line = await cluster.ready();
      const [one, two] = line.nodes;
      expect([line.ready, line.nodes.length, one?.url]).toEqual([
        true,
        2,
        expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/chat$/),
      ]);
      const [ann, bob] = [clientOf(one?.url ?? "", "ann"), clientOf(two?.url ?? "", "bob")];
      const { id } = await ann.create({ kind: "direct", members: ["bob"] });
      const window = bob.conversation(id).messages();
      window.subscribe(() => {});
      const there = bob.conversation(id).presence("ann");
      there.subscribe(() => {});
      await expect.poll(() => window.current.status, { timeout: 10_000 }).toBe("live");
      const sentAt = performance.now();
      expect(await ann.conversation(id).send({ text: "hi" }).sent).toMatchObject({ seq: 2 });
      await expect.poll(() => window.current.items.at(-1)?.seq, { timeout: 5000, interval: 5 }).toBe(2);
      // By the bus: without one the store's changes are read every 5 s, give or take a fifth.
      expect(performance.now() - sentAt).toBeLessThan(3900);
      await expect.poll(() => there.current.status, { timeout: 5000 }).toBe("online");
      expect(ann.connection.current.durability).toBe("fsync");

      const pids = pidsOf(line);
      expect(pids.filter(runs)).toEqual(pids);
      cluster.signal("SIGTERM");
      const { code, stdout } = await cluster.ended;
      expect([code, stdout.trim().split("\n").length, pids.filter(runs)]).toEqual([0, 1, []]);
    },
  );

  it("I26: goes on without its bus: the store's changes are read, and what was sent arrives all the same", {
    timeout: 60_000,
  }, async () => {
    const cluster = start("--nodes", "2", "--bus", "nats", "--presence", "postgres", "--drain-ms", "0", "--json");
    const { nodes, services } = await cluster.ready();
    const [ann, bob] = [clientOf(nodes[0]?.url ?? "", "ann"), clientOf(nodes[1]?.url ?? "", "bob")];
    const { id } = await ann.create({ kind: "direct", members: ["bob"] });
    const window = bob.conversation(id).messages();
    window.subscribe(() => {});
    await expect.poll(() => window.current.status, { timeout: 10_000 }).toBe("live");
    process.kill(services["nats"]?.pid ?? 0, "SIGKILL");
    await ann.conversation(id).send({ text: "hi" }).sent;
    await expect.poll(() => window.current.items.at(-1)?.seq, { timeout: 40_000, interval: 50 }).toBe(2);
  });

  it("says in one sentence why it cannot start on a server of the caller's own", async () => {
    const nobody = { DATABASE_URL: "postgres://postgres:x@127.0.0.1:1/postgres" };
    const { code, stdout, stderr } = await new RunningCluster(["--nodes", "2", "--json"], nobody).ended;
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/Earshot cluster did not start: unable to open \w+; .+\n/);
    expect(stderr).not.toMatch(/\n {4}at /);
  });

  it("leaves nothing behind when it is killed with -9", async () => {
    const cluster = start("--nodes", "2", "--json");
    const pids = pidsOf(await cluster.ready());
    expect(pids).toHaveLength(3);
    cluster.signal("SIGKILL");
    await expect.poll(() => pids.filter(runs), { timeout: 10_000 }).toEqual([]);
  });

  it("ends with nothing left when it is told to while it starts", async () => {
    const cluster = start("--nodes", "3", "--json");
    await expect.poll(() => cluster.progress, { timeout: 20_000, interval: 5 }).toMatch(/postgres: port/);
    const [, postgres] = /postgres: port \d+, pid (\d+)/.exec(cluster.progress) ?? [];
    cluster.signal("SIGINT");
    const { code, stdout } = await cluster.ended;
    expect([code, stdout, runs(Number(postgres))]).toEqual([0, "", false]);
  });

  it.each([
    ["--store sqlite", /one process/],
    ["--bus memory --nodes 2", /one process/],
    ["--presence smoke", /no such/],
    ["--nodes many", /--nodes/],
  ])("refuses %s with the reason and exit code 2", async (words, why) => {
    const { code, stdout, stderr } = await start(...words.split(" ")).ended;
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(why);
    expect(stderr).not.toMatch(/\n {4}at /);
  });
});
