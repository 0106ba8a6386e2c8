import { rm } from "node:fs/promises";
import { Pool, type PoolConfig } from "pg";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { startPostgres } from "../../../scripts/servers/start-postgres.ts";
import type { StartedServer } from "../../../scripts/servers/started-server.ts";
import { makeTlsFiles, type TlsFiles } from "../../../scripts/servers/tls-files.ts";
import { postgresBus, postgresPresence, postgresStore } from "../src/index.ts";

let server: StartedServer;
let files: readonly TlsFiles[] = [];
const ends: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  files = await Promise.all([makeTlsFiles("postgres"), makeTlsFiles("postgres")]);
  server = await startPostgres({ ssl: "on", ssl_cert_file: own().cert, ssl_key_file: own().key });
});
afterAll(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  await server?.stop();
  for (const { folder } of files) await rm(folder, { recursive: true });
});

function own(): TlsFiles {
  const [first] = files;
  if (first === undefined) throw new Error("no certificate was made");
  return first;
}

function pool(ssl: PoolConfig["ssl"], url = server.url): Pool {
  const made = new Pool({ connectionString: url, max: 4, ...(ssl === undefined ? {} : { ssl }) });
  made.on("error", () => {});
  ends.push(() => made.end());
  return made;
}

const adapters = (of: Pool) => [postgresStore(of), postgresBus(of), postgresPresence(of)];

describe("PostgreSQL over TLS", () => {
  it("is used by store, bus and presence alike, with the CA that the pool is given", async () => {
    const secure = pool({ ca: own().ca });
    for (const adapter of adapters(secure)) {
      ends.push(() => adapter.close());
      await adapter.open();
      await adapter.ping();
    }
    const { rows } = await secure.query(
      "SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'postgres'",
    );
    expect(rows).toEqual([{ ssl: true }]);
  });

  it("says that the certificate is not trusted, and that a server knows no TLS", async () => {
    for (const adapter of adapters(pool({ ca: files[1]?.ca }))) {
      await expect(adapter.open()).rejects.toMatchObject({
        code: "invalid",
        message: expect.stringMatching(
          /^unable to open [a-z ]+; .*certificate .*\(DEPTH_ZERO_SELF_SIGNED_CERT\): [^\n]+$/,
        ),
      });
      await adapter.close();
    }
    for (const adapter of adapters(pool({ ca: own().ca }, inject("postgresUrl")))) {
      await expect(adapter.open()).rejects.toMatchObject({
        code: "invalid",
        message: expect.stringMatching(/TLS|certificate/),
      });
      await adapter.close();
    }
  });
});
