import { describe, expect, it } from "vitest";
import { makePlan } from "./make-plan.ts";
import type { Plan } from "./plan.ts";
import { shrink, withoutDevice } from "./shrink.ts";

const always = (): boolean => true;
const PLAN = Array.from({ length: 100 }, (_, index) => makePlan(index + 1)).find(
  ({ faults, devices }) => faults.length >= 6 && devices.length >= 6,
) as Plan;

describe("shrink", () => {
  it("comes to the one fault, the one device and the one operation without which it does not fail", async () => {
    // one of a device would keep that device, too
    const culprit = PLAN.faults.find((fault) => !("device" in fault));
    const send = PLAN.operations.find((operation) => operation.op === "send");
    const name = PLAN.devices[send?.device ?? 0]?.name;
    const at = send?.at;
    const small = await shrink(
      PLAN,
      async ({ faults, devices, operations }) =>
        faults.some(({ kind, at: when }) => kind === culprit?.kind && when === culprit.at) &&
        devices.some((device) => device.name === name) &&
        operations.some(
          (operation) => operation.op === "send" && operation.at === at && devices[operation.device]?.name === name,
        ),
      always,
    );
    expect(small.faults.length).toBe(1);
    expect(small.operations).toMatchObject([{ op: "send", at, count: 1 }]);
    expect(small.devices.length).toBe(1);
  });

  it("leaves a plan as it is that does not fail without anything", async () => {
    expect(await shrink(PLAN, async (plan) => plan === PLAN, always)).toEqual(PLAN);
  });

  it("ends when it is told to, with what it has come to", async () => {
    let asked = 0;
    await shrink(
      PLAN,
      async () => false,
      () => ++asked < 10,
    );
    expect(asked).toBeLessThan(20);
  });
});

describe("withoutDevice", () => {
  it("leaves everything out that is done to it or by it, and names the others as before", () => {
    const [left] = [withoutDevice(PLAN, 1)];
    const dropped = PLAN.devices[1]?.name;
    const byName = (plan: Plan) =>
      plan.operations.flatMap((operation) =>
        "device" in operation ? [`${operation.at} ${plan.devices[operation.device]?.name}`] : [],
      );
    expect(byName(left)).toEqual(byName(PLAN).filter((each) => !each.endsWith(` ${dropped}`)));
  });
});
