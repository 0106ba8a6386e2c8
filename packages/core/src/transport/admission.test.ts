import { describe, expect, it } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { Admission } from "./admission.ts";

function admissionOf(
  limits: { admissionsPerSecondMax?: number; connectionsPerAddressMax?: number } = {},
  perAddress = 1e9,
  otherNodes = 0,
) {
  const clock = new ManualClock();
  const warnings: string[] = [];
  const note = (): void => {};
  const admission = new Admission({
    clock,
    logger: { debug: note, info: note, error: note, warn: (_fields, message) => warnings.push(message) },
    otherNodes: () => otherNodes,
    limits: { admissionsPerSecondMax: 100, connectionsPerAddressMax: 1_000, rememberedMax: 100, ...limits },
    bucket: () => {
      let left = perAddress;
      return { wait: () => (left > 0 ? 0 : 2_500), take: () => left-- };
    },
  });
  return { admission, clock, warnings };
}

const passing = (admission: Admission, tries: number, address = "192.0.2.1"): number =>
  Array.from({ length: tries }, () => admission.admit(address)).filter((refused) => refused === null).length;

describe("Admission", () => {
  it("S42: admits so many in a second, and as many in the next", async () => {
    const { admission, clock } = admissionOf();
    expect(passing(admission, 150)).toBe(100);
    expect(admission.admit("192.0.2.2")).toMatchObject({ code: "unavailable", retryAfterSeconds: 1 });
    await clock.advance(999);
    expect(passing(admission, 10)).toBe(0);
    await clock.advance(1);
    expect(passing(admission, 150)).toBe(100);
  });

  it("S42: admits so many of one address, says when the next may come, and tells the host once a minute", async () => {
    const { admission, clock, warnings } = admissionOf({}, 5);
    expect(passing(admission, 20)).toBe(5);
    expect(admission.admit("192.0.2.1")).toMatchObject({ code: "rate_limited", retryAfterSeconds: 3 });
    expect(passing(admission, 5, "192.0.2.2")).toBe(5);
    expect(warnings).toHaveLength(1);
    await clock.advance(60_000);
    passing(admission, 10);
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toContain("trustedProxies");
    expect(warnings[0]).not.toContain("192.0.2");
  });

  it("S42: charges an address nothing for who is refused because the node is busy", async () => {
    const { admission, clock } = admissionOf({ admissionsPerSecondMax: 3 }, 4);
    expect(passing(admission, 50)).toBe(3);
    await clock.advance(1_000);
    expect(passing(admission, 50)).toBe(1);
  });

  it("S42: has room again for an address whose sessions have ended", () => {
    const { admission } = admissionOf({ connectionsPerAddressMax: 1 });
    admission.enter("192.0.2.1");
    expect(admission.admit("192.0.2.1")).toMatchObject({ code: "rate_limited" });
    admission.leave("192.0.2.1");
    expect(admission.admit("192.0.2.1")).toBeNull();
    expect(admission.addresses).toBe(0);
  });

  it("I27: looks at no wall clock", () => {
    const { admission, clock } = admissionOf({ admissionsPerSecondMax: 10 });
    passing(admission, 10);
    clock.stepWall(-3_600_000);
    expect(passing(admission, 10)).toBe(0);
    clock.stepWall(7_200_000);
    expect(passing(admission, 10)).toBe(0);
  });

  // Trap 22: 50,000 clients at 2,000 a second come back over 25 s.
  it.each([
    [1, 2_000, 400],
    [800, 2_000, 400],
    [801, 2_000, 401],
    [50_000, 2_000, 25_000],
    [100_000, 500, 200_000],
    [0, 2_000, 400],
  ])("spreads %i connections at %i a second over %i ms", (connections, admissionsPerSecondMax, spread) => {
    expect(admissionOf({ admissionsPerSecondMax }).admission.spread(connections)).toBe(spread);
  });

  it.each([
    [0, 25_000],
    [1, 25_000],
    [2, 12_500],
    [9, 2_778],
    [100, 400],
  ])("spreads 50,000 connections over what %i other nodes let in, %i ms", (others, spread) => {
    expect(admissionOf({ admissionsPerSecondMax: 2_000 }, 1e9, others).admission.spread(50_000)).toBe(spread);
  });
});
