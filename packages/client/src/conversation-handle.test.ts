import type { InboxRow } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { ChatClient } from "./chat-client.ts";
import type { Conversation } from "./conversation.ts";
import { FakeGateway } from "./testing/fake-gateway.ts";
import { FakeNetwork } from "./testing/fake-network.ts";
import { ManualClock } from "./testing/manual-clock.ts";
import { SeededRandom } from "./testing/seeded-random.ts";

const row = (more: Partial<InboxRow> = {}): InboxRow => ({
  ...{
    c: "c1",
    kind: "group",
    mode: "push",
    epoch: "e1",
    head: 1,
    ord: 0,
    delivered: 1,
    read: 1,
    unread: 0,
    mentions: 0,
  },
  ...{ role: "owner", title: "Lunch", meta: null, mute: false, last: null },
  ...more,
});

function make(answer: () => Response | Promise<Response> = () => Response.json(row())) {
  const clock = new ManualClock();
  const gateway = new FakeGateway(clock);
  const calls: { method: string; path: string; body: unknown }[] = [];
  const client = new ChatClient({
    url: "https://example.com/chat",
    token: () => "me",
    clock,
    network: new FakeNetwork(),
    random: new SeededRandom(1),
    transport: gateway.server.open,
    fetch: async (url, init) => {
      const path = String(url).replace("https://example.com/chat", "");
      const body = init?.body === undefined ? undefined : JSON.parse(String(init.body));
      calls.push({ method: init?.method ?? "", path, body });
      return answer();
    },
  });
  return { clock, gateway, server: gateway.server, client, calls, conversation: client.conversation("c1") };
}
const noContent = (): Response => new Response(null, { status: 204 });

type Make = (conversation: Conversation) => Promise<unknown>;
const rowCalls: readonly (readonly [string, string, unknown, Make])[] = [
  ["PATCH", "", { title: null, slow: 0 }, (c) => c.update({ title: null, slow: 0 })],
  ["PATCH", "/me", { mute: 1_000 }, (c) => c.mute(1_000)],
  ["PUT", "/pins/7", undefined, (c) => c.pin(7)],
  ["DELETE", "/pins/7", undefined, (c) => c.pin(7, false)],
  ["POST", "/members", { members: ["u1", ["u2", "admin"]] }, (c) => c.add(["u1", ["u2", "admin"]])],
  ["PUT", "/members/a%7Cb%40c", { role: "reader" }, (c) => c.setRole("a|b@c", "reader")],
  ["DELETE", "/members/u2", undefined, (c) => c.removeMember("u2")],
  ["PUT", "/bans/u2", undefined, (c) => c.ban("u2")],
  ["DELETE", "/bans/u2", undefined, (c) => c.ban("u2", false)],
  ["PUT", "/members/me", {}, (c) => c.join()],
];

