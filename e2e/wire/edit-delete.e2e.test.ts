import { describe, expect, it } from "vitest";
import { edit, react, remove, send } from "../support/wire-event.ts";
import { expectWholePage, readLog } from "../support/wire-log.ts";
import { sceneOfFile } from "../support/wire-scene.ts";

const scene = sceneOfFile();

/** A group in which bob has written seq 2, "first". */
async function group(roles: Readonly<Record<string, string>> = {}) {
  const [alice, bob, carl] = scene.people("alice", "bob", "carl");
  const c = await scene.create(alice, [
    [bob, roles["bob"] ?? "member"],
    [carl, roles["carl"] ?? "member"],
  ]);
  const [owner, author, other] = [await scene.join(alice), await scene.join(bob), await scene.join(carl)];
  const sent = await author.say(c, "first");
  expect(sent).toMatchObject({ seq: 2 });
  return { ...{ alice, bob, carl, c, owner, author, other }, epoch: sent.epoch };
}

describe("an edit", () => {
  it("is an event of the log, and changes what pages show", async () => {
    const { bob, c, author, other } = await group();
    const sent = await edit(author, c, 2, "second");
    expect(sent).toMatchObject({ t: "sent", seq: 3, ord: 1 });
    const event = await other.next({ t: "event", type: "edit" });
    expect(event).toMatchObject({ c, seq: 3, ord: 1, from: bob, re: 2, body: { text: "second" } });
    const page = await other.ask({ t: "fetch", c });
    expect(page.events?.map((row) => [row.seq, row.type])).toEqual([
      [1, "meta"],
      [2, "message"],
    ]);
    expect(page).toMatchObject({ head: 3, to: 3 });
    expect(page.events?.[1]).toMatchObject({ body: { text: "second" }, edited: 3, from: bob });
    await edit(author, c, 2, "third");
    const again = await other.ask({ t: "fetch", c, before: 4 });
    expect(again.events?.at(-1)).toMatchObject({ seq: 2, body: { text: "third" }, edited: 4 });
  });

  it("stands in the log as it happened, beside what the message said first", async () => {
    const { c, author, other } = await group();
    await edit(author, c, 2, "second");
    const log = await readLog(other, c);
    expect(log.map((row) => [row.type, row.body?.["text"]])).toEqual([
      ["meta", undefined],
      ["message", "first"],
      ["edit", "second"],
    ]);
    expect(log[1]).not.toHaveProperty("edited");
  });

  it("is the author's alone: forbidden to the owner too", async () => {
    const { c, owner, other } = await group();
    for (const client of [owner, other]) {
      const refused = await edit(client, c, 2, "not mine");
      expect(refused).toMatchObject({ t: "error", code: "forbidden", c });
      expect(refused).not.toHaveProperty("retry");
    }
  });

  it("of no message here is not_found: none, an edit, the meta", async () => {
    const { c, author } = await group();
    await edit(author, c, 2, "second");
    for (const re of [99, 3, 1]) expect(await edit(author, c, re, "x")).toMatchObject({ code: "not_found" });
  });

  it("without `re`, or without a body, is invalid", async () => {
    const { c, author } = await group();
    expect(await send(author, c, "edit", { body: { text: "x" } })).toMatchObject({ code: "invalid" });
    expect(await send(author, c, "edit", { re: 2 })).toMatchObject({ code: "invalid" });
  });

  it("I4: sent again under its id is the same event once", async () => {
    const { c, author, other } = await group();
    const frame = { t: "send", id: "e1", c, type: "edit", re: 2, body: { text: "second" } };
    const first = await author.ask(frame);
    expect(await author.ask(frame)).toEqual({ ...first, dup: true });
    expect(await author.ask({ ...frame, body: { text: "third" } })).toMatchObject({ code: "conflict" });
    expect(await author.ask({ ...frame, re: 1 }), "another target").toMatchObject({ code: "conflict" });
    expect((await other.ask({ t: "fetch", c })).head).toBe(3);
  });

  it("shows in the inbox's last message, and counts as no message", async () => {
    const { c, author, other } = await group();
    await edit(author, c, 2, "second");
    const { conversations } = await other.ask({ t: "inbox", cursor: null });
    expect(conversations?.[0]).toMatchObject({ c, head: 3, ord: 1, unread: 1 });
    expect(conversations?.[0]?.last).toMatchObject({ seq: 2, body: { text: "second" }, edited: 3 });
  });
});

