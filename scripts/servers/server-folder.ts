import { chownSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface User {
  readonly uid: number;
  readonly gid: number;
}

/** A new folder of a throwaway server, of `owner` if one is given. */
export function serverFolder(kind: string, owner: User | null = null): string {
  const folder = mkdtempSync(join(tmpdir(), `earshot-${kind}-`));
  if (owner !== null) chownSync(folder, owner.uid, owner.gid);
  return folder;
}

/** For programs that refuse to run as root: the first of these users that the machine has; null if this process is not root. */
export function unprivilegedUser(...names: readonly string[]): User | null {
  if (process.getuid?.() !== 0) return null;
  const lines = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  for (const name of names) {
    const line = lines.find(([found]) => found === name);
    if (line !== undefined) return { uid: Number(line[2]), gid: Number(line[3]) };
  }
  throw new Error(`unable to drop root's rights; this machine has none of the users ${names.join(", ")}`);
}
