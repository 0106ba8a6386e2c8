import { describe, expect, it } from "vitest";
import { message, newId } from "../support/wire-client.ts";
import { expectWholePage, lastSeqOf, range, readLog, seqsOf, sleep, textsOf } from "../support/wire-log.ts";
import { sceneOfFile } from "../support/wire-scene.ts";

const scene = sceneOfFile();

/** A conversation with so many messages (seq 2…), and its epoch. */
async function conversationOf(count: number) {
  const [alice, bob] = scene.people("alice", "bob");
  const c = await scene.create(alice, [bob]);
  const writer = await scene.join(alice);
  const sent = [];
  for (const index of range(1, count)) sent.push(await writer.say(c, `text ${index}`));
  return { alice, bob, c, writer, epoch: String(sent[0]?.epoch) };
}

describe("have", () => {
  it("I16: behind the head gets one page without id: what is above the cursor and nothing else", async () => {
    const { bob, c, epoch } = await conversationOf(10);
    const reader = await scene.join(bob, { hello: { have: [[c, epoch, 5]] } });
    const page = await reader.next("events");
    expect(page).toMatchObject({ t: "events", c, epoch, head: 11, from: 6, to: 11 });
    expect(page).not.toHaveProperty("id");
    expect(page.more ?? false).toBe(false);
    expect(textsOf(page.events ?? [])).toEqual(range(5, 10).map((index) => `text ${index}`));
    await reader.silence((frame) => frame.t === "events" || frame.t === "event", 300);
    expect((await reader.ping()).n, "a page is not counted").toBe(0);
  });

  it("I16: level with the head gets nothing", async () => {
    const { bob, c, epoch } = await conversationOf(3);
    const reader = await scene.join(bob, { hello: { have: [[c, epoch, 4]] } });
    reader.write({ t: "have", have: [[c, epoch, 4]] });
    await reader.silence((frame) => frame.t !== "welcome", 500);
  });

  it("from 0 gets the log from its first event", async () => {
    const { bob, c, epoch } = await conversationOf(2);
    const reader = await scene.join(bob, { hello: { have: [[c, epoch, 0]] } });
    const page = await reader.next("events");
    expectWholePage(page, 0);
    expect(page.events?.map((row) => row.type)).toEqual(["meta", "message", "message"]);
  });

  it("may come at any time, and more than once", async () => {
    const { bob, c, epoch, writer } = await conversationOf(4);
    const reader = await scene.join(bob);
    for (const last of [3, 4, 2]) {
      reader.write({ t: "have", have: [[c, epoch, last]] });
      expectWholePage(await reader.next("events"), last);
    }
    await writer.say(c, "live");
    expect((await reader.next("event")).seq).toBe(6);
  });

  it("I12: beyond the head, or of another epoch, is reset", async () => {
    const { bob, c, epoch } = await conversationOf(3);
    const reset = { t: "events", c, epoch, head: 4, events: [], reset: true };
    for (const cursor of [
      [c, epoch, 5],
      [c, epoch, 2 ** 40],
      [c, "another", 2],
      [c, "another", 4],
      [c, "another", 99],
    ]) {
      const reader = await scene.join(bob, { hello: { have: [cursor] } });
      expect(await reader.next("events"), JSON.stringify(cursor)).toEqual(reset);
      await reader.silence((frame) => frame.t !== "welcome", 100);
    }
  });

  it("S14, I18: of a foreign conversation is gone, and so is one of none", async () => {
    const { c, epoch } = await conversationOf(2);
    const mallory = await scene.join(scene.fresh("mallory"), { hello: { have: [[c, epoch, 1]] } });
    expect(await mallory.next("events")).toEqual({ t: "events", c, gone: true });
    mallory.write({
      t: "have",
      have: [
        ["no-such-thing", "e1", 1],
        [c, epoch, 1, true],
      ],
    });
    expect(await mallory.next({ t: "events", c: "no-such-thing" })).toEqual({
      t: "events",
      c: "no-such-thing",
      gone: true,
    });
    expect(await mallory.next({ t: "events", c })).toEqual({ t: "events", c, gone: true });
    await mallory.silence((frame) => frame.t === "subscribed", 200);
  });

  it("with a fourth element subscribes too, also beside a reset", async () => {
    const { bob, c, epoch } = await conversationOf(2);
    const subscribed = { t: "subscribed", c, mode: "push", epoch, head: 3, ord: 2, members: 2 };
    for (const [last, page] of [
      [1, { from: 2, to: 3 }],
      [9, { reset: true }],
    ] as const) {
      const reader = await scene.join(bob, { hello: { have: [[c, epoch, last, true]] } });
      const answer = await reader.next("subscribed");
      expect(answer).toMatchObject(subscribed);
      expect(answer).not.toHaveProperty("id");
      expect(await reader.next("events")).toMatchObject(page);
    }
    const level = await scene.join(bob, { hello: { have: [[c, epoch, 3, true]] } });
    expect(await level.next("subscribed"), "level").toMatchObject(subscribed);
    await level.silence("events", 200);
  });

  it("I9: of 20 conversations is answered for each of them, newest first", async () => {
    const [alice, bob] = scene.people("alice", "bob");
    const writer = await scene.join(alice);
    const cursors = [];
    for (const index of range(1, 20)) {
      const c = await scene.create(alice, [bob]);
      const { epoch } = await writer.say(c, `in ${index}`);
      cursors.unshift([c, epoch, index % 4 === 0 ? 2 : 1]);
      await sleep(2);
    }
    const reader = await scene.join(bob, { hello: { have: cursors } });
    const behind = cursors.filter(([, , last]) => last === 1).map(([c]) => c);
    const pages = await reader.collect("events", behind.length);
    expect(pages.map((page) => page.c)).toEqual(behind);
    for (const page of pages) expectWholePage(page, 1);
    await reader.silence("events", 200);
  });

  it("I16, I19: while others write leaves no hole between its page and the live events", {
    timeout: 20_000,
  }, async () => {
    const { bob, c, epoch, writer } = await conversationOf(1);
    const ids = range(1, 250).map(() => newId());
    const latecomers = range(1, 12).map(async (index) => {
      await sleep(index * 5);
      const last = 1 + (index % 2);
      return { last, client: await scene.join(bob, { hello: { have: [[c, epoch, last]] } }) };
    });
    for (const [index, id] of ids.entries()) {
      writer.write(message(c, id, id));
      if (index % 10 === 0) await sleep(2);
    }
    await writer.collect("sent", ids.length);
    const came = await Promise.all(latecomers);
    await sleep(500);
    for (const { last, client } of came) {
      const page = client.frames.find((frame) => frame.t === "events");
      const paged = (page?.events ?? []).map(lastSeqOf);
      const fetched = page?.more === true ? (await readLog(client, c, page.to)).map(lastSeqOf) : [];
      const live = seqsOf(client.frames.filter((frame) => frame.t === "event")).map(Number);
      expect(live, "events in order, without a hole").toEqual(range(live[0] ?? 253, 252));
      expect(
        paged.every((seq) => seq > last),
        "nothing at or below the cursor",
      ).toBe(true);
      const all = new Set([...paged, ...fetched, ...live]);
      expect([...all].toSorted((one, other) => one - other)).toEqual(range(last + 1, 252));
      expect(
        client.frames.filter((frame) => frame.t === "events" && frame.id === undefined).length,
      ).toBeLessThanOrEqual(1);
    }
  });

  it("over 1,000 events names the rest in one `lagging`", { timeout: 60_000 }, async () => {
    const [bob, ...writers] = scene.people("bob", "w1", "w2", "w3", "w4", "w5", "w6", "w7");
    const rooms = await Promise.all(range(1, 8).map(async () => await scene.create(bob, writers)));
    let epochs = new Map<string, string>();
    await Promise.all(
      writers.map(async (user) => {
        const writer = await scene.join(user);
        for (const _ of range(1, 32)) for (const c of rooms) writer.write(message(c, "filling"));
        const sent = await writer.collect("sent", 32 * rooms.length, 40_000);
        epochs = new Map([...epochs, ...sent.map((frame) => [String(frame.c), String(frame.epoch)] as const)]);
      }),
    );
    const reader = await scene.join(bob, { hello: { have: rooms.map((c) => [c, epochs.get(c), 1]) } });
    const lagging = await reader.next("lagging", 10_000);
    const named = lagging.c as readonly string[];
    const paged = rooms.filter((c) => !named.includes(c));
    const pages = await reader.collect("events", paged.length);
    expect(pages.map((page) => String(page.c)).toSorted(), "a page or a name for each").toEqual(paged.toSorted());
    await reader.silence((frame) => frame.t === "lagging" || frame.t === "events", 300);
    const events = pages.flatMap((page) => page.events ?? []);
    expect(events.length).toBeLessThanOrEqual(1_000);
    expect(paged.length, "1,000 events are five full pages").toBeGreaterThanOrEqual(4);
    expect(named.length).toBeGreaterThanOrEqual(3);
    for (const page of pages) {
      expect(page.more, "224 messages are more than a page").toBe(true);
      expect((await readLog(reader, String(page.c), page.to)).map(lastSeqOf)).toEqual(range(Number(page.to) + 1, 225));
    }
    for (const c of named) expect((await readLog(reader, c, 1)).map(lastSeqOf)).toEqual(range(2, 225));
  });
});
