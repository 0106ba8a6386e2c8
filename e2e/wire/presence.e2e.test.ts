import { describe, expect, it } from "vitest";
import type { WireClient } from "../support/wire-client.ts";
import type { Frame } from "../support/wire-frame.ts";
import { call } from "../support/wire-http.ts";
import { range, sleep } from "../support/wire-log.ts";
import { sceneOfFile } from "../support/wire-scene.ts";

const scene = sceneOfFile();

interface PresenceRow {
  readonly user: string;
  readonly status: string;
  readonly seen?: number;
}

function rowsOf(frame: Frame): readonly PresenceRow[] {
  return (frame["users"] ?? []) as readonly PresenceRow[];
}

async function pair() {
  const [alice, bob] = scene.people("alice", "bob");
  const c = await scene.create(alice, [bob]);
  const watcher = await scene.join(alice);
  const watch = async (client: WireClient = watcher, users: readonly string[] = [bob]) =>
    await client.ask({ t: "subscribe", users, c });
  return { alice, bob, c, watcher, watch };
}

/** The next change that says so of the user. */
async function until(client: WireClient, user: string, status: string, withinMs = 10_000): Promise<PresenceRow> {
  const frame = await client.next(
    (one) =>
      one.t === "presence" &&
      one.id === undefined &&
      rowsOf(one).some((row) => row.user === user && row.status === status),
    withinMs,
  );
  return rowsOf(frame).find((row) => row.user === user) as PresenceRow;
}

describe("presence", () => {
  it("is answered for those who share the conversation, then tells changes", { timeout: 20_000 }, async () => {
    const { bob, watcher, watch } = await pair();
    const answer = await watch();
    expect(answer).toMatchObject({ t: "presence", id: expect.any(String) });
    expect(rowsOf(answer)).toMatchObject([{ user: bob, status: "offline" }]);
    const phone = await scene.join(bob);
    await until(watcher, bob, "online");
    phone.write({ t: "bye" });
    expect((await phone.closed()).code).toBe(1000);
    const gone = Date.now();
    const row = await until(watcher, bob, "offline");
    expect(Date.now() - gone, "I21: 5 s after a goodbye").toBeGreaterThan(3_500);
    expect(row.seen).toBeGreaterThan(1_600_000_000_000);
    expect(Math.abs(Date.now() - Number(row.seen))).toBeLessThan(15_000);
  });

  it("I21: is online while any device is; a flap is not seen", { timeout: 30_000 }, async () => {
    const { bob, watcher, watch } = await pair();
    const [phone, desk] = [await scene.join(bob), await scene.join(bob)];
    expect(rowsOf(await watch())).toMatchObject([{ user: bob, status: "online" }]);
    phone.write({ t: "bye" });
    await phone.closed();
    desk.socket.close(1000);
    await sleep(2_000);
    const back = await scene.join(bob);
    await watcher.silence("presence", 7_000);
    back.terminate();
  });

  it("is away when all are idle, and offline to others when invisible", { timeout: 20_000 }, async () => {
    const { bob, watcher, watch } = await pair();
    const [phone, desk] = [await scene.join(bob), await scene.join(bob)];
    await watch();
    phone.write({ t: "active", state: "idle" });
    await watcher.silence({ t: "presence" }, 1_500);
    desk.write({ t: "active", state: "idle" });
    await until(watcher, bob, "away");
    phone.write({ t: "active", state: "active" });
    await until(watcher, bob, "online");
    phone.write({ t: "active", state: "invisible" });
    desk.write({ t: "active", state: "invisible" });
    await until(watcher, bob, "offline");
    const again = await scene.join(bob, {});
    await until(watcher, bob, "online");
    again.write({ t: "active", state: "sleeping" });
    expect(await again.next("error")).toMatchObject({ re: "active", code: "invalid" });
  });

  it("is merged to once a second", { timeout: 20_000 }, async () => {
    const { bob, watcher, watch } = await pair();
    const phone = await scene.join(bob);
    await watch();
    await sleep(1_200);
    watcher.take("presence");
    for (const index of range(1, 20)) {
      phone.write({ t: "active", state: index % 2 === 0 ? "active" : "idle" });
      await sleep(100);
    }
    expect(watcher.take("presence").length).toBeLessThanOrEqual(3);
  });

  it("S14: leaves strangers out, and finds nothing for a stranger", async () => {
    const { alice, bob, c, watch } = await pair();
    const stranger = scene.fresh("stranger");
    const mallory = await scene.join(stranger);
    expect(rowsOf(await watch(undefined, [bob, stranger])).map((row) => row.user)).toEqual([bob]);
    expect(await mallory.ask({ t: "subscribe", users: [alice], c })).toMatchObject({ t: "error", code: "not_found" });
  });

  it("ends with unsubscribe, and when the conversation is lost", { timeout: 20_000 }, async () => {
    const { alice, bob, c, watcher, watch } = await pair();
    await watch();
    expect(await watcher.ask({ t: "unsubscribe", users: [bob] })).toMatchObject({ t: "unsubscribed" });
    const phone = await scene.join(bob);
    await watcher.silence("presence", 1_800);
    await watch();
    await call(scene.url, "DELETE", `/conversations/${c}/members/${bob}`, { user: alice });
    phone.write({ t: "active", state: "idle" });
    await watcher.silence({ t: "presence" }, 1_800);
  });

  it("leaves out who has blocked, either way", async () => {
    const { alice, bob, watch } = await pair();
    await scene.join(bob);
    expect(rowsOf(await watch())).toHaveLength(1);
    expect((await call(scene.url, "PUT", `/blocks/${alice}`, { user: bob })).status).toBe(204);
    const watcher = await scene.join(alice);
    expect(rowsOf(await watch(watcher))).toEqual([]);
    expect((await call(scene.url, "DELETE", `/blocks/${alice}`, { user: bob })).status).toBe(204);
    expect(rowsOf(await watch(watcher))).toMatchObject([{ user: bob, status: "online" }]);
  });

  it("S45: of more than 200 users at once is refused", async () => {
    const { watch } = await pair();
    const users = range(1, 201).map((index) => `u${index}`);
    const refused = await watch(undefined, users);
    expect(refused.t).toBe("error");
    expect(["invalid", "too_large"]).toContain(refused.code);
  });

  it("over HTTP is the same, once", async () => {
    const { alice, bob, c } = await pair();
    await scene.join(bob);
    const get = async (user: string, query: string) => await call(scene.url, "GET", `/presence?${query}`, { user });
    const answer = await get(alice, `c=${c}&user=${encodeURIComponent(bob)}&user=nobody`);
    expect(answer.status).toBe(200);
    expect(answer.body["users"]).toMatchObject([{ user: bob, status: "online" }]);
    expect((await get(scene.fresh("m"), `c=${c}&user=${bob}`)).status).toBe(404);
    expect((await get(alice, `c=${c}`)).status, "nobody asked for").toBe(400);
    expect((await get(alice, `user=${bob}`)).status, "no conversation").toBe(400);
  });

  it("subscribed says how many are online", async () => {
    const { bob, c, watcher } = await pair();
    expect((await watcher.ask({ t: "subscribe", c }))["online"]).toBe(1);
    await scene.join(bob);
    expect((await watcher.ask({ t: "subscribe", c }))["online"]).toBe(2);
  });
});
