import { setTimeout as sleep } from "node:timers/promises";

/** ms until it is so. */
export async function until(isSo: () => boolean | Promise<boolean>, withinMs: number): Promise<number> {
  const from = performance.now();
  while (!(await isSo())) {
    if (performance.now() - from > withinMs) throw new Error(`not so within ${withinMs} ms`);
    await sleep(20);
  }
  return performance.now() - from;
}
