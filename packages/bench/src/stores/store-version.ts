import { execFileSync } from "node:child_process";
import { requireBinary } from "../../../../scripts/servers/find-binary.ts";
import type { StoreKind } from "./store-kind.ts";

/** Of what a store lives on: `PostgreSQL 15.18`. */
export function storeVersion(kind: StoreKind): string {
  switch (kind) {
    case "memory":
      return `Node.js ${process.versions.node}`;
    case "sqlite":
      return `SQLite ${process.versions["sqlite"] ?? "of Node.js"}`;
    case "postgres":
      return `PostgreSQL ${programVersion("postgres", "postgresql")}`;
    case "redis":
      return `Redis ${programVersion("redis-server", "redis-server")}`;
  }
}

/** The first number with dots that a program says about itself. */
export function programVersion(name: string, packageName: string): string {
  const said = execFileSync(requireBinary(name, packageName), ["--version"], { encoding: "utf8" });
  return /\d+(\.\d+)+/.exec(said)?.[0] ?? said.trim();
}
