import { describe, expect, it } from "vitest";
import { message, type WireClient } from "../support/wire-client.ts";
import type { Frame } from "../support/wire-frame.ts";
import { lastSeqOf, range, readLog, seqsOf, sleep } from "../support/wire-log.ts";
import { sceneOfFile } from "../support/wire-scene.ts";

const scene = sceneOfFile();
const bodyChars = 32_000;

/** A reader who acknowledges nothing by itself but pings, so that only its acks are missing. */
async function slowReader() {
  const [alice, bob, carl] = scene.people("alice", "bob", "carl");
  const c = await scene.create(alice, [bob, carl]);
  const [writer, reader, witness] = await Promise.all([
    scene.join(alice),
    scene.join(bob, { ack: "none" }),
    scene.join(carl),
  ]);
  return { c, bob, writer, reader, witness };
}

/** Pings every 5 s until the connection is closed. */
async function keepAlive(client: WireClient): Promise<void> {
  while (client.closing === null) {
    client.write({ t: "ping", n: client.counted });
    await Promise.race([client.ended, sleep(5_000)]);
  }
}

/**
 * Writes more than any outbox may hold (1 MiB or 1,000 frames): 2.5 MB in 80 sends, eight at a time, so that those who
 * acknowledge keep up.
 */
async function overflow(writer: WireClient, c: string): Promise<void> {
  for (const start of range(0, 9)) {
    for (const index of range(1, 8)) writer.write(message(c, `${start * 8 + index} ${"x".repeat(bodyChars)}`));
    await writer.collect("sent", 8);
    await sleep(20);
  }
}

/** Waits until no event has come for a while. */
async function settled(client: WireClient): Promise<void> {
  for (let before = -1; before !== client.counted; await sleep(500)) before = client.counted;
}

/** Acknowledges what came, as often as it takes, until the gateway says `lagging`. */
async function drainToLagging(client: WireClient): Promise<Frame> {
  client.acknowledge();
  client.ack = "each";
  return await client.next("lagging", 10_000);
}

/** What a slow reader has in the end: each seq once by an event, the others by pages; nothing is missing. */
async function expectCaughtUp(reader: WireClient, c: string, from: number, head: number): Promise<void> {
  const seen = seqsOf(reader.frames.filter((frame) => frame.t === "event" && Number(frame.seq) >= from)).map(Number);
  expect(new Set(seen).size, "no event twice").toBe(seen.length);
  const last = Math.max(from - 1, ...seen);
  expect(seen, "no hole in what was written").toEqual(range(from, last));
  const rows = await readLog(reader, c, last);
  expect(rows.map(lastSeqOf), "the rest is in the log").toEqual(range(last + 1, head));
}

