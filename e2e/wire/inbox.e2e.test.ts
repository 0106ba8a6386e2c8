import { describe, expect, it } from "vitest";
import type { WireClient } from "../support/wire-client.ts";
import type { InboxRow } from "../support/wire-frame.ts";
import { call } from "../support/wire-http.ts";
import { range, sleep } from "../support/wire-log.ts";
import { sceneOfFile } from "../support/wire-scene.ts";

const scene = sceneOfFile();

/** Pages the inbox from a cursor to its end: its rows, and the cursor to come back with. */
async function readInbox(client: WireClient, from: string | null, limit = 100) {
  const rows: InboxRow[] = [];
  let cursor = from;
  for (const _ of range(1, 200)) {
    const page = await client.ask({ t: "inbox", cursor, limit });
    expect(page).toMatchObject({ t: "inbox", conversations: expect.any(Array), cursor: expect.any(String) });
    expect(page.conversations?.length).toBeLessThanOrEqual(limit);
    rows.push(...(page.conversations ?? []));
    cursor = String(page.cursor);
    if (page.more !== true) return { rows, cursor };
  }
  throw new Error(`the inbox has no end; ${rows.length} rows came`);
}

/** The cursor after everything that has happened until now. */
async function cursorOf(client: WireClient): Promise<string> {
  return (await readInbox(client, null)).cursor;
}

describe("inbox", () => {
  it("has a row for each conversation, with all its fields", async () => {
    const [alice, bob] = scene.people("alice", "bob");
    const c = await scene.create(alice, [bob], { title: "Lunch", meta: { colour: "blue" } });
    const [writer, reader] = [await scene.join(alice), await scene.join(bob)];
    await writer.say(c, "first");
    const sent = await writer.say(c, "newest");
    const { rows } = await readInbox(reader, null);
    expect(rows).toHaveLength(1);
    const row = rows[0];
    expect(row).toMatchObject({
      ...{ c, kind: "group", mode: "push", epoch: sent.epoch, head: 3, ord: 2, role: "member" },
      ...{ title: "Lunch", meta: { colour: "blue" } },
      last: { seq: 3, ord: 2, type: "message", id: sent.id, from: alice, at: sent.at, body: { text: "newest" } },
    });
    for (const field of ["delivered", "read", "unread", "mentions"])
      expect(row?.[field], field).toEqual(expect.any(Number));
    expect(row).toHaveProperty("mute");
    expect((await readInbox(writer, null)).rows[0]).toMatchObject({ c, role: "owner" });
  });

  it("has null for what a conversation lacks", async () => {
    const [alice, bob] = scene.people("alice", "bob");
    const made = await call(scene.url, "POST", "/conversations", {
      user: alice,
      json: { kind: "direct", members: [bob] },
    });
    const { rows } = await readInbox(await scene.join(bob), null);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      c: made.body.c,
      kind: "direct",
      head: 1,
      ord: 0,
      role: "member",
      title: null,
      last: null,
    });
  });

  it("of somebody in no conversation is empty, and has a cursor all the same", async () => {
    const alone = await scene.join(scene.fresh("alone"));
    const { rows, cursor } = await readInbox(alone, null);
    expect(rows).toEqual([]);
    expect((await readInbox(alone, cursor)).rows).toEqual([]);
  });

  it("from null comes newest first, in pages that skip nothing", async () => {
    const [alice, bob] = scene.people("alice", "bob");
    const writer = await scene.join(alice);
    const rooms: string[] = [];
    for (const _ of range(1, 12)) rooms.push(await scene.create(alice, [bob]));
    const order = [3, 11, 0, 7, 5, 1, 10, 2, 9, 4, 8, 6].map((index) => String(rooms[index]));
    for (const c of order) {
      await writer.say(c, "moves to the front");
      await sleep(2);
    }
    const reader = await scene.join(bob);
    for (const limit of [100, 5, 1]) {
      const { rows } = await readInbox(reader, null, limit);
      expect(
        rows.map((row) => row.c),
        `pages of ${limit}`,
      ).toEqual(order.toReversed());
    }
  });

  it("from a cursor has only what changed since", async () => {
    const [alice, bob] = scene.people("alice", "bob");
    const writer = await scene.join(alice);
    const rooms: string[] = [];
    for (const _ of range(1, 10)) rooms.push(await scene.create(alice, [bob]));
    const reader = await scene.join(bob);
    let cursor = await cursorOf(reader);
    expect((await readInbox(reader, cursor)).rows.length, "nothing changed").toBeLessThan(3);

    for (const index of range(1, 5)) await writer.say(String(rooms[4]), `text ${index}`);
    const changed = await readInbox(reader, cursor);
    const rows = changed.rows.filter((row) => row.c === rooms[4]);
    expect(rows, "one row, however much happened").toHaveLength(1);
    expect(rows[0]).toMatchObject({ head: 6, ord: 5, last: { body: { text: "text 5" } } });
    expect(changed.rows.length, "not everything").toBeLessThan(5);

    cursor = changed.cursor;
    const added = await scene.create(alice, [bob], { title: "New here" });
    expect((await readInbox(reader, cursor)).rows).toContainEqual(
      expect.objectContaining({ c: added, title: "New here" }),
    );
  });

  it("from a cursor names by `gone` what was left, and what the user was put into", async () => {
    const [alice, bob] = scene.people("alice", "bob");
    const c = await scene.create(alice, [bob]);
    const kept = await scene.create(alice, [bob]);
    const reader = await scene.join(bob);
    const cursor = await cursorOf(reader);
    await call(scene.url, "DELETE", `/conversations/${c}/members/${bob}`, { user: alice });
    const removed = await readInbox(reader, cursor);
    expect(removed.rows).toContainEqual({ c, gone: true });
    expect(removed.rows.filter((row) => row.c === kept && row.gone === true)).toEqual([]);
    expect(
      (await readInbox(reader, null)).rows.map((row) => row.c),
      "from null it is simply not there",
    ).toEqual([kept]);

    await call(scene.url, "PUT", `/conversations/${c}/members/${bob}`, { user: alice, json: { role: "reader" } });
    const back = await readInbox(reader, removed.cursor);
    expect(back.rows.filter((row) => row.c === c).at(-1)).toMatchObject({ c, role: "reader" });
  });

  it("from a cursor that is unknown is answered like null, with reset", async () => {
    const [alice, bob] = scene.people("alice", "bob");
    const c = await scene.create(alice, [bob]);
    const reader = await scene.join(bob);
    for (const cursor of ["garbage", "eyJhIjoxfQ", "not:a:cursor"]) {
      const page = await reader.ask({ t: "inbox", cursor, limit: 10 });
      expect(page, cursor).toMatchObject({ t: "inbox", reset: true });
      expect(page.conversations?.map((row) => row.c)).toEqual([c]);
    }
    expect(await reader.ask({ t: "inbox", cursor: null })).not.toHaveProperty("reset", true);
  });

  it("with a cursor of the wrong type is invalid", async () => {
    const reader = await scene.join(scene.fresh("u"));
    for (const cursor of [5, {}, []]) {
      expect(await reader.ask({ t: "inbox", cursor })).toMatchObject({ t: "error", code: "invalid" });
    }
  });

  it("I18: has no conversation of others", async () => {
    const [alice, mallory] = scene.people("alice", "mallory");
    const reader = await scene.join(mallory);
    const cursor = await cursorOf(reader);
    const writer = await scene.join(alice);
    await writer.say(await scene.create(alice, []), "between me and myself");
    expect((await readInbox(reader, null)).rows).toEqual([]);
    expect((await readInbox(reader, cursor)).rows).toEqual([]);
  });
});
