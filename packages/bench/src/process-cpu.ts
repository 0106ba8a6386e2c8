import { readFileSync } from "node:fs";

/** What Linux counts in, whatever the machine (USER_HZ). */
const TICKS_PER_SECOND = 100;

/** User and system time that a process has used so far, all its threads together, in s; to 10 ms. Linux only. */
export function processCpuSeconds(pid: number): number {
  return cpuSecondsOf(readFileSync(`/proc/${pid}/stat`, "latin1"));
}

/** The same from the text of `/proc/<pid>/stat`: fields 14 and 15. The name in field 2 may hold anything. */
export function cpuSecondsOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
