import { describe, expect, it } from "vitest";
import { clusterOfFile } from "../support/cluster-scene.ts";
import { range, seqsOf } from "../support/wire-log.ts";

/** The bus loses everything. */
const cluster = clusterOfFile({ lost: 1 });

/** A digest's absence is noticed after 10 s, and then the changes are read every 5 s. */
const RECONCILED_MS = 18_000;

describe("I26: with every envelope lost", () => {
  it.concurrent("I1, I5, I7, I9: everything arrives, in order and once, only later", async () => {
    const [alice, bob] = cluster.people("alice", "bob");
    const c = await cluster.create(alice, [bob]);
    const [writer, reader] = [await cluster.join(cluster.one, alice), await cluster.join(cluster.two, bob)];
    await reader.ask({ t: "subscribe", c });
    for (const index of range(1, 20)) await writer.say(c, String(index));
    expect(seqsOf(await reader.collect({ t: "event", c }, 20, RECONCILED_MS))).toEqual(range(2, 21));
    await writer.say(c, "last");
    expect((await reader.next({ t: "event", c }, RECONCILED_MS))["seq"]).toBe(22);
    await reader.silence({ t: "event", c }, 500);
  });

  it.concurrent("a conversation that the other gateway never heard of is told of", async () => {
    const [alice, bob] = cluster.people("alice", "bob");
    const reader = await cluster.join(cluster.two, bob);
    const c = await cluster.create(alice, [bob]);
    const event = await reader.next({ t: "event", c }, RECONCILED_MS);
    expect(event).toMatchObject({ type: "meta", seq: 1 });
  });

  it.concurrent("I17: who was removed is told of the removal, and then `gone`", async () => {
    const [alice, bob] = cluster.people("alice", "bob");
    const c = await cluster.create(alice, [bob]);
    const { body } = await cluster.call(cluster.one, bob, "GET", `/conversations/${c}`);
    const reader = await cluster.join(cluster.two, bob, { have: [[c, body.epoch, body.head]] });
    await cluster.call(cluster.one, alice, "DELETE", `/conversations/${c}/members/${bob}`);
    expect(await reader.next({ t: "event", c }, RECONCILED_MS)).toMatchObject({ type: "member", seq: 2 });
    expect(await reader.next({ t: "events", c })).toMatchObject({ gone: true });
  });

  it.concurrent("I7: a large conversation's subscribers get everything", async () => {
    const [alice, bob] = cluster.people("alice", "bob");
    const c = await cluster.create(alice, [bob, ...cluster.crowd(70)], { kind: "channel" });
    const [writer, reader] = [await cluster.join(cluster.one, alice), await cluster.join(cluster.two, bob)];
    await reader.ask({ t: "subscribe", c });
    for (const index of range(1, 10)) await writer.say(c, String(index));
    expect(seqsOf(await reader.collect({ t: "event", c }, 10, RECONCILED_MS))).toEqual(range(2, 11));
  });
});
