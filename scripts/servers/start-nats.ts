import { join } from "node:path";
import { converse } from "./converse.ts";
import { requireBinary } from "./find-binary.ts";
import { freePort } from "./free-port.ts";
import { serverFolder } from "./server-folder.ts";
import { startGuarded } from "./start-guarded.ts";
import type { StartedServer } from "./started-server.ts";

export interface NatsOptions {
  /** Whether it keeps streams and key-value buckets on disk. Default: true. */
  readonly jetstream?: boolean;
  /** Further words of its command line. */
  readonly args?: readonly string[];
}

/** Starts a private NATS server on a free port of 127.0.0.1. */
export async function startNats({ jetstream = true, args = [] }: NatsOptions = {}): Promise<StartedServer> {
  const file = requireBinary("nats-server", "nats-server");
  const port = await freePort();
  const folder = serverFolder("nats");
  const streams = jetstream ? ["--jetstream", "--store_dir", folder] : [];
  return startGuarded(
    {
      file,
      args: ["--addr", "127.0.0.1", "--port", String(port), ...streams, ...args],
      folder,
      cwd: folder,
      log: join(folder, "server.log"),
      env: {},
      user: null,
      first: null,
      stopSignal: "SIGTERM",
      stopWithinMs: 3000,
    },
    { url: `nats://127.0.0.1:${port}`, port, answers: () => natsAnswers(port) },
  );
}

/** It listens once its streams are recovered, and speaks first: a line of INFO. */
async function natsAnswers(port: number): Promise<boolean> {
  return (await converse(port, "", (text) => text.startsWith("INFO ") && text.includes("\r\n"))) !== null;
}
