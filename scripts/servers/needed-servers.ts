import { readFileSync } from "node:fs";

/** What the project `servers` of vitest.config.ts gives to its tests by `inject`. */
export const SERVER_KEYS = ["postgresUrl", "redisUrl", "redisClusterUrl", "natsUrl"] as const;

export type ServerKey = (typeof SERVER_KEYS)[number];

const BY_PACKAGE: Readonly<Record<string, readonly ServerKey[]>> = {
  "packages/adapter-postgres/": ["postgresUrl"],
  "packages/adapter-redis/": ["redisUrl", "redisClusterUrl"],
  "packages/adapter-nats/": ["natsUrl"],
  // These start their own.
  "examples/cluster/": [],
  "packages/bench/test/servers/": [],
  "scripts/servers/": [],
};

/**
 * The servers that these test files need: those of their package, and those whose keys they name themselves. A file
 * of any other package that names none may need any.
 */
export function neededServers(files: readonly string[]): ReadonlySet<ServerKey> {
  return new Set(files.flatMap((file) => neededBy(file)));
}

function neededBy(file: string): readonly ServerKey[] {
  const text = readFileSync(file, "utf8");
  const named = SERVER_KEYS.filter((key) => text.includes(`inject("${key}")`));
  const ofPackage = Object.entries(BY_PACKAGE).find(([folder]) => file.replaceAll("\\", "/").includes(folder));
  if (ofPackage !== undefined) return [...ofPackage[1], ...named];
  return named.length > 0 ? named : SERVER_KEYS;
}
