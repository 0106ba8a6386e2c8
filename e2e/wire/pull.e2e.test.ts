import { describe, expect, it } from "vitest";
import { message } from "../support/wire-client.ts";
import type { Row } from "../support/wire-frame.ts";
import { call } from "../support/wire-http.ts";
import { expectWholePage, range, readLog, seqsOf, sleep } from "../support/wire-log.ts";
import { sceneOfFile } from "../support/wire-scene.ts";

const scene = sceneOfFile();

/** A channel of 70 members: alice, bob, carl and 67 others. */
async function channel() {
  const [alice, bob, carl] = scene.people("alice", "bob", "carl");
  const others = range(1, 67).map((index) => `${scene.fresh("u")}-${index}`);
  const c = await scene.create(alice, [bob, carl, ...others], { kind: "channel" });
  return { alice, bob, carl, c, writer: await scene.join(alice) };
}

/** Who a `meta` or `member` event names, with their roles. */
function namedBy(row: Row): readonly (readonly [string, string])[] {
  return (row.body?.["members"] ?? []) as readonly (readonly [string, string])[];
}

describe("a conversation created above 64 members", () => {
  it("is `pull`, one of 64 is `push`", async () => {
    const { bob, c } = await channel();
    const row = await call(scene.url, "GET", `/conversations/${c}`, { user: bob });
    expect(row.body).toMatchObject({ mode: "pull", kind: "channel" });
    const alice = scene.fresh("alice");
    const small = await scene.create(
      alice,
      range(1, 63).map((index) => `${scene.fresh("u")}-${index}`),
    );
    expect((await call(scene.url, "GET", `/conversations/${small}`, { user: alice })).body["mode"]).toBe("push");
  });

  it("gives events to subscribers only, until they unsubscribe", async () => {
    const { bob, carl, c, writer } = await channel();
    const [reader, other] = [await scene.join(bob), await scene.join(carl)];
    expect(await reader.ask({ t: "subscribe", c })).toMatchObject({ mode: "pull", members: 70 });
    await writer.say(c, "one");
    expect(await reader.next("event")).toMatchObject({ c, seq: 2 });
    await other.silence("event", 300);
    await reader.ask({ t: "unsubscribe", c });
    await writer.say(c, "two");
    await reader.silence("event", 300);
    expect(seqsOf(await readLog(other, c))).toEqual([1, 2, 3]);
  });

  it("answers the sender, and its other sessions if they subscribed", async () => {
    const { alice, c, writer } = await channel();
    const desk = await scene.join(alice);
    await desk.ask({ t: "subscribe", c });
    await writer.ask({ t: "subscribe", c });
    expect(await writer.say(c, "one")).toMatchObject({ t: "sent", seq: 2 });
    expect(await desk.next("event")).toMatchObject({ seq: 2 });
    await writer.silence("event", 200);
  });

  it("I7: subscribing in the middle of a stream misses nothing from its head on", { timeout: 20_000 }, async () => {
    const { bob, c, writer } = await channel();
    for (const round of range(1, 5)) {
      const reader = await scene.join(bob);
      const sending = (async () => {
        for (const index of range(1, 40)) {
          writer.write(message(c, `${round}.${index}`));
          if (index % 8 === 0) await sleep(1);
        }
      })();
      const subscribed = await reader.ask({ t: "subscribe", c });
      await sending;
      await writer.collect("sent", 40);
      await sleep(200);
      const head = Number((await reader.ask({ t: "fetch", c, limit: 1 })).head);
      const live = new Set(seqsOf(reader.frames.filter((frame) => frame.t === "event")));
      const missing = range(Number(subscribed.head) + 1, head).filter((seq) => !live.has(seq));
      expect(missing, `between the head of subscribed (${subscribed.head}) and ${head}`).toEqual([]);
      reader.terminate();
    }
  });

  it("comes back by `have` with true: a page, and subscribed", async () => {
    const { bob, c, writer } = await channel();
    const { epoch } = await writer.say(c, "one");
    const reader = await scene.join(bob, { hello: { have: [[c, epoch, 1, true]] } });
    const subscribed = await reader.next("subscribed");
    expect(subscribed).toMatchObject({ c, head: 2 });
    expect(subscribed).not.toHaveProperty("id");
    expectWholePage(await reader.next("events"), 1);
    await writer.say(c, "two");
    expect(await reader.next("event")).toMatchObject({ seq: 3 });
  });

  it("I17: tells a removed user the removal, then gone, then nothing; others only if they subscribed", async () => {
    const { alice, bob, carl, c, writer } = await channel();
    const [reader, idle, other] = [await scene.join(bob), await scene.join(bob), await scene.join(carl)];
    await reader.ask({ t: "subscribe", c });
    await call(scene.url, "DELETE", `/conversations/${c}/members/${bob}`, { user: alice });
    for (const client of [reader, idle]) {
      expect(await client.next("event")).toMatchObject({ type: "member", body: { members: [[bob, null]] } });
      expect(await client.next("events")).toEqual({ t: "events", c, gone: true });
    }
    await writer.say(c, "without bob");
    await Promise.all([reader, idle, other].map(async (client) => await client.silence("event", 300)));
    expect(await reader.ask({ t: "subscribe", c })).toMatchObject({ t: "error", code: "not_found" });
  });

  it("tells those who are added, and creation those who are in it", async () => {
    const bob = scene.fresh("bob");
    const reader = await scene.join(bob);
    const alice = scene.fresh("alice");
    const others = range(1, 80).map((index) => `${scene.fresh("u")}-${index}`);
    const c = await scene.create(alice, [bob, ...others]);
    expect(await reader.next("event")).toMatchObject({ c, seq: 1, type: "meta" });
    const late = await scene.join(scene.fresh("late"));
    await call(scene.url, "PUT", `/conversations/${c}/members/${late.frames[0]?.["user"]}`, { user: alice, json: {} });
    expect(await late.next("event")).toMatchObject({ c, type: "member" });
    await reader.silence("event", 200);
  });
});

