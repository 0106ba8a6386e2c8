import { describe, expect, it } from "vitest";
import type { Frame } from "../support/wire-frame.ts";
import { call } from "../support/wire-http.ts";
import { range, readLog, textsOf } from "../support/wire-log.ts";
import { type Opened, sceneOfFile } from "../support/wire-scene.ts";

const scene = sceneOfFile();
const killTimeoutMs = 60_000;

async function killAndRestart(...opened: readonly Opened[]): Promise<void> {
  await scene.server.kill9();
  await Promise.all(opened.map(async ({ client }) => await client.closed()));
  await scene.server.restart();
}

/** Two people in a group, on devices that they come back with. */
async function pair() {
  const [alice, bob, desk, phone] = scene.people("alice", "bob", "desk", "phone");
  const c = await scene.create(alice, [bob]);
  const writer = await scene.open(alice, { device: desk });
  const reader = await scene.open(bob, { device: phone });
  return { alice, bob, desk, phone, c, writer, reader };
}

describe("after kill -9 and a restart", { timeout: killTimeoutMs }, () => {
  it("resume still holds, without a token, for its own device alone", async () => {
    const { alice, desk, phone, writer, reader } = await pair();
    const { resume } = await writer.client.ping();
    await killAndRestart(writer, reader);
    for (const [index, token] of [resume, writer.welcome.resume].entries()) {
      const { welcome } = await scene.open(undefined, { device: desk, hello: { k: 2 + index, resume: token } });
      expect(welcome).toMatchObject({ user: alice, resumed: true });
    }
    const thief = await scene.greet(undefined, { device: phone, hello: { k: 9, resume } });
    expect((await thief.closed()).code, "S12").toBe(4100);
  });

  it("I1, I4, I12, I19: what was sent stands at its seq: dup for the same, conflict for another content", async () => {
    const { alice, desk, c, writer, reader } = await pair();
    const sent: Frame[] = [];
    for (const index of range(1, 10)) sent.push(await writer.client.say(c, `text ${index}`, `m-${index}`));
    await killAndRestart(writer, reader);
    const { client } = await scene.open(undefined, { device: desk, hello: { k: 2, resume: writer.welcome.resume } });
    for (const [index, first] of sent.entries()) {
      expect(await client.say(c, `text ${index + 1}`, `m-${index + 1}`)).toEqual({ ...first, dup: true });
    }
    expect(await client.say(c, "another text", "m-3")).toMatchObject({ t: "error", code: "conflict" });
    const json = { id: "m-4", type: "message", body: { text: "text 4" } };
    const byHttp = await call(scene.url, "POST", `/conversations/${c}/messages`, { user: alice, json });
    expect([byHttp.status, byHttp.body.seq]).toEqual([200, sent[3]?.seq]);
    expect(await client.say(c, "text 11", "m-11")).toMatchObject({
      t: "sent",
      seq: 12,
      ord: 11,
      epoch: sent[0]?.epoch,
    });
    expect(textsOf(await readLog(client, c, 1))).toEqual(range(1, 11).map((index) => `text ${index}`));
  });

  it("I9, I16: have brings what was missed, and a level cursor nothing", async () => {
    const { phone, c, writer, reader } = await pair();
    const quiet = await scene.create(scene.fresh("owner"), [String(reader.welcome["user"])]);
    const first = await writer.client.say(c, "seen");
    await reader.client.next({ t: "event", seq: 2 });
    reader.client.terminate();
    for (const index of range(1, 5)) await writer.client.say(c, `missed ${index}`);
    await killAndRestart(writer);
    const have = [[c, first.epoch, 2, true]];
    const { client, welcome } = await scene.open(undefined, {
      device: phone,
      hello: { k: 2, resume: reader.welcome.resume, have },
    });
    expect(welcome.resumed).toBe(true);
    const page = await client.next("events");
    expect(page).toMatchObject({ c, epoch: first.epoch, from: 3, to: 7, head: 7 });
    expect(textsOf(page.events ?? [])).toEqual(range(1, 5).map((index) => `missed ${index}`));
    expect(await client.next("subscribed")).toMatchObject({ c, head: 7, ord: 6, members: 2 });
    const inbox = await client.ask({ t: "inbox", cursor: null });
    expect(inbox.conversations?.map((row) => row.c).toSorted(), "memberships stand").toEqual([c, quiet].toSorted());
    client.write({ t: "have", have: [[c, first.epoch, 7]] });
    await client.silence("events", 200);
  });

  it("an inbox cursor from before is still good", async () => {
    const { bob, phone, c, writer, reader } = await pair();
    const untouched = await scene.create(bob, []);
    const before = await reader.client.ask({ t: "inbox", cursor: null });
    await writer.client.say(c, "news");
    await killAndRestart(writer, reader);
    const client = await scene.join(bob, { device: phone, hello: { k: 2 } });
    const page = await client.ask({ t: "inbox", cursor: before.cursor });
    expect(page).not.toHaveProperty("reset", true);
    expect(page.conversations).toContainEqual(expect.objectContaining({ c, head: 2 }));
    expect(before.conversations?.map((row) => row.c)).toContain(untouched);
  });

  it("a direct pair and an id of one's own are still known", async () => {
    const [alice, bob, id] = scene.people("alice", "bob", "conversation");
    const create = async (user: string, json: unknown) =>
      await call(scene.url, "POST", "/conversations", { user, json });
    const direct = await create(alice, { kind: "direct", members: [bob] });
    await create(alice, { kind: "group", id });
    await killAndRestart();
    expect(await create(bob, { kind: "direct", members: [alice] })).toMatchObject({
      status: 200,
      body: { c: direct.body.c },
    });
    expect(await create(alice, { kind: "group", id })).toMatchObject({ status: 200, body: { c: id } });
    expect(await create(bob, { kind: "group", id })).toMatchObject({ status: 409, body: { code: "conflict" } });
  });
});
