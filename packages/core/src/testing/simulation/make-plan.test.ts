import { describe, expect, it } from "vitest";
import { FAULT_IDS, type FaultKind } from "./fault.ts";
import { makePlan } from "./make-plan.ts";
import type { Plan } from "./plan.ts";

const PLANS = Array.from({ length: 400 }, (_, index) => makePlan(index + 1));

function median(of: (plan: Plan) => number, plans: readonly Plan[] = PLANS): number {
  return plans.map(of).sort((a, b) => a - b)[plans.length >> 1] as number;
}

function sends({ operations }: Plan): number {
  return operations.reduce((sum, operation) => sum + (operation.op === "send" ? operation.count : 0), 0);
}

describe("makePlan", () => {
  it("I28: gives the same plan for the same seed, and another for another", () => {
    expect(makePlan(4711)).toEqual(makePlan(4711));
    expect(new Set(PLANS.map((plan) => JSON.stringify({ ...plan, seed: 0 }))).size).toBe(PLANS.length);
  });

  it("plans enough: 3 gateways, 6 devices and nearly 300 sends in the median", () => {
    expect(median(({ gateways }) => gateways)).toBe(3);
    expect(median(({ devices }) => devices.length)).toBeGreaterThanOrEqual(6);
    expect(median(({ conversations }) => conversations.length)).toBeGreaterThanOrEqual(3);
    // and what is changed, and written after the healing
    expect(median(sends)).toBeGreaterThanOrEqual(270);
  });

  it("gives a quarter of the seeds no faults, the others 2 crashes in the median, and all kinds sooner or later", () => {
    const faulty = PLANS.filter(({ faults }) => faults.length > 0);
    expect(faulty.length / PLANS.length).toBeGreaterThan(0.68);
    expect(faulty.length / PLANS.length).toBeLessThan(0.82);
    const crashes = ({ faults }: Plan): number => faults.filter(({ kind }) => kind.startsWith("crash")).length;
    expect(median(crashes, faulty)).toBeGreaterThanOrEqual(2);
    expect(new Set(faulty.flatMap(({ faults }) => faults.map(({ kind }) => kind))).size).toBe(
      Object.keys(FAULT_IDS).length,
    );
  });

  it("draws the faults that it may draw, and no other", () => {
    const faults: readonly FaultKind[] = ["crash gateway", "cut"];
    const kinds = PLANS.flatMap(({ seed }) => makePlan(seed, { faults }).faults.map(({ kind }) => kind));
    expect(new Set(kinds)).toEqual(new Set(faults));
    expect(PLANS.every(({ seed }) => makePlan(seed, { faults: [] }).faults.length === 0)).toBe(true);
  });

  it("names devices and conversations that there are, at moments within the first phase, in order", () => {
    for (const { devices, conversations, operations, faults, fireMs, gateways } of PLANS) {
      const convs = new Set(conversations.map(({ id }) => id));
      for (const operation of operations) {
        if ("device" in operation) expect(devices[operation.device]).toBeDefined();
        if (operation.op === "create") convs.add(operation.conversation.id);
        else if ("conv" in operation) expect(convs).toContain(operation.conv);
      }
      for (const fault of faults) {
        if ("device" in fault) expect(devices[fault.device]).toBeDefined();
        if ("gateway" in fault) expect(fault.gateway).toBeLessThan(gateways);
      }
      const moments = operations.map(({ at }) => at);
      expect(moments).toEqual(moments.toSorted((a, b) => a - b));
      expect(Math.max(...moments, ...faults.map(({ at }) => at))).toBeLessThan(fireMs);
    }
  });

  it("has sizes around the limit of fan-out, so that member changes cross it", () => {
    const sizes = PLANS.flatMap(({ conversations, fanout }) =>
      conversations.filter(({ kind }) => kind !== "direct").map(({ members }) => members.length + 1 - fanout.pullAbove),
    );
    expect(sizes.filter((above) => above > 0).length).toBeGreaterThan(sizes.length / 5);
    expect(sizes.filter((above) => above <= 0).length).toBeGreaterThan(sizes.length / 5);
  });
});
