import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { makePlan, simulate } from "@earshot/core/testing";
import { describe, expect, it } from "vitest";
import { simulatedClient } from "../src/testing/index.ts";

const IN_ANOTHER_PROCESS = `
  import { simulate } from "@earshot/core/testing";
  import { simulatedClient } from "@earshot/client/testing";
  for (const seed of [3, 4]) console.log((await simulate({ seed, client: simulatedClient })).hash);
`;

async function hashes(seeds: readonly number[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const seed of seeds) found.push((await simulate({ seed, client: simulatedClient })).hash);
  return found;
}

describe("simulate", () => {
  it("I28: the same seed is the same history, twice in one process and in another", async () => {
    const first = await hashes([3, 4]);
    expect(await hashes([3, 4])).toEqual(first);
    const flags = ["--conditions=@earshot/source", "--input-type=module", "--eval", IN_ANOTHER_PROCESS];
    const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd: import.meta.dirname });
    expect(stdout.trim().split("\n")).toEqual(first);
    expect(new Set(first).size).toBe(2);
  });

  it("a median run has 3 gateways, 6 devices, 300 sends, 2 crashes and 1,500 lines, also among those without faults", {
    timeout: 120_000,
  }, async () => {
    const runs: Readonly<Record<"gateways" | "devices" | "sends" | "crashes" | "lines", number>>[] = [];
    for (let seed = 1; seed <= 61; seed++) {
      const { plan, lines, verdict } = await simulate({ seed, client: simulatedClient });
      const crashes = lines.filter(({ ev }) => ev === "crash").length;
      const [gateways, devices] = [plan.gateways, plan.devices.length];
      runs.push({ gateways, devices, sends: verdict.counts.invoked, crashes, lines: lines.length });
    }
    const median = (of: keyof (typeof runs)[number]): number =>
      runs.map((run) => run[of]).sort((a, b) => a - b)[30] ?? 0;
    expect(median("gateways")).toBeGreaterThanOrEqual(3);
    expect(median("devices")).toBeGreaterThanOrEqual(6);
    expect(median("sends")).toBeGreaterThanOrEqual(300);
    expect(median("crashes")).toBeGreaterThanOrEqual(2);
    expect(median("lines")).toBeGreaterThanOrEqual(1_500);
  });

  it("I9: says of every window what it shows, also where nobody may see anything any more", async () => {
    const device = (user: string) => ({ name: `${user}.1`, user, storage: false, transport: "websocket" }) as const;
    const conv = "c1";
    const { verdict, lines } = await simulate({
      plan: {
        ...{ seed: 1, gateways: 2, faults: [], fireMs: 10_000, fanout: { pullAbove: 64, pushBelow: 48 } },
        devices: [device("ann"), device("ben")],
        conversations: [{ id: conv, kind: "group", creator: "ann", members: [["ben", "member"]], wholeHistory: false }],
        operations: [
          { at: 1_000, op: "open", device: 1, conv },
          { at: 2_000, op: "send", device: 1, conv, count: 2 },
          { at: 5_000, op: "members", conv, members: [["ben", null]] },
        ],
      },
      client: simulatedClient,
    });
    const shown = lines.filter((line) => line.ev === "shown");
    expect(shown).toMatchObject([{ dev: "ben.1", conv, epoch: "", cursor: 0, seqs: [], error: "not_found" }]);
    expect(verdict).toMatchObject({ violations: [], unknowns: [] });
  });

  it("I9: has somebody look in the end where every window was shut", async () => {
    const device = (user: string) => ({ name: `${user}.1`, user, storage: false, transport: "websocket" }) as const;
    const conv = "c1";
    const { verdict, lines } = await simulate({
      plan: {
        ...{ seed: 1, gateways: 2, faults: [], fireMs: 10_000, fanout: { pullAbove: 64, pushBelow: 48 } },
        devices: [device("ann"), device("ben")],
        conversations: [{ id: conv, kind: "group", creator: "ann", members: [["ben", "member"]], wholeHistory: false }],
        operations: [
          { at: 1_000, op: "open", device: 1, conv },
          { at: 2_000, op: "send", device: 0, conv, count: 2 },
          { at: 5_000, op: "shut", device: 1, conv },
        ],
      },
      client: simulatedClient,
    });
    const shown = lines.flatMap((line) => (line.ev === "shown" ? [[line.dev, line.status]] : []));
    expect(shown).toEqual([
      ["ann.1", "live"],
      ["ben.1", "live"],
    ]);
    expect(verdict).toMatchObject({ violations: [], unknowns: [] });
  });

  it("lets who was thrown out come in again, also who heard of it only after all was well", async () => {
    const device = (user: string) => ({ name: `${user}.1`, user, storage: false, transport: "websocket" }) as const;
    const { verdict, lines } = await simulate({
      plan: {
        ...{ seed: 1, gateways: 2, fireMs: 10_000, fanout: { pullAbove: 64, pushBelow: 48 } },
        devices: [device("ann"), device("ben")],
        conversations: [{ id: "c1", kind: "group", creator: "ann", members: [["ben", "member"]], wholeHistory: false }],
        operations: [
          { at: 1_000, op: "open", device: 0, conv: "c1" },
          { at: 2_000, op: "send", device: 1, conv: "c1", count: 2 },
        ],
        faults: [
          { at: 5_000, kind: "slow reader", device: 0, ms: 15_000 },
          { at: 6_000, kind: "kick", user: "ann" },
        ],
      },
      client: simulatedClient,
    });
    const at = (ev: string, of: object) =>
      lines.findIndex(
        (line) => line.ev === ev && Object.entries(of).every(([key, value]) => line[key as "ev"] === value),
      );
    expect(at("close", { dev: "ann.1", code: 4503 })).toBeGreaterThan(at("heal", {}));
    expect(verdict).toMatchObject({ violations: [], unknowns: [] });
  });

  it("hands an application's own hooks to every life of every gateway", async () => {
    let engines = 0;
    const { lines } = await simulate({
      seed: 3,
      client: simulatedClient,
      faults: ["crash gateway"],
      setUp: () => {
        engines++;
      },
    });
    const { gateways } = makePlan(3, { faults: ["crash gateway"] });
    const crashes = lines.filter((line) => line.ev === "crash" && line.p.startsWith("n")).length;
    // and the one that shows what an idle gateway holds
    expect(engines).toBeGreaterThanOrEqual(gateways + crashes);
  });
});
