import { describe, expect, it } from "vitest";
import { PollClient } from "./testing/poll-client.ts";
import { SeededRandom } from "./testing/seeded-random.ts";
import { SpoiledClient } from "./testing/spoiled-client.ts";
import { TestEngine } from "./testing/test-engine.ts";

const RUNS = Number(process.env["POLL_RUNS"] ?? 15);
const FIRST = Number(process.env["POLL_SEED"] ?? 1);
const STEPS = 150;

/** One run of chance; what the client has counted. */
async function run(seed: number) {
  const random = new SeededRandom(seed);
  const small = random.float() < 0.5;
  const limits = small ? { pollBytesMax: 600, windowFramesMax: 6, socketBytesMax: 1_500 } : {};
  const engine = await TestEngine.start({ seed, limits });
  await engine.create("alice", "c1", ["bob"]);
  const alice = await engine.join("alice");
  const bob = new SpoiledClient((request) => engine.chat.fetch(request), random, "bob", "c1", 1);
  let sends = 0;
  for (let step = 0; step < STEPS; step++) {
    bob.step(true);
    for (let count = Math.floor(random.float() * 2.2); count > 0; count--) {
      alice.pair.send({ t: "send", id: `m${sends++}`, c: "c1", type: "message", body: { text: "x".repeat(100) } });
    }
    if (step % 10 === 0) alice.pair.send({ t: "ack", n: alice.of("event").length });
    for (let turn = Math.floor(random.float() * 4); turn > 0; turn--) await engine.settle();
    await engine.advance(random.float() * 400);
  }
  let head = -1;
  for (let step = 0; step < 100 && !(bob.quiet && bob.last === head); step++) {
    bob.step(false);
    for (let turn = 0; turn < 8; turn++) await engine.settle();
    await engine.advance(300);
    head = ((await (await engine.call("alice", "GET", "/conversations/c1")).json()) as { readonly head: number }).head;
  }
  const rows: { readonly id?: string }[] = [];
  for (let page = 0; rows.length < head - 1 && page < 10; page++) {
    const answer = await engine.call("alice", "GET", `/conversations/c1/messages?after=${rows.length + 1}`);
    rows.push(...((await answer.json()) as { readonly events: typeof rows }).events);
  }
  await engine.close();
  return { bob, head, ids: rows.map(({ id }) => id), gauges: engine.gauges };
}

describe("ChatEngine by polls and streams, on a bad network", () => {
  it(`I4, I7, I8, I16: brings each event once and in order, and takes each send once (seeds ${FIRST} to ${FIRST + RUNS - 1})`, async () => {
    const total: Record<string, number> = {};
    for (let seed = FIRST; seed < FIRST + RUNS; seed++) {
      const replay = `replay with POLL_SEED=${seed} POLL_RUNS=1`;
      const { bob, head, ids, gauges } = await run(seed).catch((cause: unknown) => {
        throw new Error(`${String(cause)}; ${replay}`, { cause });
      });
      expect(bob.applied, replay).toEqual(Array.from({ length: head }, (_, n) => n + 1));
      expect(new Set(ids).size, replay).toBe(ids.length);
      expect(ids.length, replay).toBe(head - 1);
      expect(gauges, replay).toMatchObject({ sessions: 0, polls: 0, outboxBytes: 0 });
      for (const [what, count] of Object.entries(bob.counts)) total[what] = (total[what] ?? 0) + count;
    }
    // Otherwise nothing was tried.
    for (const count of Object.values(total)) expect(count).toBeGreaterThan(RUNS / 4);
    if (process.env["POLL_COUNTS"] !== undefined) console.info(total);
  }, 120_000);

  it("takes what an engine says to one that was never there", async () => {
    const engine = await TestEngine.start();
    const nobody = new PollClient((request) => engine.chat.fetch(request));
    expect((await engine.whileSettling(nobody.stream())).status).toBe(410);
    await engine.close();
  });
});
