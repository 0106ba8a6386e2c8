import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const text = readFileSync(join(root, "compose.yaml"), "utf8");

/** What it says above its services: how they are reached. */
const named = new Map(
  [...text.matchAll(/^# {3}([A-Z_]+)=(\S+)$/gm)].map(([, name = "", url = ""]) => [name, new URL(url)]),
);

/** The lines of one service. */
function service(name: string): string {
  const [, lines = ""] = new RegExp(`^ {2}${name}:\\n((?: {4}.*\\n)+)`, "m").exec(text) ?? [];
  return lines;
}

describe("compose.yaml", () => {
  it("names the variables that tests and examples read", () => {
    for (const file of ["scripts/servers/provide-servers.ts", "examples/cluster/src/start-systems.ts"]) {
      const source = readFileSync(join(root, file), "utf8");
      for (const name of named.keys()) expect(source, `${name} in ${file}`).toContain(`env: "${name}"`);
    }
    expect([...named.keys()].sort()).toEqual(["DATABASE_URL", "NATS_URL", "REDIS_URL"]);
  });

  it.each([
    ["DATABASE_URL", "postgres"],
    ["REDIS_URL", "redis"],
    ["NATS_URL", "nats"],
  ])("%s leads to its service %s, on this machine alone", (name, of) => {
    const url = named.get(name);
    expect(url?.protocol).toBe(`${of}:`);
    expect(service(of)).toContain(`ports: ["127.0.0.1:${url?.port}:${url?.port}"]`);
  });

  it("has servers that keep what the adapters promise, of versions that they take", () => {
    expect(service("postgres")).toContain(`POSTGRES_PASSWORD: ${named.get("DATABASE_URL")?.password}\n`);
    expect(Number(/image: postgres:(\d+)/.exec(service("postgres"))?.[1])).toBeGreaterThanOrEqual(15);
    expect(Number(/image: redis:(\d+)/.exec(service("redis"))?.[1])).toBeGreaterThanOrEqual(7);
    expect(service("redis")).toContain('"--appendonly", "yes", "--appendfsync", "always"');
    expect(service("nats")).toContain('"--jetstream"');
  });
});
