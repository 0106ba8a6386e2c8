import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Runs `work` while no other process runs its own under the same name; waits for its turn, and calls `waits` before it
 * first does. The lock is a socket that its holder listens on, so that it cannot outlive the holder: on Linux a name
 * in the kernel and no file, elsewhere a file that the next one finds dead. `work` gets one of its children's `stdio`, by
 * which they hold the lock as well: it lasts until they have ended too, also when their parent is killed.
 */
export async function alone(name, work, waits) {
  const short = `earshot-${createHash("sha256").update(name).digest("hex").slice(0, 24)}`;
  // All 108 bytes that such a name may have: Node.js 20 fills a shorter one up with NULs, later ones do not.
  const path = process.platform === "linux" ? `\0${short}`.padEnd(108, "-") : join(tmpdir(), `${short}.sock`);
  for (let round = 0; ; round++) {
    const lock = await take(path);
    // The descriptor has no documented name; without it the lock ends with this process.
    if (lock !== null) return work(lock._handle?.fd ?? "ignore").finally(() => lock.close());
    if (round === 0) waits();
    await released(path);
  }
}

/** The lock, or null if another process holds it. */
function take(path) {
  return new Promise((resolve, reject) => {
    const lock = createServer((waiting) => waiting.on("error", () => {}).unref());
    lock.on("error", (error) => (error.code === "EADDRINUSE" ? resolve(null) : reject(error)));
    lock.listen(path, () => resolve(lock.unref()));
  });
}

/** Resolves when the holder has let go of the lock, or may have. */
function released(path) {
  return new Promise((resolve) => {
    const holder = createConnection(path);
    holder.on("error", (error) => {
      if (error.code === "ECONNREFUSED" && !path.startsWith("\0")) rmSync(path, { force: true });
    });
    holder.on("close", () => setTimeout(resolve, 50));
  });
}
