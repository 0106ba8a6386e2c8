import type { ErrorFrame, GatewayFrame, SendFrame, SentFrame } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { refuse } from "./host/refuse.ts";
import type { SendDraft } from "./ports/hooks.ts";
import { memoryStore } from "./store/memory-message-store.ts";
import { deferred } from "./testing/deferred.ts";
import { Lossy } from "./testing/lossy.ts";
import { ManualClock } from "./testing/manual-clock.ts";
import { SeededRandom } from "./testing/seeded-random.ts";
import type { TestClient } from "./testing/test-client.ts";
import { TestEngine, type TestEngineOptions } from "./testing/test-engine.ts";

/** An engine with `c1` and `c2` of alice (owner) and bob. */
async function engineWith(options: TestEngineOptions = {}) {
  const engine = await TestEngine.start(options);
  for (const c of ["c1", "c2"]) await engine.create("alice", c, ["bob"]);
  return { engine, chat: engine.chat };
}

const message = (id: string, text: string = id, c = "c1"): SendFrame => ({
  t: "send",
  id,
  c,
  type: "message",
  body: { text },
});
const answerTo = (client: TestClient, id: string): GatewayFrame | undefined =>
  client.received.findLast((frame) => (frame.t === "sent" || frame.t === "error") && frame.id === id);
const errorOf = (client: TestClient, id: string) => answerTo(client, id) as ErrorFrame;

