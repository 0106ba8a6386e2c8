import { resolve } from "node:path";

/** What the environment says, or its defaults. */
export interface Settings {
  /** 0: any free one. */
  readonly port: number;
  readonly host: string;
  /** Absolute. */
  readonly dataDir: string;
  /** Time that clients have to leave when the server is told to end, in ms. */
  readonly drainMs: number;
  /** Time before that in which a balancer may notice that nobody should be sent here, in ms. */
  readonly drainWaitMs: number;
}

const PORT_MAX = 65_535;
const DRAIN_MS_MAX = 600_000;

/** Reads `PORT` (3000), `HOST` (127.0.0.1), `DATA_DIR` (./data), `DRAIN_MS` (2000) and `DRAIN_WAIT_MS` (0); throws one sentence that names the variable. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const port = given(env.PORT, "3000");
  if (!/^\d{1,5}$/.test(port) || Number(port) > PORT_MAX) {
    throw new Error(`PORT must be a number from 0 to ${PORT_MAX}, not ${JSON.stringify(port)}`);
  }
  const host = given(env.HOST, "127.0.0.1");
  if (!/^[A-Za-z0-9.:%_-]{1,253}$/.test(host)) {
    throw new Error(`HOST must be a host name or an IP address, not ${JSON.stringify(host)}`);
  }
  const dataDir = given(env.DATA_DIR, "./data");
  if (dataDir.includes("\0")) throw new Error("DATA_DIR must be a path of a directory");
  const drainMs = givenMs("DRAIN_MS", env.DRAIN_MS, "2000");
  const drainWaitMs = givenMs("DRAIN_WAIT_MS", env.DRAIN_WAIT_MS, "0");
  return { port: Number(port), host, dataDir: resolve(dataDir), drainMs, drainWaitMs };
}

function givenMs(name: string, value: string | undefined, fallback: string): number {
  const ms = given(value, fallback);
  if (!/^\d{1,6}$/.test(ms) || Number(ms) > DRAIN_MS_MAX) {
    throw new Error(`${name} must be a number from 0 to ${DRAIN_MS_MAX}, not ${JSON.stringify(ms)}`);
  }
  return Number(ms);
}

/** A variable that is set to nothing counts as not set. */
function given(value: string | undefined, fallback: string): string {
  const trimmed = value?.trim() ?? "";
  return trimmed === "" ? fallback : trimmed;
}
