import { rm } from "node:fs/promises";
import { createClient } from "@redis/client";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../../scripts/servers/free-port.ts";
import { startRedis } from "../../../scripts/servers/start-redis.ts";
import type { StartedServer } from "../../../scripts/servers/started-server.ts";
import { makeTlsFiles, type TlsFiles } from "../../../scripts/servers/tls-files.ts";
import { type RedisClient, redisBus, redisPresence, redisStore, redisStreamsBus } from "../src/index.ts";

let server: StartedServer;
let port = 0;
let files: readonly TlsFiles[] = [];

beforeAll(async () => {
  files = await Promise.all([makeTlsFiles(), makeTlsFiles()]);
  const [own] = files;
  port = await freePort();
  const tls = { "tls-port": `${port}`, "tls-cert-file": own?.cert ?? "", "tls-key-file": own?.key ?? "" };
  server = await startRedis({ settings: { ...tls, "tls-ca-cert-file": own?.cert ?? "", "tls-auth-clients": "no" } });
});
afterAll(async () => {
  await server?.stop();
  for (const { folder } of files) await rm(folder, { recursive: true });
});

const DRIVERS: Readonly<Record<string, (ca: string) => RedisClient>> = {
  ioredis: (ca) => new Redis({ port, host: "127.0.0.1", tls: { ca }, lazyConnect: true }),
  "node-redis": (ca) => createClient({ socket: { port, host: "127.0.0.1", tls: true, ca } }),
};

const adapters = (client: RedisClient) => [
  redisStore(client),
  redisBus(client),
  redisStreamsBus(client),
  redisPresence(client),
];

describe.each(Object.entries(DRIVERS))("Redis over TLS, by %s", (_, client) => {
  it("is used by store, buses and presence alike, with the CA that the client is given", async () => {
    for (const adapter of adapters(client(files[0]?.ca ?? ""))) {
      await adapter.open();
      await adapter.ping();
      await adapter.close();
    }
  });

  it("says that the certificate is not trusted", async () => {
    for (const adapter of adapters(client(files[1]?.ca ?? ""))) {
      await expect(adapter.open()).rejects.toMatchObject({
        code: "invalid",
        message: expect.stringMatching(
          /^unable to open [a-z ]+; .*certificate .*\(DEPTH_ZERO_SELF_SIGNED_CERT\): [^\n]+$/,
        ),
      });
      await adapter.close();
    }
  });
});
