import { describe, expect, it } from "vitest";
import { call } from "../support/wire-http.ts";
import { readLog } from "../support/wire-log.ts";
import { sceneOfFile } from "../support/wire-scene.ts";

const scene = sceneOfFile();

async function post(user: string, json: Readonly<Record<string, unknown>>) {
  return await call(scene.url, "POST", "/conversations", { user, json });
}

describe("POST /conversations", () => {
  it("of a group is 201 with the inbox row", async () => {
    const [alice, bob, carl] = scene.people("alice", "bob", "carl");
    const json = { kind: "group", title: "Lunch", meta: { colour: "blue" }, members: [bob, [carl, "reader"]] };
    const { status, type, body } = await post(alice, json);
    expect([status, type]).toEqual([201, "application/json"]);
    expect(body).toMatchObject({
      ...{ kind: "group", mode: "push", title: "Lunch", meta: { colour: "blue" }, role: "owner" },
      ...{ head: 1, ord: 0, unread: 0, last: null },
    });
    expect(body.c).toMatch(/^[A-Za-z0-9._:~-]{1,128}$/);
    expect(body.epoch).toEqual(expect.any(String));
    const client = await scene.join(alice);
    const inbox = await client.ask({ t: "inbox", cursor: null });
    expect(inbox.conversations, "the same row as the inbox's").toEqual([body]);
    const [meta] = await readLog(client, String(body.c));
    expect(meta?.body?.["members"]).toEqual([
      [alice, "owner"],
      [bob, "member"],
      [carl, "reader"],
    ]);
  });

  it("of a channel, and without members or title, is 201", async () => {
    const alice = scene.fresh("alice");
    expect(await post(alice, { kind: "channel", title: "News" })).toMatchObject({
      status: 201,
      body: { kind: "channel" },
    });
    expect(await post(alice, { kind: "group" })).toMatchObject({ status: 201, body: { title: null, role: "owner" } });
  });

  it("of a direct is 201 once, then 200 for either of the two", async () => {
    const [alice, bob, carl] = scene.people("alice", "bob", "carl");
    const first = await post(alice, { kind: "direct", members: [bob] });
    expect(first).toMatchObject({ status: 201, body: { kind: "direct", head: 1, title: null, role: "member" } });
    for (const [user, other] of [
      [alice, bob],
      [bob, alice],
      [alice, bob],
    ] as const) {
      const again = await post(user, { kind: "direct", members: [other] });
      expect(again).toMatchObject({ status: 200, body: { c: first.body.c, head: 1 } });
    }
    const another = await post(alice, { kind: "direct", members: [carl] });
    expect(another.status).toBe(201);
    expect(another.body.c).not.toBe(first.body.c);
    const members = await call(scene.url, "GET", `/conversations/${first.body.c}/members`, { user: bob });
    expect(members.body.members?.toSorted()).toEqual(
      [
        [alice, "member"],
        [bob, "member"],
      ].toSorted(),
    );
  });

  it("I4: of a direct by both at once makes one conversation", async () => {
    const [alice, bob] = scene.people("alice", "bob");
    const answers = await Promise.all(
      [alice, bob, alice, bob, alice, bob].map((user) =>
        post(user, { kind: "direct", members: [user === alice ? bob : alice] }),
      ),
    );
    expect(new Set(answers.map((answer) => answer.body.c)).size).toBe(1);
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([200, 200, 200, 200, 200, 201]);
    const log = await readLog(await scene.join(bob), String(answers[0]?.body.c));
    expect(log.map((row) => row.type)).toEqual(["meta"]);
  });

  it("I4: with an id of one's own is 201 once, then 200 with the row", async () => {
    const [alice, bob, id] = scene.people("alice", "bob", "conversation");
    const json = { kind: "group", id, members: [bob], title: "Mine" };
    const first = await post(alice, json);
    expect(first).toMatchObject({ status: 201, body: { c: id, title: "Mine" } });
    expect(await post(alice, json)).toMatchObject({ status: 200, body: { ...first.body } });
    expect((await readLog(await scene.join(alice), id)).map((row) => row.type)).toEqual(["meta"]);
  });

  it("S18: with an id that another has made is a conflict, member or not", async () => {
    const [alice, bob, mallory, id] = scene.people("alice", "bob", "mallory", "conversation");
    await post(alice, { kind: "group", id, members: [bob], title: "Canary title" });
    for (const user of [bob, mallory]) {
      const answer = await post(user, { kind: "group", id });
      expect(answer).toMatchObject({ status: 409, body: { code: "conflict" } });
      expect(answer.text).not.toContain("Canary title");
    }
  });

  it("is invalid with what it does not take", async () => {
    const [alice, bob, carl] = scene.people("alice", "bob", "carl");
    const wrong = [
      {},
      { kind: "room" },
      { kind: "constructor" },
      { kind: 5 },
      { kind: "direct" },
      { kind: "direct", members: [bob, carl] },
      { kind: "group", members: bob },
      { kind: "group", members: [5] },
      { kind: "group", members: ["not a user"] },
      { kind: "group", members: [[bob]] },
      { kind: "group", members: [[bob, "king"]] },
      { kind: "group", members: [{ user: bob }] },
      { kind: "group", title: 5 },
      { kind: "group", meta: "blue" },
      { kind: "group", meta: ["blue"] },
      { kind: "group", id: "not an id" },
      { kind: "group", id: "x".repeat(129) },
      { kind: "group", id: 5 },
    ];
    for (const json of wrong) {
      const answer = await post(alice, json);
      expect([answer.status, answer.body.code], JSON.stringify(json)).toEqual([400, "invalid"]);
    }
    const inbox = await (await scene.join(alice)).ask({ t: "inbox", cursor: null });
    expect(inbox.conversations, "nothing was made").toEqual([]);
  });
});
