import { describe, expect, it } from "vitest";
import type { WireClient } from "../support/wire-client.ts";
import type { Frame } from "../support/wire-frame.ts";
import { call } from "../support/wire-http.ts";
import { range, sleep } from "../support/wire-log.ts";
import { sceneOfFile } from "../support/wire-scene.ts";

const scene = sceneOfFile();

/** Alice, bob and carl with five messages of alice's, seq 2…6; nobody but alice was there. */
async function group() {
  const [alice, bob, carl] = scene.people("alice", "bob", "carl");
  const c = await scene.create(alice, [bob, carl]);
  const writer = await scene.join(alice);
  for (const index of range(2, 6)) await writer.say(c, String(index));
  return { alice, bob, carl, c, writer };
}

/** [delivered, read] of one user as `subscribed` gives them. */
async function watermarks(client: WireClient, c: string, user: string): Promise<unknown> {
  const answer = await client.ask({ t: "subscribe", c });
  const all = answer["watermarks"] as readonly (readonly [string, number, number])[];
  return all.find(([one]) => one === user)?.slice(1);
}

/** Waits until the last receipt of the user has these watermarks; fails if one ever fell. */
async function untilReceipt(client: WireClient, user: string, wanted: { delivered: number; read: number }) {
  let [delivered, read] = [0, 0];
  for (;;) {
    const receipt: Frame = await client.next({ t: "receipt", user }, 8_000);
    expect(receipt["delivered"], "I14: it never falls").toBeGreaterThanOrEqual(delivered);
    expect(receipt["read"], "I14: it never falls").toBeGreaterThanOrEqual(read);
    [delivered, read] = [Number(receipt["delivered"]), Number(receipt["read"])];
    expect(read).toBeLessThanOrEqual(delivered);
    if (delivered === wanted.delivered && read === wanted.read) return receipt;
  }
}

describe("watermarks", () => {
  it("begin at the join, rise by one's own sends, and stand in subscribed for all", async () => {
    const { alice, bob, carl, c, writer } = await group();
    const answer = await writer.ask({ t: "subscribe", c });
    expect(answer["watermarks"]).toHaveLength(3);
    expect(await watermarks(writer, c, alice)).toEqual([6, 6]);
    expect(await watermarks(writer, c, bob)).toEqual([1, 1]);
    expect(await watermarks(writer, c, carl)).toEqual([1, 1]);
  });

  it("I14: `read` raises both, to subscribers; it never lowers, and the head bounds it", async () => {
    const { bob, c, writer } = await group();
    await writer.ask({ t: "subscribe", c });
    const reader = await scene.join(bob);
    reader.write({ t: "read", c, seq: 4 });
    const receipt = await untilReceipt(writer, bob, { delivered: 4, read: 4 });
    expect(receipt).toEqual({ t: "receipt", c, user: bob, delivered: 4, read: 4 });
    reader.write({ t: "read", c, seq: 2 });
    reader.write({ t: "read", c, seq: 5_000 });
    await untilReceipt(writer, bob, { delivered: 6, read: 6 });
    expect(await watermarks(writer, c, bob)).toEqual([6, 6]);
    await reader.silence({ t: "error" }, 100);
  });

  it("`delivered` rises by acknowledged events, by `ack.d` and by cursors", { timeout: 20_000 }, async () => {
    const { bob, carl, c, writer } = await group();
    await writer.ask({ t: "subscribe", c });
    const reader = await scene.join(bob);
    await writer.say(c, "live");
    await untilReceipt(writer, bob, { delivered: 7, read: 1 });
    const late = await scene.join(carl);
    const page = await late.ask({ t: "fetch", c, after: 1, limit: 3 });
    late.write({ t: "ack", n: 0, d: [[c, page.to]] });
    await untilReceipt(writer, carl, { delivered: 4, read: 1 });
    const back = await scene.join(carl, { hello: { have: [[c, page.epoch, 5]] } });
    await back.next("events");
    await untilReceipt(writer, carl, { delivered: 5, read: 1 });
    reader.terminate();
  });

  it("are not told to who has not subscribed; one's own go to all own sessions", async () => {
    const { bob, carl, c } = await group();
    const [phone, desk] = [await scene.join(bob), await scene.join(bob)];
    const other = await scene.join(carl);
    phone.write({ t: "read", c, seq: 3 });
    expect(await untilReceipt(desk, bob, { delivered: 3, read: 3 })).toMatchObject({ c, user: bob });
    await other.silence("receipt", 500);
  });

  it("end with unsubscribe", async () => {
    const { bob, c, writer } = await group();
    await writer.ask({ t: "subscribe", c });
    await writer.ask({ t: "unsubscribe", c });
    (await scene.join(bob)).write({ t: "read", c, seq: 3 });
    await writer.silence("receipt", 600);
  });

  it("S14: `read` of what is not mine is not_found, and of what is no seq invalid", async () => {
    const { bob, c } = await group();
    const mallory = await scene.join(scene.fresh("mallory"));
    mallory.write({ t: "read", c, seq: 1 });
    expect(await mallory.next("error")).toMatchObject({ re: "read", c, code: "not_found" });
    const reader = await scene.join(bob);
    for (const seq of [-1, 1.5, "2", null]) {
      reader.write({ t: "read", c, seq });
      expect(await reader.next("error")).toMatchObject({ re: "read", code: "invalid" });
    }
  });

  it("survive kill -9 of the gateway", { timeout: 60_000 }, async () => {
    const { bob, c, writer } = await group();
    const reader = await scene.join(bob);
    reader.write({ t: "read", c, seq: 5 });
    await untilReceipt(reader, bob, { delivered: 5, read: 5 });
    await scene.server.kill9();
    await scene.server.restart();
    expect(writer.closing, "the connection is gone").not.toBeNull();
    expect(await watermarks(await scene.join(bob), c, bob)).toEqual([5, 5]);
  });

  it("I14: of many devices at once never fall, and end at the highest", { timeout: 20_000 }, async () => {
    const { bob, c, writer } = await group();
    await writer.ask({ t: "subscribe", c });
    const devices = await Promise.all(range(1, 4).map(async () => await scene.join(bob)));
    for (const index of range(1, 40)) {
      devices[index % 4]?.write({ t: "read", c, seq: 1 + ((index * 7) % 6) });
      if (index % 10 === 0) await sleep(60);
    }
    await untilReceipt(writer, bob, { delivered: 6, read: 6 });
  });
});

