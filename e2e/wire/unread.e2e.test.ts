import { describe, expect, it } from "vitest";
import type { WireClient } from "../support/wire-client.ts";
import { edit, react, remove, send } from "../support/wire-event.ts";
import type { InboxRow } from "../support/wire-frame.ts";
import { call } from "../support/wire-http.ts";
import { range, sleep } from "../support/wire-log.ts";
import { sceneOfFile } from "../support/wire-scene.ts";

const scene = sceneOfFile();

async function group() {
  const [alice, bob, carl] = scene.people("alice", "bob", "carl");
  const c = await scene.create(alice, [bob, carl]);
  return { ...{ alice, bob, carl, c }, writer: await scene.join(alice), reader: await scene.join(bob) };
}

async function rowOf(client: WireClient, c: string): Promise<InboxRow | undefined> {
  return (await client.ask({ t: "inbox", cursor: null })).conversations?.find((row) => row.c === c);
}

describe("unread", () => {
  it("is the messages above `read`, whatever else happened", async () => {
    const { c, writer, reader } = await group();
    for (const index of range(2, 6)) await writer.say(c, String(index));
    await edit(writer, c, 2, "edited");
    await react(writer, c, 3, "👍");
    await send(writer, c, "x-ping", { body: {} });
    expect(await rowOf(reader, c)).toMatchObject({ unread: 5, ord: 5, head: 9, read: 1 });
    expect(await rowOf(writer, c), "one's own are read").toMatchObject({ unread: 0 });
    reader.write({ t: "read", c, seq: 4 });
    expect(await rowOf(reader, c), "the read before is seen").toMatchObject({ unread: 2, read: 4 });
    await remove(writer, c, 5);
    expect(await rowOf(reader, c), "deleted ones still count").toMatchObject({ unread: 2 });
    reader.write({ t: "read", c, seq: 10 });
    expect(await rowOf(reader, c)).toMatchObject({ unread: 0 });
  });

  it("rises once for an event that comes again", async () => {
    const { c, writer, reader } = await group();
    const frame = { t: "send", id: "m1", c, type: "message", body: { text: "once" } };
    for (const _ of range(1, 3)) await writer.ask(frame);
    expect(await rowOf(reader, c)).toMatchObject({ unread: 1, ord: 1 });
  });

  it("of a new member begins at the join", async () => {
    const { alice, c, writer } = await group();
    await writer.say(c, "before");
    const late = scene.fresh("late");
    await call(scene.url, "PUT", `/conversations/${c}/members/${late}`, { user: alice, json: {} });
    const newcomer = await scene.join(late);
    expect(await rowOf(newcomer, c)).toMatchObject({ unread: 0, read: 3, delivered: 3 });
    await writer.say(c, "after");
    expect(await rowOf(newcomer, c)).toMatchObject({ unread: 1 });
  });

  it("is raised by others and lowered on all own devices, which hear of it", async () => {
    const { bob, c, writer, reader } = await group();
    const phone = await scene.join(bob);
    await writer.say(c, "one");
    reader.write({ t: "read", c, seq: 2 });
    expect(await phone.next({ t: "receipt", user: bob, read: 2 })).toMatchObject({ c });
  });

  it("a sender's own `read` is raised by sending", async () => {
    const { c, writer, reader } = await group();
    await writer.say(c, "one");
    await reader.say(c, "answer");
    expect(await rowOf(reader, c)).toMatchObject({ unread: 0, read: 3 });
  });
});

