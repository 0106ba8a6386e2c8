import type { Fault } from "./fault.ts";
import type { Operation, Plan } from "./plan.ts";

/** Whether a plan still fails as the one did that is shrunk. */
export type Fails = (plan: Plan) => Promise<boolean>;

/**
 * Leaves out of a plan that fails what it fails without: faults first, then devices, then operations. `goOn` false
 * ends it with what it has come to.
 */
export async function shrink(plan: Plan, fails: Fails, goOn: () => boolean): Promise<Plan> {
  const faults = await fewest(plan.faults, (kept) => fails({ ...plan, faults: kept }), goOn);
  let small: Plan = { ...plan, faults };
  for (let device = plan.devices.length - 1; device >= 0 && small.devices.length > 1 && goOn(); device--) {
    const without = withoutDevice(small, device);
    if (await fails(without)) small = without;
  }
  const before = small;
  const operations = await fewest(before.operations, (kept) => fails({ ...before, operations: kept }), goOn);
  small = { ...before, operations };
  for (let at = 0; at < operations.length && goOn(); at++) {
    const single = withSingleSend(small, at);
    if (single !== null && (await fails(single))) small = single;
  }
  return small;
}

/** Of these the fewest that are found with which it fails: halves are left out, then quarters, down to each one. */
async function fewest<T>(
  all: readonly T[],
  fails: (kept: readonly T[]) => Promise<boolean>,
  goOn: () => boolean,
): Promise<readonly T[]> {
  let kept = all;
  if (kept.length > 0 && goOn() && (await fails([]))) return [];
  for (let size = Math.ceil(kept.length / 2); size >= 1 && goOn(); size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < kept.length && goOn(); ) {
      const fewer = [...kept.slice(0, from), ...kept.slice(from + size)];
      if (fewer.length > 0 && (await fails(fewer))) kept = fewer;
      else from += size;
    }
  }
  return kept;
}

/** The plan as if there were no such device (pure). */
export function withoutDevice(plan: Plan, device: number): Plan {
  const left = <T extends object>(of: readonly T[]): readonly T[] =>
    of.flatMap((one) => {
      const index = "device" in one ? (one.device as number) : -1;
      if (index === device) return [];
      return index > device ? [{ ...one, device: index - 1 }] : [one];
    });
  return {
    ...plan,
    devices: plan.devices.filter((_, index) => index !== device),
    operations: left<Operation>(plan.operations),
    faults: left<Fault>(plan.faults),
  };
}

function withSingleSend(plan: Plan, at: number): Plan | null {
  const operation = plan.operations[at];
  if (operation?.op !== "send" || operation.count === 1) return null;
  return { ...plan, operations: plan.operations.with(at, { ...operation, count: 1 }) };
}
