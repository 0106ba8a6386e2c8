import { rm } from "node:fs/promises";
import { connect } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startNats } from "../../../scripts/servers/start-nats.ts";
import type { StartedServer } from "../../../scripts/servers/started-server.ts";
import { makeTlsFiles, type TlsFiles } from "../../../scripts/servers/tls-files.ts";
import { jetstreamBus, natsBus, natsOptions, natsPresence } from "../src/index.ts";

let server: StartedServer;
let files: readonly TlsFiles[] = [];

beforeAll(async () => {
  files = await Promise.all([makeTlsFiles(), makeTlsFiles()]);
  const [own] = files;
  server = await startNats({ args: ["--tls", "--tlscert", own?.cert ?? "", "--tlskey", own?.key ?? ""] });
});
afterAll(async () => {
  await server?.stop();
  for (const { folder } of files) await rm(folder, { recursive: true });
});

const options = (file: TlsFiles | undefined) => natsOptions({ servers: server.url, tls: { ca: file?.ca ?? "" } });

describe("NATS over TLS", () => {
  it("is used by buses and presence alike, with the CA that the connection is given", async () => {
    const connection = await connect(options(files[0]));
    for (const adapter of [natsBus(connection), jetstreamBus(connection), natsPresence(connection)]) {
      await adapter.open();
      await adapter.ping();
      await adapter.close();
    }
    await connection.close();
  });

  it("says that the certificate is not trusted", async () => {
    for (const make of [natsBus, jetstreamBus, natsPresence]) {
      await expect(make(connect(options(files[1]))).open()).rejects.toMatchObject({
        code: "invalid",
        message: expect.stringMatching(
          /^unable to open [a-z ]+; .*certificate .*\(DEPTH_ZERO_SELF_SIGNED_CERT\): [^\n]+$/,
        ),
      });
    }
  });
});
