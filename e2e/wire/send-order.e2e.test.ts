import { describe, expect, it } from "vitest";
import { message, type WireClient } from "../support/wire-client.ts";
import { range, readLog, seqsOf, textsOf } from "../support/wire-log.ts";
import { sceneOfFile } from "../support/wire-scene.ts";

const scene = sceneOfFile();

/** Writes so many sends without waiting, then awaits their answers, in the order of the sends. */
async function pipeline(client: WireClient, c: string, count: number, name: string) {
  const ids = range(1, count).map((index) => `${name}-${index}`);
  for (const id of ids) client.write(message(c, id, id));
  const answers = await client.collect((frame) => frame.t === "sent" || frame.t === "error", count);
  const byId = new Map(answers.map((answer) => [answer.id, answer]));
  return { ids, answers: ids.map((id) => byId.get(id)) };
}

describe("200 pipelined sends", () => {
  it("I5, I11: are appended in the order sent, without a hole", async () => {
    const [alice, bob] = scene.people("alice", "bob");
    const c = await scene.create(alice, [bob]);
    const client = await scene.join(alice);
    const desk = await scene.join(alice);
    const reader = await scene.join(bob);
    const { ids, answers } = await pipeline(client, c, 200, "a");

    expect(answers.map((answer) => answer?.t)).toEqual(ids.map(() => "sent"));
    expect(answers.map((answer) => answer?.seq)).toEqual(range(2, 201));
    expect(answers.map((answer) => answer?.ord)).toEqual(range(1, 200));
    for (const other of [desk, reader]) {
      const events = await other.collect("event", 200);
      expect(seqsOf(events), "each once, in order").toEqual(range(2, 201));
      expect(events.map((event) => event.id)).toEqual(ids);
      await other.silence("event", 100);
    }
    expect(client.counted, "no event follows a sent").toBe(0);
    expect(textsOf(await readLog(reader, c, 1))).toEqual(ids);
  });

  it("I5, I6, I11: of three senders at once are one order for everyone", async () => {
    const people = scene.people("a", "b", "c", "reader");
    const c = await scene.create(people[0], people.slice(1));
    const [reader, ...senders] = await Promise.all(
      [people[3], people[0], people[1], people[2]].map((user) => scene.join(user)),
    );
    if (reader === undefined) throw new Error("no reader");
    const runs = await Promise.all(senders.map((client, index) => pipeline(client, c, 200, `s${index}`)));

    const log = await readLog(reader, c, 1);
    expect(seqsOf(log)).toEqual(range(2, 601));
    expect(log.map((row) => row.ord)).toEqual(range(1, 600));
    const idAt = new Map(log.map((row) => [row.seq, row.id]));
    for (const { ids, answers } of runs) {
      expect(
        answers.map((answer) => idAt.get(answer?.seq ?? 0)),
        "everything sent stands at its seq",
      ).toEqual(ids);
      const own = new Set(ids);
      expect(
        log.filter((row) => own.has(row.id ?? "")).map((row) => row.id),
        "in the sender's order",
      ).toEqual(ids);
    }
    const seen = await reader.collect("event", 600);
    expect(seen.map((event) => [event.seq, event.id])).toEqual(log.map((row) => [row.seq, row.id]));
    for (const [index, sender] of senders.entries()) {
      const own = new Set(runs[index]?.ids);
      const events = await sender.collect("event", 400);
      const others = log.filter((row) => !own.has(row.id ?? ""));
      expect(events.map((event) => [event.seq, event.id])).toEqual(others.map((row) => [row.seq, row.id]));
    }
  });

  it("I11: keep their order in each of two conversations", async () => {
    const [alice, bob] = scene.people("alice", "bob");
    const rooms = [await scene.create(alice, [bob]), await scene.create(alice, [bob])];
    const client = await scene.join(alice);
    for (const index of range(1, 200)) client.write(message(String(rooms[index % 2]), `text ${index}`, `m-${index}`));
    const answers = await client.collect("sent", 200);
    for (const [parity, c] of rooms.entries()) {
      const ids = range(1, 200)
        .filter((index) => index % 2 === parity)
        .map((index) => `m-${index}`);
      const sent = answers.filter((answer) => answer.c === c);
      expect(sent.map((answer) => answer.id).toSorted()).toEqual(ids.toSorted());
      expect((await readLog(client, c, 1)).map((row) => row.id)).toEqual(ids);
    }
  });

  it("I3, I11: a definite refusal among them lets those behind it pass, and never happens", async () => {
    const [alice, bob] = scene.people("alice", "bob");
    const c = await scene.create(alice, [bob]);
    const client = await scene.join(alice);
    client.write(message(c, "one", "m1"));
    client.write(message(c, "one but different", "m1"));
    client.write(message(c, "x".repeat(33_000), "m3"));
    client.write(message(c, "four", "m4"));
    expect(await client.next({ t: "error", id: "m1" })).toMatchObject({ code: "conflict" });
    expect(await client.next({ id: "m3" })).toMatchObject({ t: "error", code: "too_large" });
    expect(await client.next({ t: "sent", id: "m1" })).toMatchObject({ seq: 2 });
    expect(await client.next({ id: "m4" })).toMatchObject({ t: "sent", seq: 3 });
    expect(textsOf(await readLog(client, c, 1))).toEqual(["one", "four"]);
  });

  it("I4, I11, F1: cut off in the middle and sent again on a new session are there once, in order", async () => {
    const [alice, bob] = scene.people("alice", "bob");
    const c = await scene.create(alice, [bob]);
    const reader = await scene.join(bob);
    const ids = range(1, 200).map((index) => `m-${index}`);
    const cut = await scene.join(alice);
    for (const id of ids) cut.write(message(c, id, id));
    await cut.next("sent");
    cut.terminate();
    const client = await scene.join(alice);
    for (const id of ids) client.write(message(c, id, id));
    const answers = await client.collect("sent", 200);
    const known = new Map(cut.frames.filter((frame) => frame.t === "sent").map((frame) => [frame.id, frame]));
    expect(known.size).toBeGreaterThan(0);
    for (const answer of answers) {
      const before = known.get(answer.id);
      if (before !== undefined) expect(answer, "what was sent before").toEqual({ ...before, dup: true });
    }
    expect((await readLog(client, c, 1)).map((row) => row.id)).toEqual(ids);
    expect((await reader.collect("event", 200)).map((event) => event.id)).toEqual(ids);
    await reader.silence("event", 100);
  });
});