describe("mentions", () => {
  it("count the unread messages that name me, or all", async () => {
    const { bob, carl, c, writer, reader } = await group();
    await send(writer, c, "message", { body: {}, mentions: [bob] });
    await send(writer, c, "message", { body: {}, mentions: [bob, carl] });
    await send(writer, c, "message", { body: {}, mentions: "all" });
    await send(writer, c, "message", { body: {}, mentions: [carl] });
    expect(await rowOf(reader, c)).toMatchObject({ unread: 4, mentions: 3 });
    expect(await rowOf(writer, c)).toMatchObject({ mentions: 0 });
    reader.write({ t: "read", c, seq: 2 });
    expect(await rowOf(reader, c)).toMatchObject({ unread: 3, mentions: 2 });
    reader.write({ t: "read", c, seq: 5 });
    expect(await rowOf(reader, c)).toMatchObject({ unread: 0, mentions: 0 });
  });

  it("of myself do not count, nor those before I came", async () => {
    const { alice, c, writer } = await group();
    const late = scene.fresh("late");
    await send(writer, c, "message", { body: {}, mentions: [late] });
    await send(writer, c, "message", { body: {}, mentions: "all" });
    await send(writer, c, "message", { body: {}, mentions: [alice] });
    await call(scene.url, "PUT", `/conversations/${c}/members/${late}`, { user: alice, json: {} });
    expect(await rowOf(await scene.join(late), c)).toMatchObject({ unread: 0, mentions: 0 });
    expect(await rowOf(writer, c)).toMatchObject({ mentions: 0 });
  });

  it("come as they were sent", async () => {
    const { bob, c, writer, reader } = await group();
    await send(writer, c, "message", { body: {}, mentions: [bob] });
    expect(await reader.next({ t: "event", seq: 2 })).toMatchObject({ mentions: [bob] });
    await send(writer, c, "message", { body: {}, mentions: "all" });
    expect(await reader.next({ t: "event", seq: 3 })).toMatchObject({ mentions: "all" });
  });

  it("over 100 are invalid, and so is what is no user id", async () => {
    const { c, writer } = await group();
    const mentions = range(1, 101).map((index) => `u${index}`);
    expect(await send(writer, c, "message", { body: {}, mentions })).toMatchObject({ code: "invalid" });
    expect(await send(writer, c, "message", { body: {}, mentions: ["no id"] })).toMatchObject({ code: "invalid" });
    expect(await send(writer, c, "message", { body: {}, mentions: "everyone" })).toMatchObject({ code: "invalid" });
  });
});

describe("the unread mark", () => {
  it("stands until the next read, or until it is taken back, apart from the watermarks", async () => {
    const { c, writer, reader } = await group();
    await writer.say(c, "one");
    reader.write({ t: "read", c, seq: 2 });
    expect(await rowOf(reader, c)).not.toHaveProperty("marked");
    reader.write({ t: "unread", c, on: true });
    expect(await rowOf(reader, c)).toMatchObject({ marked: true, unread: 0, read: 2 });
    reader.write({ t: "unread", c, on: false });
    expect(await rowOf(reader, c)).not.toHaveProperty("marked");
    reader.write({ t: "unread", c, on: true });
    reader.write({ t: "read", c, seq: 2 });
    expect(await rowOf(reader, c), "a read that raises nothing").not.toHaveProperty("marked");
  });

  it("is one's own, and shows as a change of the row", async () => {
    const { c, writer, reader } = await group();
    const { cursor } = await reader.ask({ t: "inbox", cursor: null });
    reader.write({ t: "unread", c, on: true });
    await sleep(100);
    const changes = await reader.ask({ t: "inbox", cursor });
    expect(changes.conversations).toEqual([expect.objectContaining({ c, marked: true })]);
    expect(await rowOf(writer, c)).not.toHaveProperty("marked");
  });

  it("S14: of what is not mine is not_found", async () => {
    const { c } = await group();
    const mallory = await scene.join(scene.fresh("mallory"));
    mallory.write({ t: "unread", c, on: true });
    expect(await mallory.next("error")).toMatchObject({ re: "unread", c, code: "not_found" });
    mallory.write({ t: "unread", c, on: "yes" });
    expect(await mallory.next("error")).toMatchObject({ re: "unread", code: "invalid" });
  });
});

describe("PATCH /conversations/:c/me", () => {
  it("mutes for ever, until a time, or not, and answers with the row", async () => {
    const { bob, c, reader } = await group();
    const patch = async (json: unknown) =>
      await call(scene.url, "PATCH", `/conversations/${c}/me`, { user: bob, json });
    const until = Date.now() + 3_600_000;
    for (const mute of [true, until, false]) {
      const answer = await patch({ mute });
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject({ c, mute });
      expect(await rowOf(reader, c)).toMatchObject({ mute });
    }
    expect((await patch({ unread: true })).body).toMatchObject({ marked: true });
    expect((await patch({ unread: false })).body).not.toHaveProperty("marked");
    for (const json of [{ mute: "yes" }, { mute: -1 }, { unread: 1 }, []]) {
      const answer = await patch(json);
      expect([answer.status, answer.body.code], JSON.stringify(json)).toEqual([400, "invalid"]);
    }
  });

  it("S14: is not_found for a stranger", async () => {
    const { c } = await group();
    const answer = await call(scene.url, "PATCH", `/conversations/${c}/me`, {
      user: scene.fresh("m"),
      json: { mute: true },
    });
    expect([answer.status, answer.body.code]).toEqual([404, "not_found"]);
  });
});