describe("before: order", () => {
  it("I11: holds a session's later sends to the conversation back, and nobody else's", async () => {
    const { engine, chat } = await engineWith();
    const held = deferred<undefined>();
    chat.before("send", ({ id }) => (id === "slow" ? held.promise : undefined));
    const alice = await engine.join("alice");
    const bob = await engine.join("bob");
    const react: SendFrame = { ...message("r1"), type: "react", re: 2, body: { key: "k", on: true } };
    await bob.send("c1", "b1");
    await alice.say(message("slow"), message("m2"), react, message("other", "other", "c2"));
    await bob.send("c1", "b2");
    expect(answerTo(alice, "other")).toMatchObject({ t: "sent" });
    expect([answerTo(alice, "m2"), answerTo(alice, "r1")]).toEqual([undefined, undefined]);
    expect(engine.gauges.asked).toBe(1);
    held.resolve(undefined);
    await engine.settle();
    const [slow, m2, r1] = ["slow", "m2", "r1"].map((id) => (answerTo(alice, id) as SentFrame).seq);
    expect([slow, m2, r1]).toEqual([4, 5, 6]);
    expect(engine.gauges.asked).toBe(0);
  });

  it("I11: answers `blocked` to what stands behind one that is refused with a wait, at once, and dup to what is stored", async () => {
    const { engine, chat } = await engineWith();
    const alice = await engine.join("alice");
    await alice.send("c1", "old");
    let hang = true;
    chat.before("send", ({ id }) => (hang && id !== "m9" ? new Promise<undefined>(() => {}) : undefined), {
      within: 100,
    });
    await alice.say(message("m1"));
    await engine.advance(50);
    await alice.say(message("m2"), message("m9"), message("old"), { ...message("e1"), type: "edit", re: 2 });
    await engine.advance(50);
    expect(errorOf(alice, "m1")).toMatchObject({ code: "unavailable", retry: 1_000 });
    for (const id of ["m2", "m9", "e1"]) expect(errorOf(alice, id)).toMatchObject({ code: "blocked", retry: 1_000 });
    expect(answerTo(alice, "old")).toMatchObject({ t: "sent", dup: true });
    hang = false;
    await alice.say(message("m9"));
    expect(errorOf(alice, "m9").code).toBe("blocked");
    await alice.say(message("m1"), message("m2"), message("m9"), { ...message("e1"), type: "edit", re: 2 });
    const seqs = ["m1", "m2", "m9", "e1"].map((id) => (answerTo(alice, id) as SentFrame).seq);
    expect(seqs).toEqual([3, 4, 5, 6]);
  });

  it("reads a session no further at `inflight`, however long hooks hang; I25: and keeps nothing of one that has gone", async () => {
    const { engine, chat } = await engineWith({ limits: { inflightMax: 4 } });
    let asked = 0;
    chat.before("send", () => {
      asked++;
      return new Promise(() => {});
    });
    const alice = await engine.join("alice");
    await alice.say(...Array.from({ length: 10 }, (_, count) => message(`m${count}`)));
    expect([asked, alice.pair.gatewayReads]).toEqual([4, false]);
    alice.pair.cut();
    await engine.settle();
    expect(engine.gauges.asked).toBe(1);
    await engine.advance(2_000);
    expect([asked, engine.gauges.asked]).toEqual([4, 0]);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    "I3, I4, I11: keeps what was sent in its order under slow, silent and refusing hooks and a failing store: seed %i",
    (seed) => sendAtRandom(seed),
  );

  it.each([1, 2, 3, 4, 16, 20])(
    "I4, I6, I11: and where the client comes back on a new session before all is answered: seed %i",
    (seed) => sendAtRandom(seed, { comesBack: true }),
  );
});

const SENDS = 60;

/** One session that sends to two conversations as the protocol says, while the host and the store have a bad day. */
async function sendAtRandom(seed: number, { comesBack = false } = {}): Promise<void> {
  const random = new SeededRandom(seed);
  const clock = new ManualClock();
  const lossy = new Lossy({ clock, random: new SeededRandom(seed + 1) });
  lossy.on = false;
  const plain = memoryStore();
  const store = lossy.wrap(plain, { append: { failBefore: 0.3, failAfter: 0.3, delay: 0.5, delayMsMax: 40 } });
  const { engine, chat } = await engineWith({ clock, seed, store });
  chat.before("send", (draft) => decide(draft), { within: 200 });
  const decide = async ({ id, body }: SendDraft): Promise<{ body: Readonly<Record<string, unknown>> } | undefined> => {
    const draw = random.float();
    if (draw < 0.7) await new Promise<void>((resolve) => engine.clock.after(draw * 350, resolve));
    if (Number(id.slice(1)) % 7 === 3) throw refuse();
    return draw < 0.3 ? { body: { ...body, rewritten: true } } : undefined;
  };
  let sessions = 1;
  let alice = await engine.join("alice", { k: sessions });
  lossy.on = true;

  /** What is unanswered or to be sent again, by conversation in the order of the first sending. */
  const queues = new Map<string, SendFrame[]>([
    ["c1", []],
    ["c2", []],
  ]);
  const fates = new Map<string, SentFrame | "refused">();
  let read = 0;
  let retries = 0;
  let unanswered = 0;
  const send = (frame: SendFrame): void => {
    unanswered++;
    alice.pair.send(frame);
  };
  const heed = (): void => {
    for (; read < alice.received.length; read++) {
      const frame = alice.received[read];
      if (frame?.t !== "sent" && frame?.t !== "error") continue;
      const id = frame.id ?? "";
      unanswered--;
      if (frame.t === "error" && frame.retry !== undefined) {
        retries++;
        continue;
      }
      const fate = frame.t === "sent" ? frame : "refused";
      const before = fates.get(id);
      if (before !== undefined && before !== "refused" && fate !== "refused") expect(fate.seq).toBe(before.seq);
      else expect(before ?? fate, "I3").toBe(fate);
      fates.set(id, before ?? fate);
    }
  };
  for (let count = 0; count < SENDS; count++) {
    const c = random.float() < 0.5 ? "c1" : "c2";
    const type = random.float() < 0.2 ? "x-note" : "message";
    const frame: SendFrame = { ...message(`m${count}`, `m${count}`, c), type };
    queues.get(c)?.push(frame);
    // A client that waits for answers sends nothing newer before what it has to send again.
    heed();
    if (retries === 0) send(frame);
    await engine.advance(Math.floor(random.float() * 60));
  }
  for (let round = 0; round < 200; round++) {
    heed();
    const open = [...queues.values()].flat().filter(({ id }) => !fates.has(id));
    if (open.length === 0) break;
    if (round === 60) lossy.on = false;
    if (unanswered > 0 && comesBack && random.float() < 0.3) {
      alice.pair.cut();
      alice = await engine.join("alice", { k: ++sessions });
      [read, unanswered] = [0, 0];
    }
    if (unanswered === 0) for (const frame of open.slice(0, 30)) send(frame);
    await engine.advance(500);
  }
  lossy.on = false;
  for (const [c, frames] of queues) {
    const page = await plain.range({ conversation: c, view: "log", after: 1, from: "oldest", rows: 500, bytes: 1e9 });
    const kept = frames.filter(({ id }) => fates.get(id) !== "refused").map(({ id }) => id);
    expect(
      page?.rows.map(({ id }) => id),
      `seed ${seed}`,
    ).toEqual(kept);
    for (const row of page?.rows ?? []) {
      const fate = fates.get(row.id ?? "") as SentFrame;
      expect(fate.seq).toBe(row.seq);
      expect(fate.body, "told of what was rewritten").toEqual(row.body?.["rewritten"] === true ? row.body : undefined);
    }
  }
  expect(retries, `seed ${seed}: nothing was tried again, which shows nothing`).toBeGreaterThan(0);
  // What an earlier session asked of the host is over with its time.
  await engine.advance(1_000);
  expect(engine.gauges.asked).toBe(0);
  expect(sessions > 1, `seed ${seed}`).toBe(comesBack);
}
