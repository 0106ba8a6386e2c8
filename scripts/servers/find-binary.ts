import { accessSync, constants, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Where a server's program is: on the PATH, in /usr/sbin, or where Debian keeps Postgres (the newest version first). */
export function findBinary(name: string): string | null {
  const folders = [
    ...(process.env["PATH"] ?? "").split(delimiter),
    "/usr/sbin",
    "/usr/local/sbin",
    ...postgresFolders(),
  ];
  return folders.map((folder) => join(folder, name)).find(canRun) ?? null;
}

/** As `findBinary`, for a program that has to be there. */
export function requireBinary(name: string, packageName: string): string {
  const found = findBinary(name);
  if (found !== null) return found;
  throw new Error(
    `unable to start ${name}; it is not on this machine: install it (Debian: apt-get install ${packageName})`,
  );
}

function postgresFolders(): string[] {
  const root = "/usr/lib/postgresql";
  try {
    const versions = readdirSync(root).sort((a, b) => Number(b) - Number(a));
    return versions.map((version) => join(root, version, "bin"));
  } catch {
    return [];
  }
}

function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
