import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { settleBus } from "@earshot/core/testing";
import type { NatsConnection } from "@nats-io/transport-node";
import { afterEach, describe, expect, it } from "vitest";
import { startNatsCluster } from "../../../scripts/servers/start-nats-cluster.ts";
import { natsBus } from "../src/index.ts";
import { connections } from "./three-nodes.ts";
import { until } from "./until.ts";

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

describe("NATS bus on a cluster of three", () => {
  it("I9: goes on by the others when one dies, and who was connected to it is told", async () => {
    const servers = await startNatsCluster();
    ends.push(() => Promise.all(servers.map((server) => server.stop())));
    const each = (await Promise.all(servers.map(({ url }) => connections(1, url)))).flat();
    ends.push(() => Promise.all(each.map((connection) => connection.close())));
    const namespace = randomUUID();
    const buses = each.map((connection) => natsBus(connection, { namespace }));
    for (const bus of buses) {
      ends.push(() => bus.close());
      await bus.open();
    }
    const heard = buses.map(() => [] as number[]);
    const told = buses.map(() => 0);
    for (const [at, bus] of buses.entries()) {
      bus.onInterruption(() => {
        told[at] = (told[at] ?? 0) + 1;
      });
      await bus.subscribe("c:c1", ({ n }) => heard[at]?.push(n)).ready;
    }
    const say = (at: number, n: number) =>
      buses[at]?.publish([{ topics: ["c:c1"], envelope: { v: 1, node: `n${at}`, n, kind: "raised", c: "c1" } }]);
    await settleBus(buses, () => sleep(20));
    await say(0, 1);
    await settleBus(buses, () => sleep(20));
    const [first] = servers;
    const left = each[0]?.getServer();
    await first?.kill();
    await say(1, 2);
    await until(() => told[0] === 2, 10_000);
    expect([(each[0] as NatsConnection).getServer() === left, told.slice(1)]).toEqual([false, [0, 0]]);
    await say(0, 3);
    await say(2, 4);
    await settleBus(buses, () => sleep(20));
    // What was said meanwhile may be lost to who was away, and to nobody else.
    expect(heard.map((ns) => ns.filter((n) => n !== 2))).toEqual([[4], [1, 3, 4], [1, 3]]);
    expect(heard[2]).toContain(2);
  });
});
