import { describe, expect, it } from "vitest";
import type { WireClient } from "../support/wire-client.ts";
import { react, remove, send } from "../support/wire-event.ts";
import type { Row } from "../support/wire-frame.ts";
import { range, readLog } from "../support/wire-log.ts";
import { sceneOfFile } from "../support/wire-scene.ts";

const scene = sceneOfFile();

async function group() {
  const [alice, bob, carl] = scene.people("alice", "bob", "carl");
  const c = await scene.create(alice, [bob, [carl, "reader"]]);
  const [owner, member, reader] = [await scene.join(alice), await scene.join(bob), await scene.join(carl)];
  await owner.say(c, "what do you think?");
  return { ...{ alice, bob, carl, c, owner, member, reader } };
}

/** Seq 2 as the client sees it on the newest page. */
async function shown(client: WireClient, c: string): Promise<Row | undefined> {
  return (await client.ask({ t: "fetch", c })).events?.find((row) => row.seq === 2);
}

describe("a reaction", () => {
  it("is an event, and is counted on the message, with whether it is mine", async () => {
    const { bob, c, owner, member } = await group();
    expect(await react(member, c, 2, "👍")).toMatchObject({ t: "sent", seq: 3, ord: 1 });
    const event = await owner.next({ t: "event", type: "react" });
    expect(event).toMatchObject({ c, seq: 3, from: bob, re: 2, body: { key: "👍", on: true } });
    await react(owner, c, 2, "👍");
    await react(owner, c, 2, "🎉");
    expect((await shown(member, c))?.["reactions"]).toEqual([
      ["👍", 2, true],
      ["🎉", 1, false],
    ]);
    expect((await shown(owner, c))?.["reactions"]).toEqual([
      ["👍", 2, true],
      ["🎉", 1, true],
    ]);
  });

  it("may be taken back, and is absent then", async () => {
    const { c, owner, member } = await group();
    await react(member, c, 2, "👍");
    await react(owner, c, 2, "👍");
    await react(member, c, 2, "👍", false);
    expect((await shown(member, c))?.["reactions"]).toEqual([["👍", 1, false]]);
    await react(owner, c, 2, "👍", false);
    expect(await shown(owner, c)).not.toHaveProperty("reactions");
  });

  it("that changes nothing is a normal event, counted once", async () => {
    const { c, owner, member } = await group();
    for (const seq of [3, 4, 5]) expect(await react(member, c, 2, "👍")).toMatchObject({ t: "sent", seq });
    expect(await react(owner, c, 2, "🎉", false)).toMatchObject({ t: "sent", seq: 6 });
    expect((await shown(owner, c))?.["reactions"]).toEqual([["👍", 1, false]]);
    expect((await readLog(owner, c)).map((row) => row.type)).toEqual([
      ...["meta", "message"],
      ...Array<string>(4).fill("react"),
    ]);
  });

  it("I4: under its old id is the same event, whatever happened between", async () => {
    const { c, member } = await group();
    const frame = { t: "send", id: "r1", c, type: "react", re: 2, body: { key: "👍", on: true } };
    const first = await member.ask(frame);
    await react(member, c, 2, "👍", false);
    expect(await member.ask(frame)).toEqual({ ...first, dup: true });
    expect(await shown(member, c), "the repeat has not brought it back").not.toHaveProperty("reactions");
  });

  it("is refused where there is nothing to react to, or nothing to say", async () => {
    const { c, member } = await group();
    await react(member, c, 2, "👍");
    for (const re of [1, 3, 99]) expect(await react(member, c, re, "👍")).toMatchObject({ code: "not_found" });
    const bodies = [
      {},
      { key: "👍" },
      { on: true },
      { key: 7, on: true },
      { key: "👍", on: "yes" },
      { key: "", on: true },
    ];
    for (const body of bodies) {
      expect(await send(member, c, "react", { re: 2, body }), JSON.stringify(body)).toMatchObject({ code: "invalid" });
    }
    expect(await send(member, c, "react", { body: { key: "👍", on: true } })).toMatchObject({ code: "invalid" });
  });

  it("is forbidden to a reader", async () => {
    const { c, reader } = await group();
    expect(await react(reader, c, 2, "👍")).toMatchObject({ code: "forbidden" });
  });

  it("goes with its message's deletion", async () => {
    const { c, owner, member } = await group();
    await react(member, c, 2, "👍");
    await remove(owner, c, 2);
    const row = await shown(member, c);
    expect(row).toMatchObject({ deleted: true });
    expect(row).not.toHaveProperty("reactions");
  });

  it("S40: over 50 different keys on one message is too_large; those that are there still count", async () => {
    const { c, owner, member } = await group();
    for (const index of range(1, 50)) expect(await react(member, c, 2, `k${index}`)).toMatchObject({ t: "sent" });
    expect(await react(owner, c, 2, "one more")).toMatchObject({ t: "error", code: "too_large" });
    expect(await react(owner, c, 2, "k7")).toMatchObject({ t: "sent" });
    const reactions = (await shown(owner, c))?.["reactions"] as readonly (readonly [string, number, boolean])[];
    expect(reactions).toHaveLength(50);
    expect(reactions[6]).toEqual(["k7", 2, true]);
  });
});