describe("10,000 members", () => {
  it("are created in one call, under 2 s; a message costs what it costs in a small one", {
    timeout: 60_000,
  }, async () => {
    const alice = scene.fresh("alice");
    const members = range(1, 9_999).map((index) => `${alice}-${index}`);
    const began = performance.now();
    const made = await call(scene.url, "POST", "/conversations", {
      user: alice,
      json: { kind: "channel", members, title: "Everybody" },
    });
    const tookMs = performance.now() - began;
    expect(made.status, made.text.slice(0, 200)).toBe(201);
    expect(tookMs).toBeLessThan(2_000);
    const c = String(made.body.c);
    expect(made.body).toMatchObject({ head: 10, ord: 0, mode: "pull", role: "owner" });
    const writer = await scene.join(alice);
    expect(await writer.ask({ t: "subscribe", c })).toMatchObject({ members: 10_000 });
    const log = await readLog(writer, c);
    expect(log.map((row) => row.type)).toEqual(["meta", ...Array<string>(9).fill("member")]);
    const named = log.map(namedBy);
    expect(new Set(named.flat().map(([user]) => user)).size).toBe(10_000);
    for (const members of named) expect(members.length).toBeLessThanOrEqual(1_000);
    const last = await scene.join(String(members.at(-1)));
    await last.ask({ t: "subscribe", c });
    for (const index of range(1, 50)) writer.write(message(c, String(index)));
    await writer.collect("sent", 50);
    expect(await last.collect("event", 50)).toHaveLength(50);
    const answer = await last.ask({ t: "subscribe", c });
    expect(answer["watermarks"], "above the receipt limit one's own only").toHaveLength(1);
  });

  it("S40: more than that in one call are too_large", { timeout: 30_000 }, async () => {
    const alice = scene.fresh("alice");
    const members = range(1, 10_001).map((index) => `u${index}`);
    const answer = await call(scene.url, "POST", "/conversations", { user: alice, json: { kind: "group", members } });
    expect([answer.status, answer.body.code]).toEqual([413, "too_large"]);
  });

  it("S40: of a call that adds come in events of at most 1,000", { timeout: 30_000 }, async () => {
    const alice = scene.fresh("alice");
    const c = await scene.create(alice, []);
    const members = range(1, 2_500).map((index) => [`${alice}-${index}`, "member"]);
    const answer = await call(scene.url, "POST", `/conversations/${c}/members`, { user: alice, json: { members } });
    expect(answer.status, answer.text.slice(0, 200)).toBe(200);
    const log = await readLog(await scene.join(alice), c);
    // The last is the switch to `pull`.
    expect(log.map((row) => row.type)).toEqual(["meta", "member", "member", "member", "meta"]);
    const sizes = log.slice(1, 4).map((row) => namedBy(row).length);
    expect(sizes.toSorted((a, b) => b - a)).toEqual([1_000, 1_000, 500]);
  });
});