describe("ConversationHandle", () => {
  it.each(rowCalls)("calls %s %s, and puts the row into the inbox", async (method, path, body, run) => {
    const { clock, client, calls, conversation } = make(() => Response.json(row({ title: "Dinner" })));
    conversation.row.subscribe(() => {});
    await clock.advance(100);
    expect(await run(conversation)).toMatchObject({ id: "c1", title: "Dinner" });
    expect(calls).toEqual([{ method, path: `/conversations/c1${path}`, body }]);
    expect(conversation.row.current).toMatchObject({ title: "Dinner" });
    expect(client.inbox.current.rows).toEqual([conversation.row.current]);
  });

  it.each<readonly [string, Make]>([
    ["leaves", (c) => c.leave()],
    ["is deleted", (c) => c.remove()],
    ["removes the user", (c) => c.removeMember("me")],
    ["bans the user", (c) => c.ban("me")],
  ])("is no longer in the inbox when it %s", async (_, run) => {
    const { clock, gateway, client, conversation } = make(noContent);
    gateway.append("c1", "you", {});
    client.inbox.subscribe(() => {});
    await clock.advance(100);
    expect(client.inbox.current.rows.length).toBe(1);
    expect(await run(conversation)).toBeFalsy();
    expect([client.inbox.current.rows, conversation.row.current]).toEqual([[], null]);
  });

  it("a change of what is the user's no longer fails with `not_found`", async () => {
    const { conversation } = make(noContent);
    await expect(conversation.update({ title: "x" })).rejects.toMatchObject({ code: "not_found" });
  });

  it("lists members page by page", async () => {
    const page = { members: [["me", "owner"]], cursor: "k&1", more: true };
    const { calls, conversation } = make(() => Response.json(page));
    expect(await conversation.members()).toEqual(page);
    await conversation.members({ cursor: page.cursor, limit: 10 });
    expect(calls.map(({ path }) => path)).toEqual([
      "/conversations/c1/members?",
      "/conversations/c1/members?cursor=k%261&limit=10",
    ]);
  });

  it("adds 10,000 members in one call", async () => {
    const { calls, conversation } = make();
    await conversation.add(Array.from({ length: 10_000 }, (_, at) => `user-${at}`));
    expect(calls.map(({ body }) => (body as { members: string[] }).members.length)).toEqual([10_000]);
  });

  it("fails with the gateway's code, with `offline`, and with `internal` for what no gateway says", async () => {
    const refused = make(() => Response.json({ code: "forbidden", detail: "no" }, { status: 403 }));
    await expect(refused.conversation.pin(1)).rejects.toMatchObject({ code: "forbidden" });
    const offline = make(() => Promise.reject(new TypeError("fetch failed")));
    await expect(offline.conversation.leave()).rejects.toMatchObject({ code: "offline" });
    for (const body of ["<html>", "[]", "null"]) {
      const { client, conversation } = make(() => new Response(body));
      await expect(conversation.mute(true)).rejects.toMatchObject({ code: "internal" });
      await expect(conversation.members()).rejects.toMatchObject({ code: "internal" });
      await expect(client.block("u2")).rejects.toMatchObject({ code: "internal" });
    }
  });

  it("never calls another address than the one that was meant, whatever a user is called", async () => {
    const { client, calls, conversation } = make(noContent);
    for (const user of ["..", "."]) {
      await expect(conversation.removeMember(user)).rejects.toMatchObject({ code: "invalid" });
      await expect(client.block(user)).rejects.toMatchObject({ code: "invalid" });
    }
    await expect(client.conversation("..").remove()).rejects.toMatchObject({ code: "invalid" });
    expect(calls).toEqual([]);
  });

  it("I25: fails with `closed` when the client is, before and meanwhile", async () => {
    const { clock, client, calls, conversation } = make(() => new Promise(() => {}));
    await client.close();
    await expect(conversation.pin(1)).rejects.toMatchObject({ code: "closed" });
    await expect(client.block("u2")).rejects.toMatchObject({ code: "closed" });
    await expect(client.create({ kind: "group" })).rejects.toMatchObject({ code: "closed" });
    expect([calls.length, clock.pending]).toEqual([0, 0]);
  });

  it("blocks, and no longer", async () => {
    const { client, calls } = make(noContent);
    expect([await client.block("a|b"), await client.block("a|b", false)]).toEqual([undefined, undefined]);
    expect(calls.map(({ method, path }) => [method, path])).toEqual([
      ["PUT", "/blocks/a%7Cb"],
      ["DELETE", "/blocks/a%7Cb"],
    ]);
  });

  it("edits, deletes and reacts by sends of those types", async () => {
    const { clock, server, conversation } = make();
    conversation.edit(3, { text: "b" });
    conversation.delete(4);
    conversation.react(5, "👍");
    conversation.react(5, "👍", false);
    await clock.advance(100);
    expect(server.peer.got("send").map(({ id, ...frame }) => frame)).toEqual([
      { t: "send", c: "c1", type: "edit", re: 3, body: { text: "b" } },
      { t: "send", c: "c1", type: "delete", re: 4 },
      { t: "send", c: "c1", type: "react", re: 5, body: { key: "👍", on: true } },
      { t: "send", c: "c1", type: "react", re: 5, body: { key: "👍", on: false } },
    ]);
  });

  it("costs nothing: made anew it is the same, and a reference alone connects nothing", async () => {
    const { clock, server, client, conversation } = make();
    const again = client.conversation("c1");
    expect([again.messages(), again.thread(3), again.messages({ around: 7 })]).toEqual([
      conversation.messages(),
      conversation.thread(3),
      conversation.messages({ around: 7 }),
    ]);
    const lives = [conversation.row, conversation.typing, conversation.receipts, conversation.presence("u2")];
    expect(lives.map(({ current }) => current)).toEqual(
      [again.row, again.typing, again.receipts, again.presence("u2")].map(({ current }) => current),
    );
    expect(again.presence("u2").current).toBe(conversation.presence("u2").current);
    await clock.advance(60_000);
    expect([server.peers.length, clock.pending]).toEqual([0, 0]);
  });
});
