import { describe, expect, it } from "vitest";
import { message } from "../support/wire-client.ts";
import { edit, react, remove, send } from "../support/wire-event.ts";
import type { Frame } from "../support/wire-frame.ts";
import { call } from "../support/wire-http.ts";
import { range, seqsOf } from "../support/wire-log.ts";
import { sceneOfFile } from "../support/wire-scene.ts";

const scene = sceneOfFile();

/** Messages at seqs 2…41, with reactions and x-events from 42 to 61, and messages again at 62…71. */
async function conversation() {
  const [alice, bob] = scene.people("alice", "bob");
  const c = await scene.create(alice, [bob]);
  const [writer, reader] = [await scene.join(alice), await scene.join(bob)];
  for (const index of range(2, 41)) writer.write(message(c, String(index)));
  await writer.collect("sent", 40);
  for (const index of range(1, 10)) {
    await react(writer, c, 2, `k${index}`);
    await send(writer, c, "x-ping", { body: {} });
  }
  for (const index of range(62, 71)) writer.write(message(c, String(index)));
  await writer.collect("sent", 10);
  return { alice, bob, c, writer, reader };
}

/** Ascending, within from…to, and of the types that such a page has. */
function expectPresent(page: Frame): void {
  let last = 0;
  for (const row of page.events ?? []) {
    expect(["message", "member", "meta", "void"]).toContain(row.type);
    expect(row.seq).toBeGreaterThan(last);
    expect(row.seq).toBeGreaterThanOrEqual(Number(page.from));
    last = row.type === "void" ? Number(row.to) : row.seq;
    expect(last).toBeLessThanOrEqual(Number(page.to));
  }
}

