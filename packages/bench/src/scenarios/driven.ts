import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startRedis } from "../../../../scripts/servers/start-redis.ts";
import { RunningGenerator } from "../generator/running-generator.ts";
import type { Target } from "../generator/task.ts";
import type { PeerSettings } from "../peers/peer-settings.ts";
import { peerNamed } from "../peers/peers.ts";
import { RunningPeer } from "../peers/running-peer.ts";
import type { Population } from "../population.ts";
import { processCpuSeconds } from "../process-cpu.ts";

/** A peer's server, fresh, with who drives it and what else it needs. */
export interface Driven {
  readonly server: RunningPeer;
  readonly generator: RunningGenerator;
  readonly settings: PeerSettings;
  readonly target: Target;
  /** CPU time of a Redis beside it, in s; null where there is none. */
  redisCpuSeconds(): number | null;
}

/** Connections a second that are let in where nothing is measured of that. */
const ADMISSIONS_PER_SECOND = 100_000;

export interface DrivenOptions {
  readonly history?: number;
  /** null: the server's own bound. */
  readonly admissionsPerSecond?: number | null;
  /** Whether what the server keeps outlives it, also where it usually does not. */
  readonly durable?: boolean;
  /** Folder for a profile of the server; null: none. */
  readonly profile?: string | null;
}

/** Starts a peer and a generator, lets `work` have them, and ends both, however it ends. */
export async function driven<Result>(
  name: string,
  population: Population,
  work: (driven: Driven) => Promise<Result>,
  { history = 0, admissionsPerSecond = ADMISSIONS_PER_SECOND, durable = false, profile = null }: DrivenOptions = {},
): Promise<Result> {
  await using stack = new AsyncDisposableStack();
  const peer = peerNamed(name);
  const folder = mkdtempSync(join(tmpdir(), "earshot-bench-"));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const redis = peer.needsRedis ? await startRedis({ appendonly: false }) : null;
  if (redis !== null) stack.defer(() => redis.stop());
  const settings: PeerSettings = {
    peer: name,
    port: 0,
    population,
    history,
    database: peer.database || durable ? join(folder, "bench.db") : null,
    redisUrl: redis?.url ?? null,
    admissionsPerSecond,
  };
  const server = await RunningPeer.start(settings);
  stack.defer(() => server.kill());
  const generator = new RunningGenerator();
  stack.defer(() => generator.end());
  const target = { port: server.port, pid: server.pid, dialect: peer.dialect };
  const redisCpuSeconds = (): number | null =>
    redis === null || redis.pid === null ? null : processCpuSeconds(redis.pid);
  if (profile === null) return await work({ server, generator, settings, target, redisCpuSeconds });
  return await profiled(server, name, profile, () => work({ server, generator, settings, target, redisCpuSeconds }));
}

/** Does the work while the server notes where its time goes; that ends up in the folder. */
export async function profiled<Result>(
  server: RunningPeer,
  name: string,
  folder: string,
  work: () => Promise<Result>,
): Promise<Result> {
  await server.beginProfile();
  const result = await work();
  mkdirSync(folder, { recursive: true });
  await server.endProfile(join(folder, `${name}-${server.pid}.cpuprofile`));
  return result;
}