describe("a deletion", () => {
  it("takes the content away from the log, pages and inbox, of edits too", async () => {
    const { carl, c, author, other } = await group();
    await edit(author, c, 2, "second");
    expect(await remove(author, c, 2)).toMatchObject({ t: "sent", seq: 4, ord: 1 });
    const event = await other.next({ t: "event", type: "delete" });
    expect(event).toMatchObject({ seq: 4, re: 2 });
    const reader = await scene.join(carl);
    const log = await readLog(reader, c);
    expect(log.map((row) => [row.type, row.body, row["deleted"]])).toEqual([
      ["meta", expect.anything(), undefined],
      ["message", undefined, true],
      ["edit", undefined, true],
      ["delete", undefined, undefined],
    ]);
    const newest = await reader.ask({ t: "fetch", c });
    const message = newest.events?.find((row) => row.seq === 2);
    expect(message).toMatchObject({ deleted: true, seq: 2, ord: 1 });
    expect(message).not.toHaveProperty("body");
    expect(message).not.toHaveProperty("edited");
    const row = (await reader.ask({ t: "inbox", cursor: null })).conversations?.find((one) => one["c"] === c);
    expect(row?.last).toMatchObject({ seq: 2, deleted: true });
    expect(JSON.stringify(reader.frames)).not.toMatch(/first|second/);
  });

  it("also from what the gateway keeps for those who come back soon", async () => {
    const { carl, c, epoch, author, other } = await group();
    await edit(author, c, 2, "second");
    await remove(author, c, 2);
    await other.next({ t: "event", type: "delete" });
    const back = await scene.join(carl, { hello: { have: [[c, epoch, 1]] } });
    const page = await back.next("events");
    expectWholePage(page, 1);
    expect(page.events?.map((row) => [row.type, row.body, row["deleted"]])).toEqual([
      ["message", undefined, true],
      ["edit", undefined, true],
      ["delete", undefined, undefined],
    ]);
    expect(JSON.stringify(back.frames)).not.toMatch(/first|second/);
  });

  it("is the author's, an admin's and the owner's", async () => {
    const { c, owner, author, other } = await group({ carl: "admin" });
    expect(await remove(other, c, 2), "an admin").toMatchObject({ t: "sent" });
    await author.say(c, "mine");
    expect(await remove(owner, c, 4), "the owner").toMatchObject({ t: "sent" });
    await owner.say(c, "the owner's");
    expect(await remove(author, c, 6), "a member, another's").toMatchObject({ t: "error", code: "forbidden" });
    await author.say(c, "mine again");
    expect(await remove(author, c, 7), "the own").toMatchObject({ t: "sent" });
  });

  it("a second time is a normal event; an edit or a reaction is a conflict then, a reply is not", async () => {
    const { c, author, other } = await group();
    await remove(author, c, 2);
    expect(await remove(author, c, 2)).toMatchObject({ t: "sent", seq: 4 });
    expect(await edit(author, c, 2, "back")).toMatchObject({ code: "conflict" });
    expect(await react(other, c, 2, "👍")).toMatchObject({ code: "conflict" });
    expect(await send(other, c, "message", { re: 2, body: { text: "what was it?" } })).toMatchObject({ t: "sent" });
    expect(await remove(author, c, 99)).toMatchObject({ code: "not_found" });
    expect(await send(author, c, "delete")).toMatchObject({ code: "invalid" });
  });

  it("I4: keeps the key of what was sent: the repeat is dup, other content a conflict", async () => {
    const { c, author } = await group();
    const sent = await author.say(c, "secret", "m1");
    await remove(author, c, sent.seq);
    expect(await author.say(c, "secret", "m1")).toEqual({ ...sent, dup: true });
    expect(await author.say(c, "other", "m1")).toMatchObject({ code: "conflict" });
  });

  it("leaves the message in the counts, and out of the mentions", async () => {
    const { carl, c, author, other } = await group();
    const sent = await send(author, c, "message", { body: { text: "you!" }, mentions: [carl] });
    const before = (await other.ask({ t: "inbox", cursor: null })).conversations?.[0];
    expect(before).toMatchObject({ unread: 2, mentions: 1 });
    await remove(author, c, sent.seq);
    const after = (await other.ask({ t: "inbox", cursor: null })).conversations?.[0];
    expect(after).toMatchObject({ unread: 2, mentions: 0 });
  });
});