describe.concurrent("a reader", { timeout: 70_000 }, () => {
  it("without any ack gets the oldest again at 10, 20 and 30 s, and 4002 at 40 s", async () => {
    const { c, writer, reader } = await slowReader();
    await writer.say(c, "one");
    await writer.say(c, "two");
    const [first] = await reader.collect("event", 2);
    const writtenAt = Date.now();
    void keepAlive(reader);
    for (const due of [10_000, 20_000, 30_000]) {
      const again = await reader.next("again", 14_000);
      const elapsed = Date.now() - writtenAt;
      expect(again, "the oldest alone, whole").toEqual({ t: "again", n: 1, frame: first });
      expect(elapsed, `again of ${due} ms`).toBeGreaterThan(due - 1_500);
      expect(elapsed, `again of ${due} ms`).toBeLessThan(due + 3_500);
    }
    expect((await reader.closed(15_000)).code).toBe(4002);
    expect(Date.now() - writtenAt).toBeGreaterThan(38_000);
    expect(reader.take("again")).toEqual([]);
    const pongs = reader.frames.filter((frame) => frame.t === "pong").map((frame) => frame.n);
    expect(new Set(pongs), "again is not counted").toEqual(new Set([2]));
  });

  it("that acknowledges after `again` is left alone, and so is one that is idle but pings", async () => {
    const { c, writer, reader, witness } = await slowReader();
    await writer.say(c, "one");
    void keepAlive(reader);
    void keepAlive(witness);
    void keepAlive(writer);
    await reader.next("again", 14_000);
    reader.acknowledge(1);
    await sleep(33_000);
    expect(reader.take("again"), "nothing is due").toEqual([]);
    await writer.say(c, "two");
    for (const client of [reader, witness]) expect((await client.next({ t: "event", seq: 3 })).seq).toBe(3);
    expect([reader.closing, witness.closing, writer.closing]).toEqual([null, null, null]);
  });

  it("I21: that is silent for two heartbeats is closed with 4002", async () => {
    const openedAt = Date.now();
    const silent = await scene.join(scene.fresh("silent"), { autoPong: false });
    expect((await silent.closed(60_000)).code).toBe(4002);
    expect(Date.now() - openedAt).toBeGreaterThan(38_000);
  });

  it("I15: over the outbox cap that drains within 30 s is told `lagging`, and loses nothing; over it again: 4000", async () => {
    const { c, bob, writer, reader, witness } = await slowReader();
    await overflow(writer, c);
    await settled(reader);
    expect(reader.counted, "what was over the cap was not written").toBeLessThan(80);
    expect(seqsOf(await witness.collect("event", 80)), "its neighbours lose nothing").toEqual(range(2, 81));
    await reader.silence("lagging", 300);
    expect((await reader.ping()).n, "the gateway still reads it").toBe(reader.counted);

    const lagging = await drainToLagging(reader);
    expect(lagging).toEqual({ t: "lagging", c: [c] });
    await expectCaughtUp(reader, c, 2, 81);
    await writer.say(c, "after");
    expect(await reader.next({ t: "event", seq: 82 }), "live again").toMatchObject({ body: { text: "after" } });

    reader.ack = "none";
    await overflow(writer, c);
    expect((await reader.closed(5_000)).code, "over the cap twice in a minute").toBe(4000);
    const back = await scene.join(bob);
    expect((await readLog(back, c, 82)).map(lastSeqOf)).toEqual(range(83, 162));
  });

  it("I15: over the outbox cap that does not drain within 30 s is closed with 4000", async () => {
    const { c, writer, reader, bob } = await slowReader();
    void keepAlive(reader);
    await overflow(writer, c);
    const overAt = Date.now();
    expect((await reader.closed(40_000)).code).toBe(4000);
    const elapsed = Date.now() - overAt;
    expect(elapsed).toBeGreaterThan(26_000);
    expect(elapsed).toBeLessThan(36_000);
    const back = await scene.join(bob);
    expect((await readLog(back, c, 1)).map(lastSeqOf), "nothing is lost").toEqual(range(2, 81));
  });

  it("I15, F7: that stops reading its socket holds up nobody, and catches up", async () => {
    const { c, writer, reader, witness } = await slowReader();
    reader.ack = "each";
    reader.socket.pause();
    await overflow(writer, c);
    expect(seqsOf(await witness.collect("event", 80)), "its neighbours lose nothing").toEqual(range(2, 81));
    await sleep(2_000);
    reader.socket.resume();
    expect(await reader.next("lagging", 10_000)).toEqual({ t: "lagging", c: [c] });
    await expectCaughtUp(reader, c, 2, 81);
    await writer.say(c, "after");
    expect(await reader.next({ t: "event", seq: 82 }), "live again").toMatchObject({ body: { text: "after" } });
  });

  it("I15: over the outbox cap by frames alone is told `lagging` too", async () => {
    const [bob, ...writers] = scene.people("bob", "w1", "w2", "w3", "w4", "w5");
    const c = await scene.create(bob, writers);
    const reader = await scene.join(bob, { ack: "none" });
    await Promise.all(
      writers.map(async (user) => {
        const writer = await scene.join(user);
        for (const index of range(1, 280)) writer.write(message(c, `text ${index}`));
        await writer.collect("sent", 280, 30_000);
      }),
    );
    await settled(reader);
    expect(reader.counted, "the window").toBe(256);
    expect(await drainToLagging(reader)).toEqual({ t: "lagging", c: [c] });
    await expectCaughtUp(reader, c, 2, 1_401);
  });
});
