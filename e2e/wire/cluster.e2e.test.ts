import { describe, expect, it } from "vitest";
import { clusterOfFile } from "../support/cluster-scene.ts";
import { newId } from "../support/wire-client.ts";
import type { Frame } from "../support/wire-frame.ts";
import { range, readLog, seqsOf } from "../support/wire-log.ts";

const cluster = clusterOfFile();

describe("events", () => {
  it("I7: a large conversation's reach subscribers on the other gateway, each once and in order", async () => {
    const [alice, bob] = cluster.people("alice", "bob");
    const c = await cluster.create(alice, [bob, ...cluster.crowd(70)], { kind: "channel" });
    const [writer, other] = [await cluster.join(cluster.one, alice), await cluster.join(cluster.two, alice)];
    const reader = await cluster.join(cluster.two, bob);
    expect(await reader.ask({ t: "subscribe", c })).toMatchObject({ mode: "pull", head: 1 });
    await Promise.all(range(1, 30).map((index) => (index % 2 === 0 ? writer : other).say(c, String(index))));
    expect(seqsOf(await reader.collect({ t: "event", c }, 30))).toEqual(range(2, 31));
    await reader.silence({ t: "event", c }, 200);
  });

  it("heads of a large conversation reach who named it in `have`, on whatever gateway", async () => {
    const [alice, bob] = cluster.people("alice", "bob");
    const c = await cluster.create(alice, [bob, ...cluster.crowd(70)], { kind: "channel" });
    const writer = await cluster.join(cluster.one, alice);
    const { body } = await cluster.call(cluster.one, bob, "GET", `/conversations/${c}`);
    const have = [[c, body.epoch, body.head]];
    const near = await cluster.join(cluster.one, bob, { have });
    const far = await cluster.join(cluster.two, bob, { have });
    await writer.say(c, "one");
    for (const client of [near, far]) {
      const frame = await client.next({ t: "heads" }, 9_000);
      expect(frame["heads"]).toEqual([[c, body.epoch, 2, 1]]);
      expect(client.take({ t: "event" })).toEqual([]);
    }
    await writer.ask({ t: "subscribe", c });
    await writer.say(c, "two");
    await writer.silence({ t: "heads" }, 2_500);
  });

  it("I17: who is removed over one gateway gets that last on the other, and then `gone`", async () => {
    const [alice, bob] = cluster.people("alice", "bob");
    const c = await cluster.create(alice, [bob]);
    const [writer, reader] = [await cluster.join(cluster.one, alice), await cluster.join(cluster.two, bob)];
    await reader.ask({ t: "subscribe", c });
    await writer.say(c, "one");
    await cluster.call(cluster.one, alice, "DELETE", `/conversations/${c}/members/${bob}`);
    await writer.say(c, "two");
    expect(seqsOf(await reader.collect({ t: "event", c }, 2))).toEqual([2, 3]);
    expect(await reader.next({ t: "events", c })).toMatchObject({ gone: true });
    await reader.silence({ t: "event", c }, 300);
  });

  it("a conversation that is deleted over one gateway is gone on the other", async () => {
    const [alice, bob] = cluster.people("alice", "bob");
    const c = await cluster.create(alice, [bob]);
    const reader = await cluster.join(cluster.two, bob);
    await cluster.call(cluster.one, alice, "DELETE", `/conversations/${c}`);
    expect(await reader.next({ t: "events", c })).toMatchObject({ gone: true });
  });

  it("I4: a send repeated over the other gateway is the same event", async () => {
    const [alice, bob] = cluster.people("alice", "bob");
    const c = await cluster.create(alice, [bob]);
    const [one, two] = [await cluster.join(cluster.one, alice), await cluster.join(cluster.two, alice)];
    const id = newId();
    const first = await one.say(c, "same", id);
    const again = await two.say(c, "same", id);
    expect(again).toMatchObject({ t: "sent", seq: first.seq, dup: true });
    expect(seqsOf(await readLog(two, c))).toEqual([1, 2]);
  });
});

