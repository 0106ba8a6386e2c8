import { describe, expect, it } from "vitest";
import { message, type WireClient } from "../support/wire-client.ts";
import { range, seqsOf, sleep } from "../support/wire-log.ts";
import { sceneOfFile } from "../support/wire-scene.ts";

const scene = sceneOfFile();

/** A writer and a reader who acknowledges nothing by itself, in one conversation. */
async function writerAndReader() {
  const [alice, bob] = scene.people("alice", "bob");
  const c = await scene.create(alice, [bob]);
  return { c, alice, bob, writer: await scene.join(alice), reader: await scene.join(bob, { ack: "none" }) };
}

async function write(writer: WireClient, c: string, count: number): Promise<void> {
  for (const index of range(1, count)) writer.write(message(c, `text ${index}`));
  await writer.collect("sent", count);
}

describe("counted frames", () => {
  it("I16: are as many as each pong says, at any moment", async () => {
    const { c, writer, reader } = await writerAndReader();
    reader.ack = "each";
    expect(await reader.ping()).toMatchObject({ t: "pong", n: 0 });
    const writing = (async () => {
      for (const _ of range(1, 10)) {
        await write(writer, c, 25);
        await sleep(20);
      }
    })();
    const pongs: [unknown, number][] = [];
    for (const _ of range(1, 12)) {
      reader.write({ t: "ping", n: reader.counted });
      const pong = await reader.next("pong");
      const before = reader.frames.slice(0, reader.frames.indexOf(pong)).filter((frame) => frame.t === "event");
      pongs.push([pong.n, before.length]);
      await sleep(25);
    }
    await writing;
    await reader.collect("event", 250);
    for (const [told, seen] of pongs) expect(told).toBe(seen);
    expect(new Set(pongs.map(([told]) => told)).size, "the pings fell into the traffic").toBeGreaterThan(2);
    const last = await reader.ping();
    expect(last.n).toBe(250);
    expect(Math.abs(Number(last["now"]) - Date.now())).toBeLessThan(5_000);
    expect((await writer.ping()).n, "sent and answers are not counted").toBe(0);
  });

  it("I16: acknowledged beyond what was written close with 4500", async () => {
    const { c, writer, reader } = await writerAndReader();
    await write(writer, c, 3);
    await reader.collect("event", 3);
    reader.acknowledge(4);
    expect((await reader.closed()).code).toBe(4500);
    const idle = await writerAndReader();
    idle.reader.acknowledge(1);
    expect((await idle.reader.closed()).code, "nothing was written yet").toBe(4500);
  });

  it("I16: acknowledged again, or by an older ack, change nothing", async () => {
    const { c, writer, reader } = await writerAndReader();
    await write(writer, c, 5);
    await reader.collect("event", 5);
    for (const n of [5, 3, 5, 0, 1]) reader.acknowledge(n);
    await write(writer, c, 3);
    expect(seqsOf(await reader.collect("event", 3))).toEqual([7, 8, 9]);
    expect((await reader.ping()).n).toBe(8);
    reader.acknowledge(8);
    await reader.ping();
    expect(reader.closing).toBeNull();
  });

  it("I15: unacknowledged are at most the window of 256; each ack lets as many more come", async () => {
    const { c, writer, reader } = await writerAndReader();
    await write(writer, c, 290);
    expect(seqsOf(await reader.collect("event", 256))).toEqual(range(2, 257));
    await reader.silence("event", 600);
    expect((await reader.ping()).n, "what waits has no number").toBe(256);
    reader.acknowledge(10);
    expect(seqsOf(await reader.collect("event", 10))).toEqual(range(258, 267));
    await reader.silence("event", 300);
    expect((await reader.ping()).n).toBe(266);
    reader.acknowledge(266);
    expect(seqsOf(await reader.collect("event", 24))).toEqual(range(268, 291));
    await reader.silence("event", 200);
    expect((await reader.ping()).n).toBe(290);
  });

  it("I16: that wait beyond the window cannot be acknowledged: 4500", async () => {
    const { c, writer, reader } = await writerAndReader();
    await write(writer, c, 270);
    await reader.collect("event", 256);
    reader.acknowledge(257);
    expect((await reader.closed()).code).toBe(4500);
  });

  it("F8: stand a flood of acks", async () => {
    const { c, writer, reader } = await writerAndReader();
    await write(writer, c, 2);
    await reader.collect("event", 2);
    for (const index of range(1, 2_000)) reader.acknowledge(index % 3);
    await write(writer, c, 1);
    await reader.next("event");
    expect((await reader.ping()).n).toBe(3);
  });

  it("are counted by each session for itself", async () => {
    const { c, writer, reader, alice } = await writerAndReader();
    const desk = await scene.join(alice);
    await write(writer, c, 2);
    await desk.collect("event", 2);
    await reader.collect("event", 2);
    expect([(await desk.ping()).n, (await reader.ping()).n, (await writer.ping()).n]).toEqual([2, 2, 0]);
  });
});
