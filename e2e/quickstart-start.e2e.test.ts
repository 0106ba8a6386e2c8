import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, describe, expect, it } from "vitest";
import { freePort } from "../scripts/servers/free-port.ts";
import { type FailedStart, failToStart, startServer } from "./support/server.ts";
import { call } from "./support/wire-http.ts";

/** A user of the system who owns nothing: root writes into read-only directories, too. */
const NOBODY = 65_534;

const made: string[] = [];
function directory(): string {
  const path = mkdtempSync(join(tmpdir(), "earshot-start-"));
  made.push(path);
  return path;
}

afterAll(() => {
  for (const path of made) {
    chmodSync(path, 0o755);
    rmSync(path, { recursive: true, force: true });
  }
});

/** One sentence on stderr, nothing on stdout, no stack, and an exit code that says so. */
function expectOneSentence(failed: FailedStart, says: RegExp): void {
  expect(failed.code).toBe(1);
  expect(failed.stdout).toBe("");
  expect(failed.stderr).toMatch(/^Earshot quickstart did not start: [^\n]*\.\n$/);
  expect(failed.stderr).not.toMatch(/undefined|\[object|^\s+at /m);
  expect(failed.stderr).toMatch(says);
}

/** A data directory in which a server has worked and stopped. */
async function usedDirectory(): Promise<string> {
  const dataDir = directory();
  const server = await startServer({ dataDir });
  for (let n = 0; n < 20; n++) {
    await call(server.url, "POST", "/conversations", { user: "alice", json: { kind: "group", members: [`u${n}`] } });
  }
  await server.stop();
  return dataDir;
}

describe("npm start", () => {
  it("prints its address and a warning about the demo login, serves, and ends cleanly at SIGTERM", async () => {
    const server = await startServer();
    expect(server.output()).toContain(`Earshot quickstart: ${server.url}\n`);
    expect(server.output()).toMatch(/Demo login: .*anybody can be anybody/);
    expect(await (await fetch(server.url)).text()).toContain("<title>Earshot quickstart</title>");
    expect(await server.stop()).toBe(0);
  });

  it("serves what describes it to tools", async () => {
    const server = await startServer();
    for (const [path, field, version] of [
      ["/openapi.json", "openapi", "3.1.0"],
      ["/asyncapi.json", "asyncapi", "3.0.0"],
    ] as const) {
      const response = await fetch(server.url + path);
      expect([path, response.status]).toEqual([path, 200]);
      expect((await response.json()) as Record<string, unknown>).toMatchObject({ [field]: version });
    }
    await server.stop();
  });

  it("is up within 3 s when everything is built, also right after a kill -9", async () => {
    const server = await startServer();
    await server.kill9();
    const from = performance.now();
    await server.restart();
    expect(performance.now() - from).toBeLessThan(3_000);
    await server.stop();
  });
});

describe("a start that cannot be", () => {
  it.each([
    ["PORT", "abc"],
    ["PORT", "70000"],
    ["PORT", "-1"],
    ["HOST", "not a host"],
  ])("%s=%s: one sentence that names the variable", async (name, value) => {
    expectOneSentence(await failToStart({ PORT: "0", DATA_DIR: directory(), [name]: value }), new RegExp(name));
  });

  it("an address that is not this machine's: one sentence", async () => {
    expectOneSentence(await failToStart({ PORT: "0", DATA_DIR: directory(), HOST: "192.0.2.1" }), /192\.0\.2\.1.*HOST/);
  });

  it("a taken port: one sentence, and the data directory is free again", async () => {
    const port = await freePort();
    const owner = createServer().listen(port, "127.0.0.1");
    const dataDir = directory();
    expectOneSentence(await failToStart({ PORT: String(port), HOST: "127.0.0.1", DATA_DIR: dataDir }), /taken.*PORT/);
    await new Promise((resolve) => owner.close(resolve));
    const server = await startServer({ dataDir, port });
    expect(await server.stop()).toBe(0);
  });

  it("a second server on the same data directory: one sentence, and the first serves on", async () => {
    const first = await startServer();
    expectOneSentence(await failToStart({ PORT: "0", DATA_DIR: first.dataDir }), /in use by another process/);
    expect((await call(first.url, "GET", "/readyz")).status).toBe(200);
    await first.stop();
  });

  it("a read-only directory: one sentence", async () => {
    const dataDir = directory();
    chmodSync(dataDir, 0o555);
    expectOneSentence(await failToStart({ PORT: "0", DATA_DIR: dataDir }, NOBODY), /chat\.db.*this process may write/);
  });

  it("a read-only database in a writable directory: one sentence", async () => {
    const dataDir = await usedDirectory();
    chmodSync(dataDir, 0o777);
    chownSync(join(dataDir, "chat.db"), 0, 0);
    chmodSync(join(dataDir, "chat.db"), 0o444);
    expectOneSentence(await failToStart({ PORT: "0", DATA_DIR: dataDir }, NOBODY), /chat\.db|DATA_DIR/);
  });

  it("a directory that is a file, or lies below one: one sentence", async () => {
    const file = join(directory(), "file");
    writeFileSync(file, "");
    expectOneSentence(await failToStart({ PORT: "0", DATA_DIR: file }), /DATA_DIR.*file/);
    expectOneSentence(await failToStart({ PORT: "0", DATA_DIR: join(file, "below") }), /DATA_DIR.*file/);
    expectOneSentence(await failToStart({ PORT: "0", DATA_DIR: "/proc/earshot" }), /DATA_DIR/);
  });

  it("a truncated database: one sentence, and the file is left as it was", async () => {
    const dataDir = await usedDirectory();
    const file = join(dataDir, "chat.db");
    const size = Math.floor(statSync(file).size / 2) - 100;
    truncateSync(file, size);
    expectOneSentence(await failToStart({ PORT: "0", DATA_DIR: dataDir }), /chat\.db|database/);
    expect(statSync(file).size).toBe(size);
  });

  it("a file that is no database: one sentence, and the file is left as it was", async () => {
    const dataDir = directory();
    const file = join(dataDir, "chat.db");
    writeFileSync(file, "this is a letter, not a database\n".repeat(200));
    const { size } = statSync(file);
    expectOneSentence(await failToStart({ PORT: "0", DATA_DIR: dataDir }), /chat\.db|database/);
    expect(statSync(file).size).toBe(size);
  });

  it("a database of a newer schema: one sentence that says so", async () => {
    const dataDir = await usedDirectory();
    const database = new DatabaseSync(join(dataDir, "chat.db"));
    database.exec("PRAGMA user_version = 9999");
    database.close();
    expectOneSentence(await failToStart({ PORT: "0", DATA_DIR: dataDir }), /schema 9999.*upgrade/);
  });
});
