import { describe, expect, it } from "vitest";
import { message } from "../support/wire-client.ts";
import { call } from "../support/wire-http.ts";
import { expectWholePage, range, readLog, seqsOf, sleep, textsOf } from "../support/wire-log.ts";
import { sceneOfFile } from "../support/wire-scene.ts";

const scene = sceneOfFile();

/** A group of alice and bob with two messages (seq 2 and 3), and a way to change its members as alice. */
async function group(extra: Readonly<Record<string, unknown>> = {}) {
  const [alice, bob, carl] = scene.people("alice", "bob", "carl");
  const c = await scene.create(alice, [bob], extra);
  const writer = await scene.join(alice);
  await writer.say(c, "one");
  const { epoch } = await writer.say(c, "two");
  const put = async (user: string, role = "member") => {
    const answer = await call(scene.url, "PUT", `/conversations/${c}/members/${user}`, { user: alice, json: { role } });
    expect(answer.status, answer.text).toBeLessThan(300);
  };
  const remove = async (user: string) => {
    const answer = await call(scene.url, "DELETE", `/conversations/${c}/members/${user}`, { user: alice });
    expect(answer.status, answer.text).toBeLessThan(300);
  };
  return { alice, bob, carl, c, epoch, writer, put, remove };
}

describe("creating a conversation", () => {
  it("appends one `meta` event, seq 1, which every member gets", async () => {
    const [alice, bob] = scene.people("alice", "bob");
    const readers = [await scene.join(alice), await scene.join(bob)];
    const c = await scene.create(alice, [bob], { title: "Lunch", meta: { colour: "blue" } });
    for (const reader of readers) {
      const event = await reader.next("event");
      expect(event).toMatchObject({ c, seq: 1, ord: 0, type: "meta", from: alice });
      expect(event).not.toHaveProperty("id");
      expect(event.body).toEqual({
        ...{ kind: "group", title: "Lunch", meta: { colour: "blue" }, mode: "push" },
        members: [
          [alice, "owner"],
          [bob, "member"],
        ],
      });
    }
  });
});

describe("joining", () => {
  it("appends one `member` event, which the others and the newcomer get", async () => {
    const { alice, bob, carl, c, epoch, put } = await group();
    const [reader, newcomer] = [await scene.join(bob), await scene.join(carl)];
    await put(carl);
    for (const client of [reader, newcomer]) {
      const event = await client.next("event");
      expect(event).toMatchObject({ c, epoch, seq: 4, ord: 2, type: "member", from: alice });
      expect(event.body).toEqual({ members: [[carl, "member"]] });
      expect(event).not.toHaveProperty("id");
    }
  });

  it("I17: gives the log from the own join on; what was before is a `void`", async () => {
    const { carl, c, epoch, put, writer } = await group();
    await put(carl);
    const newcomer = await scene.join(carl, { hello: { have: [[c, epoch, 0]] } });
    await writer.say(c, "three");
    const page = await newcomer.ask({ t: "fetch", c, after: 0 });
    expectWholePage(page, 0);
    expect(page.events?.[0]).toEqual({ type: "void", seq: 1, to: 3 });
    expect(page.events?.slice(1).map((row) => [row.seq, row.type])).toEqual([
      [4, "member"],
      [5, "message"],
    ]);
    const middle = await newcomer.ask({ t: "fetch", c, after: 2 });
    expectWholePage(middle, 2);
    expect(middle.events?.[0]).toEqual({ type: "void", seq: 3, to: 3 });

    const repair = await newcomer.next((frame) => frame.t === "events" && frame.id === undefined);
    expectWholePage(repair, 0);
    expect(repair.events?.[0]).toEqual({ type: "void", seq: 1, to: 3 });
    const newest = await newcomer.ask({ t: "fetch", c });
    expect(textsOf(newest.events?.filter((row) => row.type === "message") ?? [])).toEqual(["three"]);
    expect(JSON.stringify(newcomer.frames), "I18: no word from before").not.toMatch(/"(one|two)"/);
  });

  it("I17: shows the newcomer's inbox nothing from before", async () => {
    const { carl, c, put, writer } = await group();
    await put(carl);
    const newcomer = await scene.join(carl);
    const before = await newcomer.ask({ t: "inbox", cursor: null });
    expect(before.conversations).toEqual([expect.objectContaining({ c, head: 4, ord: 2, last: null })]);
    await writer.say(c, "three");
    const after = await newcomer.ask({ t: "inbox", cursor: null });
    expect(after.conversations?.[0]?.last).toMatchObject({ seq: 5, body: { text: "three" } });
  });

  it("with `history: all` gives the log from its first event", async () => {
    const { carl, c, put } = await group({ history: "all" });
    await put(carl);
    const newcomer = await scene.join(carl);
    const log = await readLog(newcomer, c);
    expect(log.map((row) => row.type)).toEqual(["meta", "message", "message", "member"]);
    expect(seqsOf(log)).toEqual([1, 2, 3, 4]);
  });

  it("of several in one call is one event", async () => {
    const { alice, bob, c } = await group();
    const reader = await scene.join(bob);
    const newcomers = scene.people("dora", "emil", "fred");
    const members = [
      [newcomers[0], "member"],
      [newcomers[1], "reader"],
      [newcomers[2], "admin"],
    ];
    const answer = await call(scene.url, "POST", `/conversations/${c}/members`, { user: alice, json: { members } });
    expect(answer.status, answer.text).toBeLessThan(300);
    expect((await reader.next("event")).body).toEqual({ members });
    await reader.silence("event", 200);
  });
});

