import { describe, expect, it } from "vitest";
import { range } from "../support/wire-log.ts";
import { sceneOfFile } from "../support/wire-scene.ts";

const scene = sceneOfFile();

describe("subscribe", () => {
  it("is answered with the conversation's state", async () => {
    const [alice, bob, carl] = scene.people("alice", "bob", "carl");
    const c = await scene.create(alice, [bob, carl]);
    const writer = await scene.join(alice);
    const { epoch } = await writer.say(c, "one");
    const reader = await scene.join(bob);
    const answer = await reader.ask({ t: "subscribe", c });
    expect(answer).toMatchObject({ t: "subscribed", c, mode: "push", epoch, head: 2, ord: 1, members: 3 });
    expect(answer["online"]).toEqual(expect.any(Number));
    expect(answer["watermarks"]).toEqual(expect.any(Array));
  });

  it("may be repeated, and ends with unsubscribe", async () => {
    const [alice, bob] = scene.people("alice", "bob");
    const c = await scene.create(alice, [bob]);
    const reader = await scene.join(bob);
    for (const _ of range(1, 3)) expect((await reader.ask({ t: "subscribe", c })).t).toBe("subscribed");
    const ended = await reader.ask({ t: "unsubscribe", id: "r5", c });
    expect(ended).toEqual({ t: "unsubscribed", id: "r5" });
    expect((await reader.ask({ t: "unsubscribe", c })).t, "once more").toBe("unsubscribed");
  });

  it("is not needed for the events of a `push` conversation, and doubles none", async () => {
    const [alice, bob] = scene.people("alice", "bob");
    const c = await scene.create(alice, [bob]);
    const writer = await scene.join(alice);
    const reader = await scene.join(bob);
    await writer.say(c, "before");
    await reader.ask({ t: "subscribe", c });
    await writer.say(c, "meanwhile");
    await reader.ask({ t: "unsubscribe", c });
    await writer.say(c, "after");
    const events = await reader.collect("event", 3);
    expect(events.map((event) => event.seq)).toEqual([2, 3, 4]);
    await reader.silence("event", 200);
  });

  it("S45: over 200 conversations is too_large, and the others stay", { timeout: 30_000 }, async () => {
    const alice = scene.fresh("alice");
    const rooms: string[] = [];
    for (const _ of range(1, 21))
      rooms.push(...(await Promise.all(range(1, 10).map(async () => await scene.create(alice, [])))));
    const client = await scene.join(alice);
    const answers = await Promise.all(rooms.slice(0, 200).map(async (c) => await client.ask({ t: "subscribe", c })));
    expect(answers.filter((answer) => answer.t !== "subscribed")).toEqual([]);
    const over = await client.ask({ t: "subscribe", c: rooms[200] });
    expect(over).toMatchObject({ t: "error", code: "too_large" });
    expect((await client.ask({ t: "subscribe", c: rooms[0] })).t, "one that stands already").toBe("subscribed");
    await client.ask({ t: "unsubscribe", c: rooms[0] });
    expect((await client.ask({ t: "subscribe", c: rooms[200] })).t, "there is room again").toBe("subscribed");
    expect(await client.ask({ t: "subscribe", c: rooms[201] })).toMatchObject({ code: "too_large" });
  });
});
