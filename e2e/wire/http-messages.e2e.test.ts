import { describe, expect, it } from "vitest";
import { message } from "../support/wire-client.ts";
import type { Frame } from "../support/wire-frame.ts";
import { call } from "../support/wire-http.ts";
import { expectWholePage, range, textsOf } from "../support/wire-log.ts";
import { sceneOfFile } from "../support/wire-scene.ts";

const scene = sceneOfFile();

async function group() {
  const [alice, bob] = scene.people("alice", "bob");
  const c = await scene.create(alice, [bob]);
  const path = `/conversations/${c}/messages`;
  return {
    ...{ alice, bob, c },
    get: async (user: string, query = "") => await call(scene.url, "GET", `${path}${query}`, { user }),
    post: async (user: string, json: unknown) => await call(scene.url, "POST", path, { user, json }),
  };
}

describe("POST /conversations/:c/messages", () => {
  it("is 201 as `sent`, and 200 with dup for the same id", async () => {
    const { alice, c, post } = await group();
    const json = { id: "m1", type: "message", body: { text: "by HTTP" } };
    const first = await post(alice, json);
    expect([first.status, first.type]).toEqual([201, "application/json"]);
    expect(first.body).toMatchObject({
      id: "m1",
      c,
      seq: 2,
      ord: 1,
      epoch: expect.any(String),
      at: expect.any(Number),
    });
    const again = await post(alice, json);
    expect(again.status).toBe(200);
    expect(again.body).toEqual({ ...first.body, dup: true });
    expect((await post(alice, { id: "m2", body: { text: "no type is a message" } })).body).toMatchObject({
      seq: 3,
      ord: 2,
    });
  });

  it("reaches the others and all of the sender's own sessions", async () => {
    const { alice, bob, c, post } = await group();
    const clients = [await scene.join(alice), await scene.join(alice), await scene.join(bob)];
    await post(alice, { id: "m1", type: "message", body: { text: "by HTTP" } });
    for (const client of clients) {
      const event = await client.next("event");
      expect(event).toMatchObject({
        c,
        seq: 2,
        ord: 1,
        type: "message",
        id: "m1",
        from: alice,
        body: { text: "by HTTP" },
      });
    }
  });

  it("I4: shares its ids with the frames: conflict with another content", async () => {
    const { alice, c, post } = await group();
    const client = await scene.join(alice);
    await client.say(c, "by frame", "m1");
    const answer = await post(alice, { id: "m1", type: "message", body: { text: "other" } });
    expect([answer.status, answer.body.code]).toEqual([409, "conflict"]);
    expect(await client.say(c, "by frame", "m1")).toMatchObject({ t: "sent", dup: true, seq: 2 });
  });

  it("is refused as a frame would be", async () => {
    const { alice, bob, post, get } = await group();
    const refusals: readonly (readonly [unknown, number, string])[] = [
      [{ type: "message", body: {} }, 400, "invalid"],
      [{ id: "not an id", type: "message", body: {} }, 400, "invalid"],
      [{ id: "m1", type: "poll", body: {} }, 400, "invalid"],
      [{ id: "m1", type: "message", body: "text" }, 400, "invalid"],
      [{ id: "m1", type: "message" }, 400, "invalid"],
      [{ id: "m1", type: "message", body: {}, re: 1.5 }, 400, "invalid"],
      [{ id: "m1", type: "message", body: {}, re: 99 }, 404, "not_found"],
      [{ id: "m1", type: "message", body: { text: "x".repeat(33_000) } }, 413, "too_large"],
    ];
    for (const [json, status, code] of refusals) {
      const answer = await post(alice, json);
      expect([answer.status, answer.body.code], JSON.stringify(json).slice(0, 100)).toEqual([status, code]);
    }
    const stranger = await post(scene.fresh("mallory"), { id: "m1", type: "message", body: {} });
    expect([stranger.status, stranger.body.code]).toEqual([404, "not_found"]);
    expect((await get(bob)).body, "nothing was appended").toMatchObject({ head: 1 });
  });

  it("S16: is never from somebody else, at another time or place", async () => {
    const { alice, bob, post, get } = await group();
    const forged = { from: bob, seq: 77, ord: 77, at: 1, epoch: "forged" };
    for (const [field, value] of Object.entries(forged)) {
      const answer = await post(alice, { id: `m-${field}`, type: "message", body: { text: "forged" }, [field]: value });
      expect([201, 400], field).toContain(answer.status);
    }
    for (const row of (await get(bob, "?after=1")).body.events ?? []) {
      expect(row.from).toBe(alice);
      expect(row.seq).toBeLessThan(10);
      expect(row.at).toBeGreaterThan(1_600_000_000_000);
    }
  });

  it("I5, I10: and frames share one order", async () => {
    const { alice, bob, c, post, get } = await group();
    const client = await scene.join(bob);
    for (const index of range(1, 10)) {
      await post(alice, { id: `h-${index}`, type: "message", body: { text: `http ${index}` } });
      await client.say(c, `frame ${index}`);
    }
    const { body } = await get(alice, "?after=1");
    expect(textsOf(body.events ?? [])).toEqual(range(1, 10).flatMap((index) => [`http ${index}`, `frame ${index}`]));
  });
});

describe("GET /conversations/:c/messages", () => {
  it("gives the newest, or what is after a cursor, as `events`", async () => {
    const { alice, bob, c, get } = await group();
    const client = await scene.join(alice);
    for (const index of range(1, 10)) client.write(message(c, String(index)));
    await client.collect("sent", 10);
    const newest = await get(bob, "?limit=3");
    expect([newest.status, newest.type]).toEqual([200, "application/json"]);
    expect(newest.body).toMatchObject({ c, head: 11, from: 9, to: 11, more: true });
    expect(textsOf(newest.body.events ?? [])).toEqual(["8", "9", "10"]);
    const after = await get(bob, "?after=4&limit=3");
    expect(after.body).toMatchObject({ c, head: 11, from: 5, to: 7, more: true });
    expectWholePage({ t: "events", ...after.body } as Frame, 4);
    expect((await get(bob, "?after=11")).body).toMatchObject({ events: [], from: 12, to: 11 });
    expect((await get(bob, "?after=0&limit=100000")).body.events).toHaveLength(11);
    const frame = await client.ask({ t: "fetch", c, after: 4, limit: 3 });
    expect(after.body.events, "the same rows as by frame").toEqual(frame.events);
  });

  it("is invalid with two of after, before and around, and with what is no number", async () => {
    const { alice, get } = await group();
    const wrong = [
      "?after=1&before=2",
      "?before=5&around=3",
      "?after=x",
      "?after=-1",
      "?after=1.5",
      "?after=9007199254740993",
      "?limit=x",
    ];
    for (const query of wrong) {
      const answer = await get(alice, query);
      expect([answer.status, answer.body.code], query).toEqual([400, "invalid"]);
    }
  });

  it("S14: is not_found for a stranger, as if there were none", async () => {
    const { get } = await group();
    const mallory = scene.fresh("mallory");
    const foreign = await get(mallory);
    const none = await call(scene.url, "GET", "/conversations/no-such-thing/messages", { user: mallory });
    expect([foreign.status, foreign.body.code]).toEqual([404, "not_found"]);
    expect(Object.keys(foreign.body).toSorted()).toEqual(Object.keys(none.body).toSorted());
    expect([foreign.body["title"], foreign.body["detail"]]).toEqual([none.body["title"], none.body["detail"]]);
  });
});
