import { describe, expect, it } from "vitest";
import { edit, react, remove, send } from "../support/wire-event.ts";
import { call } from "../support/wire-http.ts";
import { range, seqsOf, textsOf } from "../support/wire-log.ts";
import { sceneOfFile } from "../support/wire-scene.ts";

const scene = sceneOfFile();

/** Seq 2 and 3 are two messages; replies to seq 2 are every other one of seqs 4…23. */
async function threads() {
  const [alice, bob] = scene.people("alice", "bob");
  const c = await scene.create(alice, [bob]);
  const client = await scene.join(alice);
  await client.say(c, "one");
  await client.say(c, "two");
  for (const index of range(4, 23)) {
    await send(client, c, "message", { re: index % 2 === 0 ? 2 : 3, body: { text: `to ${index % 2 === 0 ? 2 : 3}` } });
  }
  return { bob, c, client };
}

describe("replies", () => {
  it("are counted on their message, in pages and after a deletion", async () => {
    const { c, client } = await threads();
    await remove(client, c, 4);
    const page = await client.ask({ t: "fetch", c });
    expect(page.events?.find((row) => row.seq === 2)).toMatchObject({ replies: 10 });
    expect(page.events?.find((row) => row.seq === 3)).toMatchObject({ replies: 10 });
    expect(page.events?.find((row) => row.seq === 5)).not.toHaveProperty("replies");
  });

  it("are a view of their own: newest, before, after, around, in pages", async () => {
    const { c, client } = await threads();
    const newest = await client.ask({ t: "fetch", c, re: 2, limit: 4 });
    expect(seqsOf(newest.events ?? [])).toEqual([16, 18, 20, 22]);
    expect(newest).toMatchObject({ head: 23, more: true });
    const before = await client.ask({ t: "fetch", c, re: 2, before: 16, limit: 100 });
    expect(seqsOf(before.events ?? [])).toEqual([4, 6, 8, 10, 12, 14]);
    expect(before.more ?? false).toBe(false);
    const after = await client.ask({ t: "fetch", c, re: 2, after: 18, limit: 100 });
    expect(seqsOf((after.events ?? []).filter((row) => row.type !== "void"))).toEqual([20, 22]);
    const around = await client.ask({ t: "fetch", c, re: 2, around: 12, limit: 5 });
    expect(around.events?.length).toBe(5);
    expect(seqsOf(around.events ?? [])).toContain(12);
    for (const row of around.events ?? []) expect(row.re).toBe(2);
  });

  it("come in their present state", async () => {
    const { c, client } = await threads();
    await edit(client, c, 22, "edited");
    await react(client, c, 22, "👍");
    const page = await client.ask({ t: "fetch", c, re: 2, limit: 1 });
    expect(page.events).toEqual([
      expect.objectContaining({ seq: 22, re: 2, body: { text: "edited" }, edited: 24, reactions: [["👍", 1, true]] }),
    ]);
  });

  it("to what has none are an empty page, over HTTP too", async () => {
    const { bob, c, client } = await threads();
    expect(await client.ask({ t: "fetch", c, re: 23 })).toMatchObject({ t: "events", events: [] });
    const none = await call(scene.url, "GET", `/conversations/${c}/messages?re=23`, { user: bob });
    expect([none.status, none.body.events]).toEqual([200, []]);
    const some = await call(scene.url, "GET", `/conversations/${c}/messages?re=3&limit=2`, { user: bob });
    expect(seqsOf(some.body.events ?? [])).toEqual([21, 23]);
  });

  it("to a reply are a thread of that reply", async () => {
    const { c, client } = await threads();
    await send(client, c, "message", { re: 22, body: { text: "deeper" } });
    const page = await client.ask({ t: "fetch", c, re: 22 });
    expect(textsOf(page.events ?? [])).toEqual(["deeper"]);
    expect((await client.ask({ t: "fetch", c, re: 2, limit: 1 })).events?.[0]).toMatchObject({ seq: 22, replies: 1 });
  });
});
