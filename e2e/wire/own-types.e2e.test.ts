import { describe, expect, it } from "vitest";
import { send } from "../support/wire-event.ts";
import { call } from "../support/wire-http.ts";
import { readLog } from "../support/wire-log.ts";
import { sceneOfFile } from "../support/wire-scene.ts";

const scene = sceneOfFile();

async function group() {
  const [alice, bob, carl] = scene.people("alice", "bob", "carl");
  const c = await scene.create(alice, [bob, [carl, "reader"]]);
  return { ...{ alice, bob, carl, c }, writer: await scene.join(alice), reader: await scene.join(bob) };
}

describe("an event of the host's own type", () => {
  it("is stored and ordered, and counts as no message", async () => {
    const { alice, c, writer, reader } = await group();
    const sent = await send(writer, c, "x-poll.vote", { body: { option: 2 } });
    expect(sent).toMatchObject({ t: "sent", seq: 2, ord: 0 });
    const event = await reader.next({ t: "event", type: "x-poll.vote" });
    expect(event).toMatchObject({ seq: 2, ord: 0, from: alice, body: { option: 2 } });
    expect((await readLog(reader, c))[1]).toMatchObject({ type: "x-poll.vote", body: { option: 2 } });
    const page = await reader.ask({ t: "fetch", c });
    expect(
      page.events?.map((row) => row.type),
      "no present-state page has it",
    ).toEqual(["meta"]);
    const row = (await reader.ask({ t: "inbox", cursor: null })).conversations?.[0];
    expect(row).toMatchObject({ head: 2, ord: 0, unread: 0, last: null });
  });

  it("may be about a message, and about nothing else", async () => {
    const { c, writer } = await group();
    await writer.say(c, "a poll");
    expect(await send(writer, c, "x-vote", { re: 2, body: {} })).toMatchObject({ t: "sent" });
    expect(await send(writer, c, "x-vote", { re: 1, body: {} })).toMatchObject({ code: "not_found" });
  });

  it("is refused to a reader, and with a type that is none of the host's", async () => {
    const { carl, c, writer } = await group();
    expect(await send(await scene.join(carl), c, "x-vote", { body: {} })).toMatchObject({ code: "forbidden" });
    for (const type of ["meta", "member", "vote", "", "y-vote"]) {
      expect(await send(writer, c, type, { body: {} }), type).toMatchObject({ code: "invalid" });
    }
  });
});

describe("a slot", () => {
  it("takes an event only behind the one that was expected", async () => {
    const { c, writer, reader } = await group();
    const first = await send(writer, c, "x-commit", { slot: "mls", expect: 0, body: { n: 1 } });
    expect(first).toMatchObject({ t: "sent", seq: 2 });
    expect(await reader.next({ t: "event", seq: 2 })).toMatchObject({ slot: "mls" });
    const late = await send(reader, c, "x-commit", { slot: "mls", expect: 0, body: { n: 2 } });
    expect(late).toMatchObject({ t: "error", code: "conflict", last: 2 });
    expect(late).not.toHaveProperty("retry");
    expect(await send(reader, c, "x-commit", { slot: "mls", expect: 2, body: { n: 2 } })).toMatchObject({ seq: 3 });
    expect((await readLog(writer, c)).map((row) => row["slot"])).toEqual([undefined, "mls", "mls"]);
  });

  it("of another name is another chain, and in none there is no last", async () => {
    const { c, writer } = await group();
    await send(writer, c, "message", { slot: "a", expect: 0, body: { text: "a" } });
    expect(await send(writer, c, "message", { slot: "b", expect: 2, body: {} })).toMatchObject({
      ...{ code: "conflict", last: 0 },
    });
    expect(await send(writer, c, "message", { slot: "b", expect: 0, body: {} })).toMatchObject({ seq: 3 });
    expect(await send(writer, c, "message", { slot: "a", body: {} }), "without expect").toMatchObject({ seq: 4 });
    expect(await send(writer, c, "message", { slot: "a", expect: 2, body: {} })).toMatchObject({ last: 4 });
  });

  it("I3: of many that expect the same, exactly one is taken", async () => {
    const { c, writer, reader } = await group();
    const asked = [writer, reader].flatMap((client) =>
      Array.from({ length: 10 }, async () => await send(client, c, "x-commit", { slot: "s", expect: 0, body: {} })),
    );
    const answers = await Promise.all(asked);
    const taken = answers.filter((answer) => answer.t === "sent");
    expect(taken).toHaveLength(1);
    for (const answer of answers) {
      if (answer.t !== "sent") expect(answer).toMatchObject({ code: "conflict", last: taken[0]?.seq });
    }
    expect(await readLog(writer, c)).toHaveLength(2);
  });

  it("I4: a repeat is dup before the slot is looked at", async () => {
    const { c, writer } = await group();
    const frame = { t: "send", id: "s1", c, type: "x-commit", slot: "s", expect: 0, body: {} };
    const first = await writer.ask(frame);
    expect(await writer.ask(frame)).toEqual({ ...first, dup: true });
  });

  it("over HTTP refuses the same way", async () => {
    const { alice, c } = await group();
    const post = async (id: string) =>
      await call(scene.url, "POST", `/conversations/${c}/messages`, {
        user: alice,
        json: { id, type: "x-commit", slot: "s", expect: 0, body: {} },
      });
    expect((await post("h1")).status).toBe(201);
    const refused = await post("h2");
    expect(refused.status).toBe(409);
    expect(refused.body).toMatchObject({ code: "conflict", last: 2 });
  });
});
