import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { afterEach, describe, expect, inject, it } from "vitest";
import { freePort } from "../../../scripts/servers/free-port.ts";
import { startNats } from "../../../scripts/servers/start-nats.ts";
import { jetstreamBus, natsBus, natsOptions, natsPresence } from "../src/index.ts";

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const adapters = [
  ["natsBus", natsBus],
  ["jetstreamBus", jetstreamBus],
  ["natsPresence", natsPresence],
] as const;

async function connected(...given: Parameters<typeof natsOptions>): Promise<NatsConnection> {
  const connection = await connect(natsOptions({ servers: inject("natsUrl"), ...given[0] }));
  ends.push(() => connection.close());
  return connection;
}

async function server(...args: readonly string[]): Promise<string> {
  const started = await startNats({ args });
  ends.push(() => started.stop());
  return started.url;
}

/** A connection of a user who may do this and nothing else. */
async function permitted(permissions: string): Promise<NatsConnection> {
  const folder = await mkdtemp(join(tmpdir(), "earshot-nats-"));
  ends.push(() => rm(folder, { recursive: true }));
  const config = join(folder, "nats.conf");
  await writeFile(config, `authorization { users: [{ user: u, password: p, permissions: ${permissions} }] }`);
  return connected({ servers: await server("--config", config), user: "u", pass: "p" });
}

describe.each(adapters)("opening %s", (_, make) => {
  it("says that there is no server", async () => {
    const port = await freePort();
    const end = make(connect(natsOptions({ servers: `nats://127.0.0.1:${port}` })));
    await expect(end.open()).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("ECONNREFUSED"),
    });
  });

  it("says that the credentials are wrong", async () => {
    const url = await server("--user", "earshot", "--pass", "right");
    const end = make(connect(natsOptions({ servers: url, user: "earshot", pass: "wrong" })));
    await expect(end.open()).rejects.toMatchObject({ code: "unauthenticated" });
  });

  it("says what its user may not do", async () => {
    const end = make(permitted("{ publish: [other.>], subscribe: [other.>, _INBOX.>] }"));
    await expect(end.open()).rejects.toMatchObject({
      code: "forbidden",
      message: expect.stringContaining("earshot.>"),
    });
  });

  it("refuses a connection that gives up reconnecting, and one that was closed", async () => {
    const stubborn = await connect({ servers: inject("natsUrl") });
    await expect(make(stubborn).open()).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining("natsOptions"),
    });
    await stubborn.close();
    const closed = await connected();
    await closed.close();
    await expect(make(closed).open()).rejects.toMatchObject({ code: "unavailable" });
  });

  it("refuses a server that is too old, or takes small messages alone", async () => {
    const connection = await connected();
    const as = (info: object): NatsConnection =>
      new Proxy(connection, {
        get: (target, key) => (key === "info" ? { ...target.info, ...info } : Reflect.get(target, key)),
      });
    await expect(make(as({ version: "2.8.4" })).open()).rejects.toMatchObject({ code: "invalid" });
    await expect(make(as({ max_payload: 65_536 })).open()).rejects.toMatchObject({ code: "invalid" });
  });

  it("leaves the host's connection open, and may be closed at once", async () => {
    const connection = await connected();
    const end = make(connection, { namespace: randomUUID() });
    await end.open();
    await end.close();
    expect(connection.isClosed()).toBe(false);
    await connection.flush();
  });
});

describe.each(adapters.slice(1))("opening %s", (_, make) => {
  it("says that JetStream is not enabled", async () => {
    const started = await startNats({ jetstream: false });
    ends.push(() => started.stop());
    const end = make(await connected({ servers: started.url }));
    await expect(end.open()).rejects.toMatchObject({ code: "invalid", message: expect.stringContaining("JetStream") });
  });

  it("says what of JetStream its user may not do, and needs no more than the README says", async () => {
    const without = make(permitted("{ publish: [earshot.>], subscribe: [earshot.>, _INBOX.>] }"));
    await expect(without.open()).rejects.toMatchObject({
      code: "forbidden",
      message: expect.stringContaining("$JS.API"),
    });
    const all = `["earshot.>", "_INBOX.>", "$JS.API.>", "$JS.FC.>", "$KV.>"]`;
    const end = make(permitted(`{ publish: ${all}, subscribe: [earshot.>, _INBOX.>] }`));
    await end.open();
    await end.close();
  });
});
