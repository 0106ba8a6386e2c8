import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, release, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { canPin } from "../machine/pinned.ts";

const PACKAGES = ["ws", "socket.io", "@socket.io/redis-streams-adapter", "aedes"];

/** What was measured, and on what. */
export interface Versions {
  readonly node: string;
  readonly packages: Readonly<Record<string, string>>;
  readonly kernel: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  /** Whether server and generator had cores of their own. */
  readonly pinned: boolean;
}

export function versions(): Versions {
  const [cpu] = cpus();
  return {
    node: process.version,
    packages: Object.fromEntries(PACKAGES.map((name) => [name, versionOf(name)])),
    kernel: release(),
    cpu: cpu?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    pinned: canPin,
  };
}

/** From the package's own package.json, which not every package lets itself be asked for. */
function versionOf(name: string): string {
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? [];
  for (const folder of folders) {
    try {
      const { version } = JSON.parse(readFileSync(join(folder, name, "package.json"), "utf8")) as { version: string };
      return version;
    } catch {
      // Not in this folder.
    }
  }
  return `not installed in ${dirname(folders[0] ?? "")}`;
}
