import { describe, expect, it } from "vitest";
import { message, newId, type WireClient } from "../support/wire-client.ts";
import { call } from "../support/wire-http.ts";
import { readLog, sleep, textsOf } from "../support/wire-log.ts";
import { sceneOfFile } from "../support/wire-scene.ts";

const scene = sceneOfFile();

/** A new group of two, one of them connected. */
async function pair() {
  const [alice, bob] = scene.people("alice", "bob");
  const c = await scene.create(alice, [bob]);
  return { alice, bob, c, client: await scene.join(alice) };
}

/** The log without its first event, the `meta` of the creation. */
async function messagesOf(client: WireClient, c: string) {
  return await readLog(client, c, 1);
}

describe("send", () => {
  it("is answered with sent: seq, ord, at and epoch", async () => {
    const { client, c } = await pair();
    const first = await client.say(c, "one", "m1");
    expect(first).toMatchObject({ t: "sent", id: "m1", c, seq: 2, ord: 1 });
    expect(first.epoch).toEqual(expect.any(String));
    expect(Math.abs(Number(first.at) - Date.now()), "at is the time").toBeLessThan(5_000);
    expect(first, "the first time is no repeat").not.toHaveProperty("dup", true);
    expect(first, "what was stored is what was sent").not.toHaveProperty("body");
    const second = await client.say(c, "two", "m2");
    expect(second).toMatchObject({ t: "sent", seq: 3, ord: 2, epoch: first.epoch });
    expect(second.at).toBeGreaterThanOrEqual(Number(first.at));
  });

  it("reaches the other member as an event with all its fields", async () => {
    const { client, c, alice, bob } = await pair();
    const reader = await scene.join(bob);
    const sent = await client.ask({ ...message(c, "hi"), mentions: [bob] });
    const event = await reader.next("event");
    expect(event).toEqual({
      ...{ t: "event", c, epoch: sent.epoch, seq: 2, ord: 1, type: "message", id: sent.id, from: alice, at: sent.at },
      ...{ body: { text: "hi" }, mentions: [bob] },
    });
    const reply = await client.ask({ ...message(c, "a reply"), re: 2 });
    expect(reply).toMatchObject({ t: "sent", seq: 3 });
    expect(await reader.next("event")).toMatchObject({ seq: 3, re: 2, id: reply.id });
  });

  it("keeps any JSON object as its body, exactly", async () => {
    const { client, c, bob } = await pair();
    const reader = await scene.join(bob);
    const bodies: readonly Record<string, unknown>[] = [
      {},
      { text: '‮ tag 👩‍👩‍👧 \u2028 \\u0000 \t\r\n "quoted" </script>' },
      { big: 1e21, small: -0.5e-7, zero: 0, yes: true, no: false, none: null, list: [[], {}, [1, "a"]] },
      { constructor: "a", toString: { a: 1 }, hasOwnProperty: [], valueOf: null, length: 5, 1: "one", "": "empty" },
    ];
    for (const body of bodies) {
      await client.ask({ ...message(c, ""), body });
      expect((await reader.next("event")).body).toEqual(body);
    }
    const rows = await messagesOf(reader, c);
    expect(rows.map((row) => row.body)).toEqual(bodies);
  });

  it("I4: of the same id again is the same sent with dup, and no second event", async () => {
    const { client, c, bob, alice } = await pair();
    const reader = await scene.join(bob);
    const sent = await client.say(c, "once", "m1");
    const again = await client.say(c, "once", "m1");
    expect(again).toEqual({ ...sent, dup: true });
    await client.say(c, "later");
    expect(await client.say(c, "once", "m1"), "after others").toEqual({ ...sent, dup: true });
    const desk = await scene.join(alice);
    expect(await desk.say(c, "once", "m1"), "from another device").toEqual({ ...sent, dup: true });
    expect(textsOf(await messagesOf(client, c))).toEqual(["once", "later"]);
    await reader.collect("event", 2);
    await reader.silence("event", 200);
  });

  it("I4: of the same id twice at once is stored once", async () => {
    const { client, c, alice } = await pair();
    const desk = await scene.join(alice);
    const frame = message(c, "once", "m1");
    const answers = await Promise.all([client.ask(frame), client.ask(frame), desk.ask(frame), desk.ask(frame)]);
    expect(answers.map((answer) => [answer.t, answer.seq])).toEqual(answers.map(() => ["sent", 2]));
    expect(answers.filter((answer) => answer.dup === true)).toHaveLength(3);
    expect(textsOf(await messagesOf(client, c))).toEqual(["once"]);
  });

  it("I4: of the same id with another content is a conflict, and the original stands", async () => {
    const { client, c } = await pair();
    const target = await client.say(c, "the target of a reply");
    const sent = await client.say(c, "original", "m1");
    const others = [{ body: { text: "another" } }, { body: {} }, { type: "x-other" }, { re: target.seq }];
    for (const other of others) {
      const answer = await client.ask({ ...message(c, "original", "m1"), ...other });
      expect(answer, JSON.stringify(other)).toMatchObject({ t: "error", id: "m1", code: "conflict" });
      expect(answer, "a conflict is for good").not.toHaveProperty("retry");
    }
    expect(await client.say(c, "original", "m1")).toEqual({ ...sent, dup: true });
    expect(textsOf(await messagesOf(client, c))).toEqual(["the target of a reply", "original"]);
  });

  it("I4: compares type, re and body alone: other mentions are no other content", async () => {
    const { client, c, bob } = await pair();
    const sent = await client.say(c, "original", "m1");
    expect(await client.ask({ ...message(c, "original", "m1"), mentions: [bob] })).toEqual({ ...sent, dup: true });
  });

  it("S18: keeps the ids of each sender and each conversation apart", async () => {
    const { client, c, alice, bob } = await pair();
    const other = await scene.create(alice, [bob]);
    const bobs = await scene.join(bob);
    expect(await client.say(c, "alice here", "m1")).toMatchObject({ t: "sent", seq: 2 });
    const answers = [await client.say(other, "alice there", "m1"), await bobs.say(c, "bob here", "m1")];
    expect(answers.map((answer) => [answer.t, answer.seq])).toEqual([
      ["sent", 2],
      ["sent", 3],
    ]);
    expect(answers.some((answer) => answer.dup === true)).toBe(false);
    expect(textsOf(await messagesOf(client, c))).toEqual(["alice here", "bob here"]);
  });

  it("I4: meets the same id over HTTP", async () => {
    const { client, c, alice } = await pair();
    const sent = await client.say(c, "once", "m1");
    const json = { id: "m1", type: "message", body: { text: "once" } };
    const answer = await call(scene.url, "POST", `/conversations/${c}/messages`, { user: alice, json });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ id: "m1", seq: sent.seq, epoch: sent.epoch, dup: true });
  });

  it("I13: is in the sender's next read", async () => {
    const { client, c } = await pair();
    for (let index = 0; index < 20; index++) {
      const sent = await client.say(c, `text ${index}`);
      const page = await client.ask({ t: "fetch", c, after: Number(sent.seq) - 1 });
      expect(textsOf(page.events ?? [])).toEqual([`text ${index}`]);
    }
  });

  it("takes an id of 128 characters, of every kind that is allowed", async () => {
    const { client, c } = await pair();
    const id = "Az09._:~-".repeat(15).slice(0, 128);
    expect(id).toHaveLength(128);
    expect(await client.say(c, "long", id)).toMatchObject({ t: "sent", id });
    expect(await client.say(c, "ids are letter for letter", id.toLowerCase())).not.toHaveProperty("dup", true);
  });

  it("is no event on its own session, and one on the sender's other sessions", async () => {
    const { client, c, alice, bob } = await pair();
    const desk = await scene.join(alice);
    const reader = await scene.join(bob);
    const id = newId();
    await client.say(c, "to all but me", id);
    for (const other of [desk, reader]) expect(await other.next("event")).toMatchObject({ id, from: alice });
    await sleep(200);
    expect(client.counted).toBe(0);
    expect((await client.ping()).n).toBe(0);
  });
});
