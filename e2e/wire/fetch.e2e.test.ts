import { describe, expect, it } from "vitest";
import { message } from "../support/wire-client.ts";
import { expectWholePage, range, readLog, seqsOf, textsOf } from "../support/wire-log.ts";
import { sceneOfFile } from "../support/wire-scene.ts";

const scene = sceneOfFile();

/** A conversation whose seqs 2… are the texts "1", "2" …, and a connected member. */
async function conversationOf(count: number) {
  const [alice, bob] = scene.people("alice", "bob");
  const c = await scene.create(alice, [bob]);
  const writer = await scene.join(alice);
  for (const index of range(1, count)) writer.write(message(c, String(index)));
  const sent = await writer.collect("sent", count);
  return { alice, bob, c, writer, epoch: sent[0]?.epoch, sent, reader: await scene.join(bob) };
}

describe("fetch after a cursor", () => {
  it("gives a page with from, to, head and more, oldest first", async () => {
    const { c, epoch, reader, alice, sent } = await conversationOf(10);
    const page = await reader.ask({ t: "fetch", c, after: 4, limit: 3 });
    expect(page).toMatchObject({ t: "events", c, epoch, head: 11, from: 5, to: 7, more: true });
    expectWholePage(page, 4);
    for (const [index, row] of (page.events ?? []).entries()) {
      const { id, seq, ord, at } = sent[index + 3] ?? {};
      expect(row).toMatchObject({ id, seq, ord, at, type: "message", from: alice, body: { text: String(index + 4) } });
    }
    const rest = await reader.ask({ t: "fetch", c, after: 7, limit: 200 });
    expect(rest).toMatchObject({ from: 8, to: 11, head: 11 });
    expect(rest.more ?? false).toBe(false);
  });

  it("I5: gives the whole log in pages of any size, from its meta on", async () => {
    const { c, reader, alice, bob } = await conversationOf(20);
    const log = await readLog(reader, c);
    expect(seqsOf(log)).toEqual(range(1, 21));
    expect(log[0]).toMatchObject({
      type: "meta",
      ord: 0,
      from: alice,
      body: { kind: "group", title: "A test", mode: "push" },
    });
    expect(log[0]?.body?.["members"]).toEqual([
      [alice, "owner"],
      [bob, "member"],
    ]);
    expect(log[0]).not.toHaveProperty("id");
    for (const limit of [1, 2, 7, 21, 22]) {
      const rows = [];
      let last = 0;
      let more = true;
      while (more) {
        const page = await reader.ask({ t: "fetch", c, after: last, limit });
        expectWholePage(page, last);
        expect(page.events?.length).toBeLessThanOrEqual(limit);
        rows.push(...(page.events ?? []));
        last = Number(page.to);
        more = page.more === true;
      }
      expect(rows).toEqual(log);
    }
  });

  it("at the head is an empty page whose `to` is below its `from`", async () => {
    const { c, reader } = await conversationOf(2);
    const page = await reader.ask({ t: "fetch", c, after: 3 });
    expect(page).toMatchObject({ events: [], from: 4, to: 3, head: 3 });
    expect(page.more ?? false).toBe(false);
  });

  it("takes a limit over 200 as 200, also without one", { timeout: 20_000 }, async () => {
    const { c, reader } = await conversationOf(250);
    for (const limit of [201, 1_000, 2 ** 53 - 1]) {
      const page = await reader.ask({ t: "fetch", c, after: 0, limit });
      expect(page.events?.length).toBe(200);
      expect(page).toMatchObject({ from: 1, to: 200, more: true });
    }
    const page = await reader.ask({ t: "fetch", c, after: 0 });
    expect(page.events?.length).toBeLessThanOrEqual(200);
    expectWholePage(page, 0);
  });

  it("ends a page early at 256 KiB", { timeout: 20_000 }, async () => {
    const { c, writer, reader } = await conversationOf(1);
    const text = "x".repeat(30_000);
    for (const _ of range(1, 12)) writer.write(message(c, text));
    await writer.collect("sent", 12);
    const page = await reader.ask({ t: "fetch", c, after: 2, limit: 200 });
    expectWholePage(page, 2);
    expect(page.more).toBe(true);
    const count = page.events?.length ?? 0;
    expect(count, "eight fit, the ninth may end it").toBeGreaterThanOrEqual(7);
    expect(count).toBeLessThanOrEqual(9);
    expect(textsOf(await readLog(reader, c, 2))).toEqual(range(1, 12).map(() => text));
  });

  it("in a pipeline is answered request by request, by id", async () => {
    const { c, reader } = await conversationOf(30);
    const asked = range(0, 30).map((after) => ({ after, answer: reader.ask({ t: "fetch", c, after, limit: 1 }) }));
    for (const { after, answer } of asked) expect((await answer).from).toBe(after + 1);
  });
});

describe("fetch of the newest", () => {
  it("gives the last rows, oldest first, up to the head", async () => {
    const { c, epoch, reader } = await conversationOf(10);
    const page = await reader.ask({ t: "fetch", c, limit: 3 });
    expect(page).toMatchObject({ t: "events", c, epoch, head: 11, from: 9, to: 11, more: true });
    expect(textsOf(page.events ?? [])).toEqual(["8", "9", "10"]);
  });

  it("says no more when it reaches the first event, with `meta` in its place", async () => {
    const { c, reader } = await conversationOf(3);
    const page = await reader.ask({ t: "fetch", c });
    expect(page).toMatchObject({ from: 1, to: 4, head: 4 });
    expect(page.more ?? false).toBe(false);
    expect(page.events?.map((row) => row.type)).toEqual(["meta", "message", "message", "message"]);
  });
});

describe("fetch is refused", () => {
  it("with two of after, before and around: invalid", async () => {
    const { c, reader } = await conversationOf(3);
    for (const two of [
      { after: 1, before: 3 },
      { after: 1, around: 2 },
      { before: 3, around: 2 },
      { after: 1, before: 4, around: 2 },
    ]) {
      expect(await reader.ask({ t: "fetch", c, ...two }), JSON.stringify(two)).toMatchObject({
        t: "error",
        code: "invalid",
      });
    }
  });

  it("without a conversation, or with an id that is none: invalid", async () => {
    const { c, reader } = await conversationOf(1);
    expect(await reader.ask({ t: "fetch", after: 0 })).toMatchObject({ t: "error", code: "invalid" });
    reader.write({ t: "fetch", c, after: 0 });
    expect(await reader.next("error")).toMatchObject({ code: "invalid", re: "fetch" });
    reader.write({ t: "fetch", id: "not an id", c, after: 0 });
    expect(await reader.next("error")).toMatchObject({ code: "invalid", re: "fetch" });
  });
});
