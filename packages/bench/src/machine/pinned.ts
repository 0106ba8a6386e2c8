import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";

/** Servers have the first core for themselves; who drives them, and what else runs, the second. */
export const SERVER_CORE = 0;
export const GENERATOR_CORE = 1;

const TASKSET = ["/usr/bin/taskset", "/bin/taskset"].find((path) => existsSync(path)) ?? null;

/** Whether processes can be kept on cores of their own here. */
export const canPin = TASKSET !== null && availableParallelism() > 1;

/** The command that runs another one on a core; the same command where that cannot be. It becomes the other: same pid. */
export function pinned(
  core: number | null,
  file: string,
  args: readonly string[],
): { readonly file: string; readonly args: readonly string[] } {
  return TASKSET !== null && canPin && core !== null
    ? { file: TASKSET, args: ["-c", String(core), file, ...args] }
    : { file, args };
}
