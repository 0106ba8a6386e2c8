import { freePort } from "./free-port.ts";
import { startNats } from "./start-nats.ts";
import type { StartedServer } from "./started-server.ts";

/** Starts a cluster of NATS servers, without JetStream: each tells its clients where the others are. */
export async function startNatsCluster(servers = 3): Promise<readonly StartedServer[]> {
  const started: StartedServer[] = [];
  const routes: string[] = [];
  try {
    // One after another: two at once could draw the same free port.
    for (let index = 0; index < servers; index++) {
      const own = `nats://127.0.0.1:${await freePort()}`;
      const args = ["--cluster_name", "earshot", "--cluster", own];
      const known = routes.length === 0 ? [] : ["--routes", routes.join(",")];
      started.push(await startNats({ jetstream: false, args: [...args, ...known] }));
      routes.push(own);
    }
    return started;
  } catch (error) {
    await Promise.all(started.map((server) => server.stop()));
    throw error;
  }
}
