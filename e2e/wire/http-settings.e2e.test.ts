import { describe, expect, it } from "vitest";
import { remove } from "../support/wire-event.ts";
import { call, type HttpAnswer } from "../support/wire-http.ts";
import { range, readLog } from "../support/wire-log.ts";
import { sceneOfFile } from "../support/wire-scene.ts";

const scene = sceneOfFile();

async function group() {
  const [alice, bob, carl] = scene.people("alice", "bob", "carl");
  const c = await scene.create(alice, [
    [bob, "admin"],
    [carl, "member"],
  ]);
  const of = async (user: string, method: string, path = "", json?: unknown): Promise<HttpAnswer> =>
    await call(scene.url, method, `/conversations/${c}${path}`, { user, ...(json === undefined ? {} : { json }) });
  return { ...{ alice, bob, carl, c, of }, client: await scene.join(carl) };
}

function codeOf(answer: HttpAnswer): unknown {
  return [answer.status, answer.body.code];
}

describe("PATCH /conversations/:c", () => {
  it("changes what is named, by one `meta` event that holds only that", async () => {
    const { alice, c, of, client } = await group();
    const answer = await of(alice, "PATCH", "", { title: "Dinner", meta: { colour: "red" } });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ c, title: "Dinner", meta: { colour: "red" }, head: 2, ord: 0, role: "owner" });
    const event = await client.next("event");
    expect(event).toMatchObject({ c, seq: 2, type: "meta", from: alice });
    expect(event.body).toEqual({ title: "Dinner", meta: { colour: "red" } });
    expect(event).not.toHaveProperty("id");
    await of(alice, "PATCH", "", { title: null });
    expect((await client.next("event")).body).toEqual({ title: null });
    expect((await of(alice, "GET")).body).toMatchObject({ title: null, meta: { colour: "red" } });
  });

  it("that changes nothing appends nothing", async () => {
    const { alice, of, c, client } = await group();
    await of(alice, "PATCH", "", { title: "Dinner" });
    for (const json of [{ title: "Dinner" }, {}, { open: false }, { unknown: 1 }]) {
      const answer = await of(alice, "PATCH", "", json);
      expect([answer.status, answer.body.head], JSON.stringify(json)).toEqual([200, 2]);
    }
    expect(await readLog(client, c)).toHaveLength(2);
  });

  it("opens, and shows it in the row", async () => {
    const { bob, carl, of } = await group();
    expect((await of(carl, "GET")).body).not.toHaveProperty("open");
    expect((await of(bob, "PATCH", "", { open: true })).body).toMatchObject({ open: true });
    expect((await of(carl, "GET")).body).toMatchObject({ open: true });
    expect((await of(bob, "PATCH", "", { open: false })).body).not.toHaveProperty("open");
  });

  it("is an admin's and the owner's", async () => {
    const { bob, carl, of } = await group();
    expect((await of(bob, "PATCH", "", { title: "By the admin" })).status).toBe(200);
    expect(codeOf(await of(carl, "PATCH", "", { title: "By a member" }))).toEqual([403, "forbidden"]);
    expect(codeOf(await of(scene.fresh("m"), "PATCH", "", { title: "x" }))).toEqual([404, "not_found"]);
  });

  it("is invalid with what it cannot be", async () => {
    const { alice, of } = await group();
    for (const json of [
      { title: 7 },
      { title: "x".repeat(257) },
      { meta: [] },
      { open: "yes" },
      { slow: -1 },
      { slow: 1.5 },
      [],
    ]) {
      expect(codeOf(await of(alice, "PATCH", "", json)), JSON.stringify(json).slice(0, 50)).toEqual([400, "invalid"]);
    }
    const large = await of(alice, "PATCH", "", { meta: { text: "x".repeat(40_000) } });
    expect(codeOf(large)).toEqual([413, "too_large"]);
  });
});

describe("slow mode", () => {
  it("makes a `member` wait between messages, and nobody else", { timeout: 20_000 }, async () => {
    const { alice, c, of, client } = await group();
    expect((await of(alice, "PATCH", "", { slow: 1_500 })).body).toMatchObject({ slow: 1_500 });
    expect(await client.say(c, "one")).toMatchObject({ t: "sent" });
    const refused = await client.say(c, "two", "slow-2");
    expect(refused).toMatchObject({ t: "error", id: "slow-2", c, code: "rate_limited" });
    expect(refused.retry).toBeGreaterThan(0);
    expect(refused.retry).toBeLessThanOrEqual(1_500);
    expect(await client.say(c, "behind it"), "I11: those behind wait for it").toMatchObject({ code: "blocked" });
    expect(
      await client.ask({ t: "send", id: "x1", c, type: "react", re: 3, body: { key: "k", on: true } }),
    ).toMatchObject({
      code: "blocked",
    });
    await new Promise((resolve) => setTimeout(resolve, Number(refused.retry) + 50));
    expect(await client.say(c, "two", "slow-2")).toMatchObject({ t: "sent" });
    const owner = await scene.join(alice);
    for (const _ of range(1, 3)) expect(await owner.say(c, "the owner")).toMatchObject({ t: "sent" });
    expect((await of(alice, "PATCH", "", { slow: 0 })).body).not.toHaveProperty("slow");
    expect(await client.say(c, "three", "after")).toMatchObject({ t: "sent" });
  });

  it("over HTTP is 429 with Retry-After", async () => {
    const { alice, carl, of } = await group();
    await of(alice, "PATCH", "", { slow: 60_000 });
    const post = async (id: string) => await of(carl, "POST", "/messages", { id, body: { text: "x" } });
    expect((await post("m1")).status).toBe(201);
    const refused = await post("m2");
    expect(codeOf(refused)).toEqual([429, "rate_limited"]);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await post("m1")).body, "I4: a repeat is no message").toMatchObject({ dup: true });
  });
});

