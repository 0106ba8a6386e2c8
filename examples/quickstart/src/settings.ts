import { resolve } from "node:path";

/** What the environment says, or its defaults. */
export interface Settings {
  /** 0: any free one. */
  readonly port: number;
  readonly host: string;
  /** Absolute. */
  readonly dataDir: string;
}

const PORT_MAX = 65_535;

/** Reads `PORT` (3000), `HOST` (127.0.0.1) and `DATA_DIR` (./data); throws one sentence that names the variable. */
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
  return { port: Number(port), host, dataDir: resolve(dataDir) };
}

/** A variable that is set to nothing counts as not set. */
function given(value: string | undefined, fallback: string): string {
  const trimmed = value?.trim() ?? "";
  return trimmed === "" ? fallback : trimmed;
}
