import { describe, expect, it } from "vitest";
import { latency } from "../../src/scenarios/latency.ts";
import { linesOf } from "../../src/testing/line-of.ts";

const LOAD = {
  ...{ pairs: 2, inFlight: 1, warmMs: 50, saturatedMs: 100, halfMs: 100, idleMs: 200, idlePerSecond: 20 },
};

describe("latency", () => {
  it("tells how long real clients wait for each other over two gateways", async () => {
    const [line] = await linesOf(latency(LOAD), { buses: ["postgres"] });
    expect(line?.parameters).toMatchObject({ gateways: 2, bus: "postgres", pairs: 2 });
    expect(line?.peers["earshot"]).toMatchObject({ halfP95Ms: expect.any(Number), idleOverBareMs: expect.any(Number) });
  });
});