describe("a conversation that grows and shrinks", () => {
  it("I7, I8: switches its mode by a `meta` event; nobody misses or doubles anything on either gateway", async () => {
    const [alice, bob, carl] = cluster.people("alice", "bob", "carl");
    const c = await cluster.create(alice, [bob, carl, ...cluster.crowd(55)]);
    const writers = [await cluster.join(cluster.one, alice), await cluster.join(cluster.two, alice)];
    // Bob subscribes, carl never does.
    const subscriber = await cluster.join(cluster.two, bob);
    const member = await cluster.join(cluster.two, carl);
    expect(await subscriber.ask({ t: "subscribe", c })).toMatchObject({ mode: "push", head: 1, members: 58 });
    const late = cluster.crowd(12);
    const talk = (from: number) =>
      Promise.all(range(from, from + 9).map((index) => writers[index % 2]?.say(c, String(index))));
    const grown = cluster.call(cluster.two, alice, "POST", `/conversations/${c}/members`, {
      members: late.map((user) => [user, "member"]),
    });
    await Promise.all([talk(1), grown]);
    // 20 messages, one change of members, one switch.
    await talk(11);
    const { body } = await cluster.call(cluster.one, bob, "GET", `/conversations/${c}`);
    expect(body).toMatchObject({ mode: "pull", head: 23 });
    const events = await subscriber.collect({ t: "event", c }, 22);
    expect(seqsOf(events)).toEqual(range(2, 23));
    const { seq: at = 0, body: change } = events.find(({ type }) => type === "meta") as Frame & { type: string };
    expect(change).toEqual({ mode: "pull" });
    // Who never subscribed gets everything up to the switch, and nothing behind it.
    expect(seqsOf(await member.collect({ t: "event", c }, at - 1))).toEqual(range(2, at));
    await member.silence({ t: "event", c }, 300);
    // Back below the limit: without having subscribed they are told again, from the switch on.
    for (const user of late.concat(await others(bob, c))) {
      await cluster.call(cluster.one, alice, "DELETE", `/conversations/${c}/members/${user}`);
    }
    const back = await member.next((frame) => frame.t === "event" && frame.c === c, 5_000);
    expect(back).toMatchObject({ type: "meta", body: { mode: "push" } });
    await writers[0]?.say(c, "after");
    const after = await member.next({ t: "event", c });
    expect(after["seq"]).toBeGreaterThan(back["seq"] as number);
    const heard = await subscriber.collect({ t: "event", c }, (after["seq"] as number) - 23);
    expect(seqsOf(heard)).toEqual(range(24, after["seq"] as number));
  });

  /** Members to remove until 47 are left, with the twelve who came late. */
  async function others(user: string, c: string): Promise<readonly string[]> {
    const page = await cluster.call(cluster.two, user, "GET", `/conversations/${c}/members?limit=200`);
    const users = (page.body.members ?? []).map(([name]) => name).filter((name) => name.startsWith("u-"));
    return users.filter((name) => !name.startsWith("late")).slice(0, 11);
  }
});