describe("receipts over HTTP", () => {
  it("PUT read is 204, and shows at once", async () => {
    const { bob, c } = await group();
    const put = await call(scene.url, "PUT", `/conversations/${c}/read`, { user: bob, json: { seq: 4 } });
    expect([put.status, put.text]).toEqual([204, ""]);
    const row = await call(scene.url, "GET", `/conversations/${c}`, { user: bob });
    expect(row.body).toMatchObject({ read: 4, delivered: 4, unread: 2 });
    const wrong = await call(scene.url, "PUT", `/conversations/${c}/read`, { user: bob, json: { seq: -1 } });
    expect([wrong.status, wrong.body.code]).toEqual([400, "invalid"]);
    const foreign = await call(scene.url, "PUT", `/conversations/${c}/read`, {
      user: scene.fresh("m"),
      json: { seq: 1 },
    });
    expect([foreign.status, foreign.body.code]).toEqual([404, "not_found"]);
  });

  it("GET receipts counts who has a seq, and pages the members", async () => {
    const { alice, bob, carl, c } = await group();
    await call(scene.url, "PUT", `/conversations/${c}/read`, { user: bob, json: { seq: 4 } });
    const get = async (query: string) =>
      await call(scene.url, "GET", `/conversations/${c}/receipts?${query}`, { user: carl });
    const all = await get("seq=4");
    expect(all.status).toBe(200);
    expect(all.body).toMatchObject({ seq: 4, delivered: 2, read: 2, more: false });
    const users = all.body["users"] as readonly unknown[];
    expect(users).toHaveLength(3);
    expect(users).toEqual(
      expect.arrayContaining([
        [alice, 6, 6],
        [bob, 4, 4],
        [carl, 1, 1],
      ]),
    );
    const paged: unknown[] = [];
    let cursor = "";
    for (const _ of range(1, 3)) {
      const page = await get(`seq=4&limit=1${cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`}`);
      expect(page.body["users"]).toHaveLength(1);
      paged.push(...(page.body["users"] as readonly unknown[]));
      cursor = String(page.body.cursor);
      expect(page.body.more).toBe(paged.length < 3);
    }
    expect(paged).toEqual(users);
    const foreign = await call(scene.url, "GET", `/conversations/${c}/receipts?seq=1`, { user: scene.fresh("m") });
    expect([foreign.status, foreign.body.code]).toEqual([404, "not_found"]);
    for (const query of ["seq=", "seq=x", "seq=-1"]) expect((await get(query)).status, query).toBe(400);
  });
});
