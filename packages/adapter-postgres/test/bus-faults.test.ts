import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Bus, Envelope } from "@earshot/core";
import { settleBus, TcpProxy } from "@earshot/core/testing";
import pg, { type Pool } from "pg";
import { afterAll, describe, expect, inject, it } from "vitest";
import { startPostgres } from "../../../scripts/servers/start-postgres.ts";
import { postgresBus, postgresPresence } from "../src/index.ts";
import { startBouncer } from "./pg-bouncer.ts";
import { newPool } from "./pools.ts";
import { until } from "./until.ts";

// At once: most of it is waiting for silence to be noticed.
const ends: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const newNamespace = () => `t${randomUUID().replaceAll("-", "")}`;
const publication = (n: number, text = "hi") => ({
  topics: ["c:c1"] as const,
  envelope: {
    v: 1,
    node: "n1",
    n,
    kind: "events",
    c: "c1",
    epoch: "e1",
    mode: "push",
    membersVersion: 1,
    rows: [{ seq: n, ord: n, type: "message", id: `m${n}`, from: "alice", at: 1, body: { text } }],
  } satisfies Envelope,
});

function pool(url?: string): Pool {
  const made = newPool(url);
  ends.push(() => made.end());
  return made;
}

async function opened(bus: Bus): Promise<Bus> {
  await bus.open();
  ends.push(() => bus.close());
  return bus;
}

async function listen(bus: Bus): Promise<Envelope[]> {
  const heard: Envelope[] = [];
  await bus.subscribe("c:c1", (envelope) => heard.push(envelope)).ready;
  return heard;
}

async function proxyTo(url: string): Promise<{ readonly proxy: TcpProxy; readonly url: string }> {
  const proxy = await TcpProxy.to({ port: Number(new URL(url).port) });
  ends.push(() => proxy.close());
  const through = new URL(url);
  through.port = String(proxy.port);
  return { proxy, url: through.href };
}

describe("PostgreSQL bus, and a network that fails", () => {
  it.concurrent("F38: a connection on which nothing comes through is noticed within 10 s, and another is opened", async () => {
    const namespace = newNamespace();
    const { proxy, url } = await proxyTo(inject("postgresUrl"));
    const near = await opened(postgresBus(pool(), { namespace }));
    const far = await opened(postgresBus(pool(url), { namespace }));
    const heard = await listen(far);
    let told = 0;
    far.onInterruption(() => told++);
    proxy.swallow();
    const lost = far.publish([publication(1)]).catch((error: { readonly code: string }) => error.code);
    expect(await until(() => told === 1, 10_000)).toBeGreaterThan(2_000);
    expect(await lost).toBe("unavailable");
    await proxy.heal();
    await until(() => told === 2, 10_000);
    await near.publish([publication(2)]);
    await settleBus([near, far], () => sleep(20));
    expect(heard.map(({ n }) => n)).toEqual([2]);
  });

  it.concurrent("F37: a listener that is killed under load tells it once when it is lost and once when it is back", async () => {
    const namespace = newNamespace();
    const admin = pool();
    const near = await opened(postgresBus(admin, { namespace }));
    const far = await opened(postgresBus(pool(), { namespace }));
    const heard = await listen(far);
    let told = 0;
    far.onInterruption(() => told++);
    let published = 0;
    let going = true;
    const load = (async () => {
      while (going) await near.publish([publication(++published)]).catch(() => {});
    })();
    for (let kill = 1; kill <= 3; kill++) {
      await sleep(100);
      const before = heard.length;
      await admin.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 ORDER BY backend_start DESC LIMIT 1",
        [`earshot_${namespace}_bus`],
      );
      await until(() => told === 2 * kill && heard.length > before, 10_000);
    }
    going = false;
    await load;
    expect(told).toBe(6);
    expect(new Set(heard.map(({ n }) => n)).size).toBe(heard.length);
  });

  it.concurrent("F36: while the server is down, publishing says so at once, and topics asked for then are ready when it is back", async () => {
    const server = await startPostgres();
    ends.push(() => server.stop());
    const bus = await opened(postgresBus(pool(server.url)));
    const other = await opened(postgresBus(pool(server.url)));
    let told = 0;
    bus.onInterruption(() => told++);
    await server.kill();
    await until(() => told === 1, 5_000);
    await expect(bus.publish([publication(1)])).rejects.toMatchObject({ code: "unavailable", retryable: true });
    const heard: Envelope[] = [];
    const { ready } = bus.subscribe("c:c1", (envelope) => heard.push(envelope));
    await server.restart();
    await ready;
    await until(
      () =>
        other.ping().then(
          () => true,
          () => false,
        ),
      10_000,
    );
    await other.publish([publication(2)]);
    await settleBus([bus, other], () => sleep(20));
    expect([heard.map(({ n }) => n), told]).toEqual([[2], 2]);
  });

  it.concurrent("S52: whatever somebody else says on the channel, the bus goes on; and what is said is never SQL", async () => {
    const namespace = newNamespace();
    const admin = pool();
    const one = await opened(postgresBus(admin, { namespace }));
    const two = await opened(postgresBus(admin, { namespace }));
    const heard: unknown[] = [];
    const topics = ["c:c1", "c:'; DROP TABLE x; --"] as const;
    for (const topic of topics) await two.subscribe(topic, (envelope) => heard.push(envelope)).ready;
    const words = [
      "",
      "hello",
      "x 1 . [",
      'x 1 . ["c:c1"]',
      'x 1 . ["c:c1"]\n{',
      "x 1 . [1]\n{}",
      "x 1 + half",
      "x".repeat(7_999),
    ];
    for (const word of words) await admin.query("SELECT pg_notify($1, $2)", [`earshot_${namespace}_bus`, word]);
    const given = publication(1, "'; DROP TABLE x; --");
    await one.publish([{ ...given, topics: [topics[1]] }]);
    await settleBus([one, two], () => sleep(20));
    expect(heard).toEqual([given.envelope]);
  });

  it.concurrent("carries envelopes of megabytes, of any text, in a database of any encoding", async () => {
    const admin = pool();
    const name = `latin_${newNamespace()}`;
    await admin.query(`CREATE DATABASE ${name} ENCODING LATIN1 LOCALE 'C' TEMPLATE template0`);
    const url = new URL(inject("postgresUrl"));
    url.pathname = `/${name}`;
    const latin = newPool(url.href);
    ends.push(async () => {
      await latin.end();
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    });
    const [one, two] = [await opened(postgresBus(latin)), await opened(postgresBus(latin))];
    const heard = await listen(two);
    const given = [publication(1, "naïve 👋\u2028\0".repeat(50_000)), publication(2, "x".repeat(3_000_000))];
    await one.publish(given);
    await settleBus([one, two], () => sleep(20));
    expect(heard).toEqual(given.map(({ envelope }) => envelope));
  });
});