describe("signals", () => {
  it("I14: receipts reach subscribers on the other gateway, and the user's own devices", async () => {
    const [alice, bob] = cluster.people("alice", "bob");
    const c = await cluster.create(alice, [bob]);
    const [writer, reader] = [await cluster.join(cluster.one, alice), await cluster.join(cluster.two, bob)];
    const desk = await cluster.join(cluster.one, bob);
    await writer.ask({ t: "subscribe", c });
    await writer.say(c, "one");
    await reader.next({ t: "event", c });
    reader.write({ t: "read", c, seq: 2 });
    for (const client of [writer, desk]) {
      let receipt = await client.next({ t: "receipt", user: bob }, 8_000);
      while (receipt["read"] !== 2) receipt = await client.next({ t: "receipt", user: bob }, 8_000);
      expect(receipt).toMatchObject({ c, delivered: 2, read: 2 });
    }
  });

  it("I20: typing reaches subscribers on the other gateway once, and nobody else", async () => {
    const [alice, bob, carl] = cluster.people("alice", "bob", "carl");
    const c = await cluster.create(alice, [bob, carl]);
    const [typist, reader] = [await cluster.join(cluster.one, alice), await cluster.join(cluster.two, bob)];
    const outside = await cluster.join(cluster.two, carl);
    await typist.ask({ t: "subscribe", c });
    await reader.ask({ t: "subscribe", c });
    typist.write({ t: "typing", c });
    expect(await reader.next({ t: "typing" })).toEqual({ t: "typing", c, user: alice });
    await reader.silence({ t: "typing" }, 300);
    expect([...outside.take({ t: "typing" }), ...typist.take({ t: "typing" })]).toEqual([]);
  });

  it("I14: above the receipt limit subscribers on both gateways get the same exact tally", async () => {
    const [alice, bob, carl] = cluster.people("alice", "bob", "carl");
    const c = await cluster.create(alice, [bob, carl, ...cluster.crowd(110)], { kind: "channel" });
    const writer = await cluster.join(cluster.one, alice);
    const readers = [await cluster.join(cluster.one, bob), await cluster.join(cluster.two, carl)];
    for (const client of [writer, ...readers]) await client.ask({ t: "subscribe", c });
    await writer.say(c, "one");
    await writer.say(c, "two");
    for (const client of readers) await client.collect({ t: "event", c }, 2);
    readers[0]?.write({ t: "read", c, seq: 3 });
    readers[1]?.write({ t: "read", c, seq: 2 });
    const wanted = (frame: Frame): boolean => {
      const tally = frame["tally"] as readonly (readonly number[])[] | undefined;
      const [two, three] = [tally?.find(([seq]) => seq === 2), tally?.find(([seq]) => seq === 3)];
      return frame.t === "tally" && two?.[2] === 2 && three?.[2] === 1 && frame["online"] === 3;
    };
    for (const client of [writer, ...readers]) {
      const frame = await client.next(wanted, 12_000);
      expect(frame).toMatchObject({ t: "tally", c, online: 3 });
    }
  });

  it("I21: who is online on the other gateway shows so, and offline 5 s after a goodbye", async () => {
    const [alice, bob] = cluster.people("alice", "bob");
    const c = await cluster.create(alice, [bob]);
    const watcher = await cluster.join(cluster.one, alice);
    const watched = await cluster.join(cluster.two, bob);
    const answer = await watcher.ask({ t: "subscribe", users: [bob], c });
    expect(answer["users"]).toMatchObject([{ user: bob, status: "online" }]);
    // A hop to the other gateway is no absence.
    const hopped = await cluster.join(cluster.one, bob);
    watched.write({ t: "bye" });
    await watcher.silence({ t: "presence" }, 6_500);
    hopped.write({ t: "bye" });
    const told = await watcher.next({ t: "presence" }, 9_000);
    expect(told["users"]).toMatchObject([{ user: bob, status: "offline" }]);
  });
});

describe("sessions", () => {
  it("of one device only the highest `k` stays, wherever the others are: 4504", async () => {
    const [alice] = cluster.people("alice");
    const device = cluster.fresh("phone");
    const first = await cluster.join(cluster.one, alice, { device, k: 3 });
    const second = await cluster.join(cluster.two, alice, { device, k: 4 });
    expect((await first.closed()).code).toBe(4504);
    const older = await cluster.join(cluster.one, alice, { device, k: 2 });
    expect((await older.closed()).code).toBe(4504);
    expect((await second.ping()).t).toBe("pong");
  });

  it("a kick ends them on every gateway with 4503", async () => {
    const [alice, bob] = cluster.people("alice", "bob");
    const [near, far] = [await cluster.join(cluster.one, alice), await cluster.join(cluster.two, alice)];
    const other = await cluster.join(cluster.two, bob);
    await cluster.one.chat.kick(alice);
    expect([(await near.closed()).code, (await far.closed()).code]).toEqual([4503, 4503]);
    expect((await other.ping()).t).toBe("pong");
  });

  it("S12: a revocation ends them on every gateway with 4100, and their resume tokens hold nowhere", async () => {
    const [alice] = cluster.people("alice");
    const device = cluster.fresh("phone");
    const far = await cluster.join(cluster.two, alice, { device });
    await cluster.one.chat.revoke(alice);
    expect((await far.closed()).code).toBe(4100);
    const again = await cluster.join(cluster.one, alice, { device, k: 2, resume: far.welcome["resume"] });
    expect(again.welcome["resumed"]).toBe(false);
  });
});
