import { describe, expect, it } from "vitest";
import { call, type HttpAnswer } from "../support/wire-http.ts";
import { readLog } from "../support/wire-log.ts";
import { sceneOfFile } from "../support/wire-scene.ts";

const scene = sceneOfFile();

async function group(extra: Readonly<Record<string, unknown>> = {}) {
  const [alice, bob, carl, dora] = scene.people("alice", "bob", "carl", "dora");
  const c = await scene.create(alice, [[bob, "admin"], carl], extra);
  const of = async (user: string, method: string, path: string, json?: unknown): Promise<HttpAnswer> =>
    await call(scene.url, method, `/conversations/${c}${path}`, { user, ...(json === undefined ? {} : { json }) });
  return { alice, bob, carl, dora, c, of };
}

function codeOf(answer: HttpAnswer): unknown {
  return [answer.status, answer.body.code];
}

describe("an open conversation", () => {
  it("is joined by anybody, as a member, by one `member` event", async () => {
    const { dora, c, of } = await group({ open: true });
    const client = await scene.join(dora);
    const answer = await of(dora, "PUT", "/members/me", {});
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ c, role: "member", unread: 0, open: true });
    const event = await client.next("event");
    expect(event).toMatchObject({ c, seq: 2, type: "member", from: dora, body: { members: [[dora, "member"]] } });
    expect((await of(dora, "PUT", "/members/me", {})).body, "once more").toMatchObject({ head: 2 });
    expect(await client.say(c, "hello")).toMatchObject({ t: "sent", seq: 3 });
    expect((await of(dora, "DELETE", "/members/me")).status).toBe(204);
    expect(await client.say(c, "hello?")).toMatchObject({ code: "not_found" });
  });

  it("gives no other role to who joins, and lets nobody add others", async () => {
    const { alice, dora, of } = await group({ open: true });
    expect(codeOf(await of(dora, "PUT", "/members/me", { role: "owner" }))).toEqual([403, "forbidden"]);
    expect(codeOf(await of(dora, "PUT", "/members/somebody", {}))).toEqual([404, "not_found"]);
    await of(alice, "PATCH", "", { open: false });
    expect(codeOf(await of(dora, "PUT", "/members/me", {})), "closed").toEqual([404, "not_found"]);
  });

  it("S14: one that is not open is not_found", async () => {
    const { dora, of } = await group();
    const closed = await of(dora, "PUT", "/members/me", {});
    const none = await call(scene.url, "PUT", "/conversations/none/members/me", { user: dora, json: {} });
    expect(codeOf(closed)).toEqual([404, "not_found"]);
    expect([closed.body["title"], closed.body["detail"]]).toEqual([none.body["title"], none.body["detail"]]);
  });
});

describe("a ban", () => {
  it("removes, and refuses joining or being added until it is lifted", async () => {
    const { alice, bob, carl, c, of } = await group({ open: true });
    const client = await scene.join(carl);
    const banned = await of(bob, "PUT", `/bans/${carl}`);
    expect(banned.status).toBe(200);
    expect(banned.body).toMatchObject({ c, head: 2 });
    expect(await client.next("event")).toMatchObject({ type: "member", from: bob, body: { members: [[carl, null]] } });
    expect(await client.next("events")).toEqual({ t: "events", c, gone: true });
    expect(codeOf(await of(carl, "PUT", "/members/me", {}))).toEqual([403, "forbidden"]);
    expect(codeOf(await of(alice, "PUT", `/members/${carl}`, {}))).toEqual([403, "forbidden"]);
    const many = await of(alice, "POST", "/members", { members: ["other", carl] });
    expect(codeOf(many)).toEqual([403, "forbidden"]);
    expect((await of(bob, "PUT", `/bans/${carl}`)).body, "once more").toMatchObject({ head: 2 });
    expect((await of(alice, "DELETE", `/bans/${carl}`)).status).toBe(200);
    expect((await of(carl, "PUT", "/members/me", {})).status).toBe(200);
    const log = await readLog(await scene.join(alice), c);
    expect(log.map((row) => row.type)).toEqual(["meta", "member", "member"]);
  });

  it("may come before anybody was a member, and appends nothing then", async () => {
    const { alice, dora, c, of } = await group({ open: true });
    expect((await of(alice, "PUT", `/bans/${dora}`)).status).toBe(200);
    expect(codeOf(await of(dora, "PUT", "/members/me", {}))).toEqual([403, "forbidden"]);
    expect(await readLog(await scene.join(alice), c)).toHaveLength(1);
  });

  it("is an admin's and the owner's, against members and readers", async () => {
    const { alice, bob, carl, dora, of } = await group();
    expect(codeOf(await of(carl, "PUT", `/bans/${dora}`))).toEqual([403, "forbidden"]);
    expect(codeOf(await of(bob, "PUT", `/bans/${alice}`))).toEqual([403, "forbidden"]);
    expect(codeOf(await of(dora, "PUT", `/bans/${carl}`))).toEqual([404, "not_found"]);
    expect((await of(alice, "PUT", `/bans/${bob}`)).status).toBe(200);
  });
});

describe("a block", () => {
  it("of either forbids sends to their direct, not reading it", async () => {
    const [alice, bob] = scene.people("alice", "bob");
    const c = await scene.create(alice, [bob], { kind: "direct" });
    const [one, other] = [await scene.join(alice), await scene.join(bob)];
    const sent = await one.say(c, "before", "m1");
    const block = async (method: string) => await call(scene.url, method, `/blocks/${alice}`, { user: bob });
    const answer = await block("PUT");
    expect([answer.status, answer.text]).toEqual([204, ""]);
    expect((await block("PUT")).status, "once more").toBe(204);
    for (const client of [one, other]) {
      const refused = await client.say(c, "now");
      expect(refused).toMatchObject({ t: "error", code: "forbidden", c });
      expect(refused).not.toHaveProperty("retry");
    }
    expect(await one.say(c, "before", "m1"), "I4: what was stored is told").toEqual({ ...sent, dup: true });
    expect(await one.ask({ t: "fetch", c })).toMatchObject({ head: 2 });
    expect((await block("DELETE")).status).toBe(204);
    expect(await one.say(c, "again")).toMatchObject({ t: "sent", seq: 3 });
  });

  it("does not touch the groups that both are in", async () => {
    const [alice, bob] = scene.people("alice", "bob");
    const c = await scene.create(alice, [bob]);
    await call(scene.url, "PUT", `/blocks/${alice}`, { user: bob });
    expect(await (await scene.join(alice)).say(c, "all")).toMatchObject({ t: "sent" });
    expect(await (await scene.join(bob)).say(c, "all")).toMatchObject({ t: "sent" });
  });

  it("of what is no user, or of oneself, is invalid", async () => {
    const alice = scene.fresh("alice");
    for (const path of ["/blocks/no%20id", `/blocks/${alice}`, "/blocks/me"]) {
      expect(codeOf(await call(scene.url, "PUT", path, { user: alice })), path).toEqual([400, "invalid"]);
    }
    expect((await call(scene.url, "PUT", "/blocks/bob")).status, "nobody").toBe(401);
  });
});

describe("the owner's role", () => {
  it("passes on when the last owner leaves, to an admin, else to a member", async () => {
    const { alice, bob, carl, of } = await group();
    expect((await of(alice, "DELETE", "/members/me")).status).toBe(204);
    expect((await of(bob, "GET", "")).body).toMatchObject({ role: "owner" });
    expect((await of(bob, "DELETE", "/members/me")).status).toBe(204);
    expect((await of(carl, "GET", "")).body).toMatchObject({ role: "owner" });
  });
});
