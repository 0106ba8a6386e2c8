import { randomBytes } from "node:crypto";
import type { Random } from "../ports/random.ts";

/** Taken from the machine at once: a session's name takes 16 of them, which alone cost as much as all of these. */
const POOL_BYTES = 4_096;
let pool = Buffer.alloc(0);

/** The machine's own chance. No byte is given twice. */
export const systemRandom: Random = {
  float: () => Math.random(),
  bytes: (count) => {
    if (count > POOL_BYTES / 8) return randomBytes(count);
    if (pool.length < count) pool = randomBytes(POOL_BYTES);
    const bytes = new Uint8Array(pool.subarray(0, count));
    pool = pool.fill(0, 0, count).subarray(count);
    return bytes;
  },
};
