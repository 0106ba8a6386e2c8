import { createServer } from "node:net";

/**
 * A TCP port that nobody on 127.0.0.1 listens on just now. Taken from below the range that outgoing
 * connections draw from (32768–60999 on Linux), so that a client that knocks while the server is down
 * never meets itself, and so that the port is still free for a restart.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (await isFree(port)) return port;
  }
  throw new Error("no free port between 20000 and 31999 on 127.0.0.1");
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