describe("a present-state page", () => {
  it("has messages, members and meta alone; its range covers what it leaves out", async () => {
    const { c, reader } = await conversation();
    const newest = await reader.ask({ t: "fetch", c, limit: 15 });
    expectPresent(newest);
    expect(seqsOf(newest.events ?? [])).toEqual([...range(37, 41), ...range(62, 71)]);
    expect(newest).toMatchObject({ head: 71, from: 37, to: 71, more: true });
    const before = await reader.ask({ t: "fetch", c, before: 37, limit: 200 });
    expectPresent(before);
    expect(seqsOf(before.events ?? [])).toEqual(range(1, 36));
    expect(before).toMatchObject({ from: 1, to: 36, head: 71 });
    expect(before.more ?? false).toBe(false);
  });

  it("around a seq has rows on both sides, and says whether there are more", async () => {
    const { c, reader } = await conversation();
    const page = await reader.ask({ t: "fetch", c, around: 20, limit: 10 });
    expectPresent(page);
    expect(page.events).toHaveLength(10);
    const seqs = seqsOf(page.events ?? []);
    expect(seqs).toContain(20);
    expect(Number(seqs[0])).toBeLessThan(20);
    expect(Number(seqs.at(-1))).toBeGreaterThan(20);
    expect(seqs).toEqual(range(Number(seqs[0]), Number(seqs[0]) + 9));
    expect(page).toMatchObject({ from: seqs[0], to: seqs.at(-1), more: true, head: 71 });
    const whole = await reader.ask({ t: "fetch", c, around: 20, limit: 200 });
    expect(seqsOf(whole.events ?? [])).toEqual([...range(1, 41), ...range(62, 71)]);
    expect(whole).toMatchObject({ from: 1, to: 71 });
    expect(whole.more ?? false, "nothing on either side").toBe(false);
    const between = await reader.ask({ t: "fetch", c, around: 50, limit: 6 });
    expect(seqsOf(between.events ?? []), "around what is no message").toEqual(expect.arrayContaining([41, 62]));
  });

  it("around the ends, and beyond them, is a page all the same", async () => {
    const { c, reader } = await conversation();
    const last = await reader.ask({ t: "fetch", c, around: 71, limit: 5 });
    expect(seqsOf(last.events ?? [])).toContain(71);
    expect(last).toMatchObject({ to: 71, more: true });
    const beyond = await reader.ask({ t: "fetch", c, around: 5_000, limit: 5 });
    expect(beyond).toMatchObject({ t: "events", to: 71 });
    expect(seqsOf(beyond.events ?? [])).toContain(71);
    const first = await reader.ask({ t: "fetch", c, around: 1, limit: 5 });
    expect(seqsOf(first.events ?? [])).toContain(1);
    expect(first).toMatchObject({ from: 1, more: true });
  });

  it("is empty below the first event: to is from - 1", async () => {
    const { c, reader } = await conversation();
    const page = await reader.ask({ t: "fetch", c, before: 1 });
    expect(page.events).toEqual([]);
    expect(page.to).toBe(Number(page.from) - 1);
    expect(page.more ?? false).toBe(false);
  });

  it("is one snapshot as of its head", async () => {
    const { c, writer, reader } = await conversation();
    const done = Promise.all(
      range(1, 40).map(
        async (index) =>
          await (index % 2 === 0 ? edit(writer, c, 41, `edit ${index}`) : react(writer, c, 41, `k${index}`)),
      ),
    );
    for (const _ of range(1, 20)) {
      const page = await reader.ask({ t: "fetch", c, before: 42, limit: 1 });
      const row = page.events?.[0];
      const edited = Number(row?.["edited"] ?? 0);
      expect(edited).toBeLessThanOrEqual(Number(page.head));
      const reactions = (row?.["reactions"] ?? []) as readonly unknown[];
      // each of the changes is one event above seq 71
      expect(reactions.length).toBeLessThanOrEqual(Math.max(0, Number(page.head) - 71));
    }
    await done;
    const page = await reader.ask({ t: "fetch", c, before: 42, limit: 1 });
    expect(page.events?.[0]).toMatchObject({ seq: 41, body: { text: "edit 40" }, edited: expect.any(Number) });
    expect(page.events?.[0]?.["reactions"]).toHaveLength(20);
  });

  it("ends early at 256 KiB, and goes on from there", async () => {
    const [alice] = scene.people("alice");
    const c = await scene.create(alice, []);
    const client = await scene.join(alice);
    for (const _ of range(1, 20)) await client.say(c, "x".repeat(30_000));
    const page = await client.ask({ t: "fetch", c, limit: 200 });
    expect(page.more).toBe(true);
    expect(JSON.stringify(page.events).length).toBeLessThanOrEqual(300_000);
    expect(page.events?.length).toBeGreaterThanOrEqual(7);
    expect(page).toMatchObject({ to: 21, from: page.events?.[0]?.seq });
    const next = await client.ask({ t: "fetch", c, before: page.from, limit: 200 });
    expect(next.events?.at(-1)?.seq).toBe(Number(page.from) - 1);
    const around = await client.ask({ t: "fetch", c, around: 10, limit: 200 });
    expect(around.more).toBe(true);
    expect(seqsOf(around.events ?? [])).toContain(10);
    expect(JSON.stringify(around.events).length).toBeLessThanOrEqual(300_000);
  });

  it("I17: names by `void` what the reader cannot have, and shows nothing of it", async () => {
    const { c, writer, alice } = await conversation();
    const late = scene.fresh("late");
    const put = async (method: "PUT" | "DELETE") =>
      await call(scene.url, method, `/conversations/${c}/members/${late}`, { user: alice, json: {} });
    await put("PUT");
    await put("DELETE");
    await writer.say(c, "behind their back");
    await edit(writer, c, 2, "old, edited");
    await put("PUT");
    await writer.say(c, "hello again");
    const reader = await scene.join(late);
    const page = await reader.ask({ t: "fetch", c });
    expectPresent(page);
    expect(page.events?.map((row) => [row.type, row.seq, row.to])).toEqual([
      ["void", 1, 71],
      ["member", 72, undefined],
      ["member", 73, undefined],
      ["void", 74, 75],
      ["member", 76, undefined],
      ["message", 77, undefined],
    ]);
    const middle = await reader.ask({ t: "fetch", c, around: 30, limit: 10 });
    expectPresent(middle);
    expect(JSON.stringify(reader.frames)).not.toMatch(/"text":"(\d+|old|behind)/);
    await remove(writer, c, 2);
    expect(await reader.ask({ t: "fetch", c, re: 2 })).toMatchObject({ t: "events" });
  });

  it("is the same over HTTP", async () => {
    const { bob, c, reader } = await conversation();
    for (const query of ["before=30&limit=7", "around=30&limit=7", "limit=3"]) {
      const answer = await call(scene.url, "GET", `/conversations/${c}/messages?${query}`, { user: bob });
      const wanted = Object.fromEntries([...new URLSearchParams(query)].map(([key, value]) => [key, Number(value)]));
      const { t, id, ...page } = await reader.ask({ t: "fetch", c, ...wanted });
      expect(answer.body, query).toEqual(page);
    }
  });
});
