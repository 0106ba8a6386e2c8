import { readFileSync } from "node:fs";
import { cpuSecondsOf } from "./process-cpu.ts";

/**
 * CPU that a process and all that it started have used so far, in s; of those that have ended, if they were waited for. For
 * servers that are many processes, such as Postgres. Linux only.
 */
export function treeCpuSeconds(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").split(" ");
    const pids = children.map(Number).filter((child) => child > 0);
    return pids.reduce((sum, child) => sum + treeCpuSeconds(child), cpuSecondsOf(stat) + endedCpuSecondsOf(stat));
  } catch {
    // Ended meanwhile: by now it counts with its parent's.
    return 0;
  }
}

/** Of children that have ended: fields 16 and 17, as `cpuSecondsOf` reads 14 and 15. */
function endedCpuSecondsOf(stat: string): number {
  const end = stat.lastIndexOf(")") + 2;
  const fields = stat.slice(end).split(" ");
  return cpuSecondsOf(`${stat.slice(0, end)}${[...fields.slice(0, 11), ...fields.slice(13)].join(" ")}`);
}