describe("pins", () => {
  it("are a list in the order pinned, told by a `meta` event as a whole", async () => {
    const { alice, bob, c, of, client } = await group();
    for (const index of range(2, 4)) await client.say(c, String(index));
    expect((await of(bob, "PUT", "/pins/3")).body).toMatchObject({ pinned: [3] });
    expect((await of(alice, "PUT", "/pins/2")).body).toMatchObject({ pinned: [3, 2] });
    expect((await client.next({ t: "event", seq: 6 })).body).toEqual({ pinned: [3, 2] });
    expect((await of(alice, "PUT", "/pins/2")).body, "once more").toMatchObject({ pinned: [3, 2], head: 6 });
    expect((await of(alice, "DELETE", "/pins/3")).body).toMatchObject({ pinned: [2] });
    expect((await of(alice, "DELETE", "/pins/3")).body, "once more").toMatchObject({ pinned: [2], head: 7 });
    expect((await of(alice, "DELETE", "/pins/2")).body).not.toHaveProperty("pinned");
  });

  it("are an admin's and the owner's, and of messages", async () => {
    const { alice, carl, c, of, client } = await group();
    await client.say(c, "mine");
    await client.say(c, "deleted");
    await remove(client, c, 3);
    expect(codeOf(await of(carl, "PUT", "/pins/2"))).toEqual([403, "forbidden"]);
    expect(codeOf(await of(alice, "PUT", "/pins/1"))).toEqual([404, "not_found"]);
    expect(codeOf(await of(alice, "PUT", "/pins/99"))).toEqual([404, "not_found"]);
    expect(codeOf(await of(alice, "PUT", "/pins/3"))).toEqual([409, "conflict"]);
    expect((await of(alice, "PUT", "/pins/x")).status).toBeGreaterThanOrEqual(400);
    expect(codeOf(await of(scene.fresh("m"), "PUT", "/pins/2"))).toEqual([404, "not_found"]);
  });

  it("of several at once are all kept", async () => {
    const { alice, bob, c, of, client } = await group();
    for (const index of range(2, 13)) await client.say(c, String(index));
    await Promise.all(range(2, 13).map(async (seq) => await of(seq % 2 === 0 ? alice : bob, "PUT", `/pins/${seq}`)));
    const { pinned } = (await of(alice, "GET")).body as { pinned?: readonly number[] };
    expect(pinned?.toSorted((a, b) => a - b)).toEqual(range(2, 13));
  });
});

describe("DELETE /conversations/:c", () => {
  it("takes it away for all, and tells them", async () => {
    const { alice, bob, carl, c, of, client } = await group();
    await client.say(c, "words");
    const { cursor } = await client.ask({ t: "inbox", cursor: null });
    expect(codeOf(await of(bob, "DELETE")), "an admin").toEqual([403, "forbidden"]);
    expect((await of(alice, "DELETE")).status).toBe(204);
    expect(await client.next({ t: "events", gone: true })).toEqual({ t: "events", c, gone: true });
    expect(await client.say(c, "more")).toMatchObject({ code: "not_found" });
    expect((await client.ask({ t: "inbox", cursor })).conversations).toEqual([{ c, gone: true }]);
    for (const user of [alice, carl]) expect(codeOf(await of(user, "GET"))).toEqual([404, "not_found"]);
    expect(codeOf(await of(alice, "DELETE"))).toEqual([404, "not_found"]);
    const again = await call(scene.url, "POST", "/conversations", { user: alice, json: { kind: "group", id: c } });
    expect(codeOf(again), "its id is never used again").toEqual([409, "conflict"]);
  });

  it("is not for a direct one", async () => {
    const [alice, bob] = scene.people("alice", "bob");
    const c = await scene.create(alice, [bob], { kind: "direct" });
    for (const user of [alice, bob]) {
      expect(codeOf(await call(scene.url, "DELETE", `/conversations/${c}`, { user }))).toEqual([403, "forbidden"]);
    }
  });
});