describe("losing a conversation", () => {
  it("I17: is told by the `member` event, then `gone`, then nothing", async () => {
    const { alice, bob, carl, c, put, remove, writer } = await group();
    await put(carl);
    const [reader, witness] = [await scene.join(bob), await scene.join(carl)];
    await remove(bob);
    await writer.say(c, "without bob");
    const event = await reader.next("event");
    expect(event).toMatchObject({ c, seq: 5, type: "member", from: alice, body: { members: [[bob, null]] } });
    expect(await reader.next("events")).toEqual({ t: "events", c, gone: true });
    const seen = reader.frames.filter((frame) => frame.c === c).map((frame) => frame.t);
    expect(seen, "the event first").toEqual(["event", "events"]);
    await reader.silence("event", 300);
    expect(seqsOf(await witness.collect("event", 2))).toEqual([5, 6]);
  });

  it("I17, S15: in the middle of a stream ends with the own removal", { timeout: 20_000 }, async () => {
    const { bob, c, remove, writer } = await group();
    const reader = await scene.join(bob);
    const desk = await scene.join(bob);
    for (const index of range(1, 200)) {
      writer.write(message(c, `text ${index}`));
      if (index % 10 === 0) await sleep(1);
      if (index === 100) void remove(bob);
    }
    await writer.collect("sent", 200);
    for (const client of [reader, desk]) {
      await client.next({ t: "events", gone: true });
      await sleep(100);
      const events = client.frames.filter((frame) => frame.t === "event");
      const removal = events.at(-1);
      expect(removal).toMatchObject({ type: "member", body: { members: [[bob, null]] } });
      expect(seqsOf(events)).toEqual(range(4, Number(removal?.seq)));
      expect(client.frames.at(-1), "and nothing behind gone").toMatchObject({ t: "events", gone: true });
    }
  });

  it("S14: leaves nothing to read or write: not_found, as if it did not exist", async () => {
    const { bob, c, epoch, remove, writer } = await group();
    const reader = await scene.join(bob);
    await remove(bob);
    await reader.next({ t: "events", gone: true });
    const frames = [message(c, "still here"), { t: "fetch", c, after: 0 }, { t: "fetch", c }, { t: "subscribe", c }];
    for (const frame of frames) expect(await reader.ask(frame)).toMatchObject({ t: "error", code: "not_found" });
    reader.write({ t: "have", have: [[c, epoch, 1, true]] });
    expect(await reader.next("events")).toEqual({ t: "events", c, gone: true });
    const answer = await call(scene.url, "GET", `/conversations/${c}/messages`, { user: bob });
    expect([answer.status, answer.body.code]).toEqual([404, "not_found"]);
    expect(seqsOf(await readLog(writer, c)), "nothing was appended").toEqual([1, 2, 3, 4]);
  });

  it("I4: still answers what was stored before: the key is looked up first", async () => {
    const { bob, c, remove } = await group();
    const reader = await scene.join(bob);
    const sent = await reader.say(c, "while I was in", "m1");
    await remove(bob);
    await reader.next({ t: "events", gone: true });
    expect(await reader.say(c, "while I was in", "m1")).toEqual({ ...sent, dup: true });
    expect(await reader.say(c, "something new", "m2")).toMatchObject({ t: "error", code: "not_found" });
  });

  it("by one's own will is the same, and 204", async () => {
    const { bob, c } = await group();
    const reader = await scene.join(bob);
    const answer = await call(scene.url, "DELETE", `/conversations/${c}/members/me`, { user: bob });
    expect(answer.status).toBe(204);
    expect(await reader.next("event")).toMatchObject({ type: "member", from: bob, body: { members: [[bob, null]] } });
    expect(await reader.next("events")).toEqual({ t: "events", c, gone: true });
  });

  it("I17: and coming back leaves a `void` for the time between", async () => {
    const { bob, c, put, remove, writer } = await group();
    await remove(bob);
    await writer.say(c, "behind bob's back");
    await writer.say(c, "twice");
    await put(bob);
    const reader = await scene.join(bob);
    const page = await reader.ask({ t: "fetch", c, after: 4 });
    expectWholePage(page, 4);
    expect(page.events?.map((row) => [row.type, row.seq, row.to])).toEqual([
      ["void", 5, 6],
      ["member", 7, undefined],
    ]);
    const log = await readLog(reader, c);
    expect(textsOf(log.filter((row) => row.type === "message"))).toEqual(["one", "two"]);
    await writer.say(c, "welcome back");
    expect(await reader.next("event")).toMatchObject({ seq: 8 });
  });
});

describe("a reader", () => {
  it("reads, and is forbidden to send", async () => {
    const { carl, c, put, writer } = await group();
    await put(carl, "reader");
    const reader = await scene.join(carl);
    const refused = await reader.say(c, "may I?");
    expect(refused).toMatchObject({ t: "error", code: "forbidden" });
    expect(refused).not.toHaveProperty("retry");
    await writer.say(c, "no");
    expect(await reader.next("event")).toMatchObject({ seq: 5, body: { text: "no" } });
    expect((await readLog(reader, c)).at(-1)).toMatchObject({ seq: 5 });
  });
});
