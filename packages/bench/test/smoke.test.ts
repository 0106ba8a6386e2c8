import { beforeEach, describe, expect, it, vi } from "vitest";
import { measureCase } from "../src/measured-case.ts";
import { jsonLine } from "../src/report/json.ts";
import { reportOf } from "../src/report/report.ts";
import { tableText } from "../src/report/table.ts";
import { versions } from "../src/report/versions.ts";
import type { Scenario } from "../src/scenario.ts";
import { fanout } from "../src/scenarios/fanout.ts";
import { idle } from "../src/scenarios/idle.ts";
import { rooms } from "../src/scenarios/rooms.ts";
import { storm } from "../src/scenarios/storm.ts";

// Servers and generators are processes of their own: these too run on the sources.
beforeEach(() => void vi.stubEnv("NODE_OPTIONS", "--conditions=@earshot/source"));

const brief = { warmUpMs: 50, windowMs: 200 };
const options = {
  peers: null,
  runs: 1,
  rate: null,
  stores: null,
  buses: null,
  profile: null,
  full: false,
  json: true,
};

/** One run of every case, small, as the command would print it. A run in which the counts are wrong rejects. */
async function lines(scenario: Scenario, peers: readonly string[], n: number, rate: number | null = null) {
  const all: Record<string, unknown>[] = [];
  for (const measured of scenario.cases({ ...options, n, rate })) {
    const wanted = peers.filter((name) => measured.peers?.includes(name) ?? true);
    const runs = await measureCase(measured, wanted, 1, () => {});
    const report = reportOf(scenario, measured, runs);
    for (const name of wanted) expect(tableText(report)).toContain(name);
    all.push(JSON.parse(jsonLine(report, 1, versions())) as Record<string, unknown>);
  }
  return all;
}

const positive = expect.toSatisfy((value: unknown) => typeof value === "number" && value > 0);
const number = expect.toSatisfy((value: unknown) => typeof value === "number");
const guarantees = expect.any(String);

describe.concurrent("each scenario, small, delivers what it is given and reports in its form:", () => {
  it.each(["earshot", "ws-batch", "socket.io-csr", "socket.io-ack", "aedes"])("fanout over %s", async (peer) => {
    const [line] = await lines(fanout(brief), [peer], 5);
    expect(line).toMatchObject({
      scenario: "fanout",
      parameters: { n: 5, rate: null, runs: 1 },
      peers: {
        [peer]: {
          cpuSecondsPerMillion: number,
          deliveriesPerSecond: positive,
          p50Ms: positive,
          p95Ms: positive,
          p99Ms: positive,
          guarantees,
        },
      },
      versions: { node: process.version },
    });
  });

  it("fanout at a fixed rate, with ratios", async () => {
    const [line] = await lines(fanout(brief), ["earshot", "ws-shared"], 5, 100);
    expect(line).toMatchObject({ parameters: { rate: 100 }, peers: { earshot: { p99Ms: positive } } });
    expect(line?.["ratios"]).toHaveProperty("ws-shared/earshot");
  });

  it.each(["earshot-sqlite", "socket.io", "aedes"])("rooms over %s", async (peer) => {
    const [line] = await lines(rooms(brief), [peer], 10);
    expect(line).toMatchObject({
      scenario: "rooms",
      parameters: { connections: 10, members: 2 },
      peers: { [peer]: { cpuSecondsPerMillion: number, messagesPerSecond: positive } },
    });
  });

  it("idle", async () => {
    const [line] = await lines(idle({ settleMs: 10 }), ["earshot", "ws-shared"], 100);
    expect(line).toMatchObject({
      scenario: "idle",
      parameters: { connections: 100 },
      peers: {
        earshot: { rssBytesPerConnection: number, heapBytesPerConnection: number },
        "ws-shared": { rssBytesPerConnection: number },
      },
    });
  });

  it("storm, with something to catch up", async () => {
    const [line] = await lines(storm({ behind: [5] }), ["earshot"], 50);
    expect(line).toMatchObject({
      scenario: "storm",
      parameters: { eventsBehind: 100 },
      peers: { earshot: { cpuMsPerClient: number, attemptsPerClient: positive, p99Ms: positive } },
    });
  });
});
