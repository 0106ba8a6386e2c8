import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "../../../../scripts/servers/start-postgres.ts";
import { startRedis } from "../../../../scripts/servers/start-redis.ts";
import type { StartedServer } from "../../../../scripts/servers/started-server.ts";
import type { StoreKind } from "./store-kind.ts";

/** Where stores of one kind live while they are measured. */
export interface StorePlace {
  readonly kind: StoreKind;
  /** `StoreAddress.at`. */
  readonly at: string;
  /** Of the server, where there is one. */
  readonly pid: number | null;
  stop(): Promise<void>;
}

/** A folder, or a private server with the settings that it ships with, but that Redis writes its log through (`appendfsync always`). */
export async function startStorePlace(kind: StoreKind): Promise<StorePlace> {
  switch (kind) {
    case "memory":
      return { kind, at: "", pid: null, stop: async () => {} };
    case "sqlite": {
      const at = mkdtempSync(join(tmpdir(), "earshot-bench-"));
      const remove = (): void => rmSync(at, { recursive: true, force: true });
      process.once("exit", remove);
      return { kind, at, pid: null, stop: async () => remove() };
    }
    case "postgres":
      return ofServer(kind, await startPostgres());
    case "redis":
      return ofServer(kind, await startRedis({ appendonly: true, appendfsync: "always" }));
  }
}

function ofServer(kind: StoreKind, server: StartedServer): StorePlace {
  return { kind, at: server.url, pid: server.pid, stop: () => server.stop() };
}
