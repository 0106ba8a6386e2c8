import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { neededServers, SERVER_KEYS } from "./needed-servers.ts";

const root = mkdtempSync(join(tmpdir(), "earshot-needed-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function file(path: string, text: string): string {
  const full = join(root, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, text);
  return full;
}

describe("neededServers", () => {
  it("starts nothing for no file", () => {
    expect(neededServers([])).toEqual(new Set());
  });

  it("knows a package's own server", () => {
    const one = file("packages/adapter-nats/test/a.test.ts", 'import { x } from "./support.ts";');
    expect(neededServers([one])).toEqual(new Set(["natsUrl"]));
  });

  it("adds what a file names itself", () => {
    const one = file("packages/adapter-nats/test/b.test.ts", 'inject("redisUrl")');
    const two = file("examples/cluster/test/c.test.ts", 'inject("postgresUrl")');
    expect(neededServers([one])).toEqual(new Set(["natsUrl", "redisUrl"]));
    expect(neededServers([two])).toEqual(new Set(["postgresUrl"]));
  });

  it("gives every server to a file that names none and has none of its own", () => {
    expect(neededServers([file("packages/bench/test/d.test.ts", "")])).toEqual(new Set(SERVER_KEYS));
  });

  it("starts nothing for files that start their own", () => {
    expect(neededServers([file("examples/cluster/test/e.test.ts", "")])).toEqual(new Set());
  });
});