describe("opening the PostgreSQL bus", () => {
  it.concurrent("says that there is no server, that the password is wrong, and that there is no such database", async () => {
    const { proxy, url } = await proxyTo(inject("postgresUrl"));
    proxy.refuse();
    await expect(postgresBus(pool(url)).open()).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("ECONNREFUSED"),
    });
    const wrong = new URL(inject("postgresUrl"));
    wrong.password = "wrong";
    await expect(postgresBus(pool(wrong.href)).open()).rejects.toMatchObject({ code: "unauthenticated" });
    const nowhere = new URL(inject("postgresUrl"));
    nowhere.pathname = "/nowhere";
    await expect(postgresBus(pool(nowhere.href)).open()).rejects.toMatchObject({ code: "invalid" });
  });

  it.concurrent("refuses a pool that goes through PgBouncer, unless it is told which connection to listen on", async () => {
    const bouncer = await startBouncer();
    ends.push(() => bouncer.stop());
    const namespace = newNamespace();
    const pooled = pool(bouncer.url);
    ends.push(async () => {
      await pooled.query(`DROP SCHEMA "earshot_${namespace}" CASCADE`);
    });
    for (const end of [postgresBus(pooled, { namespace }), postgresPresence(pooled, { namespace })]) {
      await expect(end.open()).rejects.toMatchObject({ code: "invalid", message: expect.stringContaining("listen") });
    }
    const listener = inject("postgresUrl");
    const buses = [1, 2].map(() => postgresBus(pooled, { namespace, listen: listener }));
    for (const bus of buses) await opened(bus);
    await settleBus(buses, () => sleep(20));
    const presence = postgresPresence(pooled, { namespace, listen: listener });
    await presence.open();
    ends.push(() => presence.close());
    await presence.lease("n1", 60_000);
    await presence.put("n1", [{ session: "s1", user: "alice", device: "d1", activity: "active" }]);
    expect((await presence.of(["alice"]))[0]?.sessions.length).toBe(1);
  });

  it.concurrent("takes the connection to listen on by its URL, by options or made by the host; and refuses a pool that cannot say", async () => {
    const namespace = newNamespace();
    const url = inject("postgresUrl");
    const made = pool("postgres://nobody@127.0.0.1:1/nowhere");
    const { hostname: host, port, username: user, password } = new URL(url);
    const options = { host, port: Number(port), user, password, database: "postgres" };
    const buses = [url, options, () => new pg.Client({ connectionString: url })].map((listener) =>
      postgresBus(made, { namespace, listen: listener }),
    );
    for (const bus of buses) await opened(bus);
    await settleBus(buses, () => sleep(20));
    const bare = { connect: () => made.connect() };
    expect(() => postgresBus(bare)).toThrow(expect.objectContaining({ code: "invalid" }));
  });
});
