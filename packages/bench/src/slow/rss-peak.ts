import { readFileSync } from "node:fs";

const LOOK_EVERY_MS = 250;
const BYTES_PER_KB = 1_024;

/** The most memory that a process had while `work` ran, in bytes. Linux only. */
export async function rssPeak<Result>(
  pid: number,
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly bytes: number }> {
  let bytes = 0;
  const look = (): void => {
    bytes = Math.max(bytes, rssBytes(pid));
  };
  const looking = setInterval(look, LOOK_EVERY_MS);
  try {
    const result = await work();
    look();
    return { result, bytes };
  } finally {
    clearInterval(looking);
  }
}

function rssBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
  return Number(kilobytes) * BYTES_PER_KB;
}
