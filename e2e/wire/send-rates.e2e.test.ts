import { describe, expect, it } from "vitest";
import { message, type WireClient } from "../support/wire-client.ts";
import type { Frame } from "../support/wire-frame.ts";
import { range, readLog, sleep } from "../support/wire-log.ts";
import { sceneOfFile } from "../support/wire-scene.ts";

const scene = sceneOfFile();

/** More than a connection may send at once: 300, and 100 more a second. */
const floodCount = 700;
/** Long enough for a few tokens at 100 a second, so that the rate itself no longer refuses. */
const tokensMs = 500;

const isAnswer = (frame: Frame): boolean => frame.t === "sent" || (frame.t === "error" && frame.id !== undefined);

/** A conversation into which one session has sent more than it may: who was sent, and who was refused, in order. */
async function flooded() {
  const [alice, bob] = scene.people("alice", "bob");
  const c = await scene.create(alice, [bob]);
  const client = await scene.join(alice);
  const ids = range(1, floodCount).map((index) => `m-${index}`);
  for (const id of ids) client.write(message(c, id, id));
  const answers = await client.collect(isAnswer, floodCount);
  const byId = new Map(answers.map((answer) => [answer.id, answer]));
  const refused = ids.filter((id) => byId.get(id)?.t === "error");
  return { alice, bob, c, client, ids, byId, refused };
}

/** Sends what was refused again from the first one on, never sooner than told, until all of it is sent. */
async function sendAgain(client: WireClient, c: string, refused: readonly string[]): Promise<void> {
  const endsAt = Date.now() + 15_000;
  let waiting = refused;
  while (waiting.length > 0) {
    if (Date.now() > endsAt)
      throw new Error(`${waiting.length} of ${refused.length} sends are still refused after 15 s`);
    for (const id of waiting) client.write(message(c, id, id));
    const answers = await client.collect(isAnswer, waiting.length);
    const errors = new Map(answers.filter((answer) => answer.t === "error").map((answer) => [answer.id, answer]));
    waiting = waiting.filter((id) => errors.has(id));
    await sleep(Math.max(tokensMs, ...[...errors.values()].map((error) => error.retry ?? 0)));
  }
}

describe("sends above the rate", { timeout: 30_000 }, () => {
  it("I23: are refused with retry from the first one above the burst on, those behind it as blocked", async () => {
    const { ids, byId, refused, client, c } = await flooded();
    const [first, ...behind] = refused.map((id) => byId.get(id));
    expect(ids.indexOf(String(first?.id)), "the burst is 300").toBeGreaterThanOrEqual(300);
    expect(first).toMatchObject({ t: "error", code: "rate_limited", retry: expect.any(Number) });
    expect(first?.retry).toBeGreaterThan(0);
    expect(behind.length, "the flood was one").toBeGreaterThan(10);
    expect(refused, "nothing overtakes a refused one").toEqual(ids.slice(-refused.length));
    expect(new Set(behind.map((error) => error?.code))).toEqual(new Set(["blocked"]));
    expect(new Set(behind.map((error) => error?.retry)), "the same retry").toEqual(new Set([first?.retry]));
    const rows = await readLog(client, c, 1);
    expect(rows.map((row) => row.id)).toEqual(ids.slice(0, -refused.length));
  });

  it("I3, I11: sent again from the refused one on, they restore the order, nothing lost or doubled", async () => {
    const { ids, refused, client, c } = await flooded();
    await sendAgain(client, c, refused);
    expect((await readLog(client, c, 1)).map((row) => row.id)).toEqual(ids);
  });

  it("I11: stay blocked behind the refused one after the rate has room again", async () => {
    const { refused, client, c, ids, byId, alice, bob } = await flooded();
    const elsewhere = await scene.create(alice, [bob]);
    await sleep(tokensMs);
    const retry = byId.get(String(refused[0]))?.retry;
    expect(await client.say(c, "newer", "newer")).toMatchObject({ t: "error", code: "blocked", retry });
    expect(await client.say(c, String(refused[1]), refused[1]), "not the refused one").toMatchObject({
      code: "blocked",
    });
    expect(await client.say(c, "m-1", ids[0]), "what is stored is answered all the same").toMatchObject({
      t: "sent",
      dup: true,
    });
    expect(await client.say(c, "newer", "newer"), "and that unblocks nothing").toMatchObject({ code: "blocked" });
    expect(await client.say(elsewhere, "another conversation"), "is not blocked").toMatchObject({ t: "sent" });
    const desk = await scene.join(alice);
    expect(await desk.say(c, "another session"), "starts unblocked").toMatchObject({ t: "sent" });
    expect(await client.say(c, "newer", "newer")).toMatchObject({ code: "blocked" });
    expect(await client.say(c, String(refused[0]), refused[0]), "the refused one is sent").toMatchObject({ t: "sent" });
    expect(await client.say(c, "newer", "newer"), "and the lane is free").toMatchObject({ t: "sent" });
  });

  it("are released by skip, which has no answer, and what was given up never happens", async () => {
    const { refused, client, c } = await flooded();
    await sleep(tokensMs);
    expect(await client.say(c, "newer", "newer")).toMatchObject({ code: "blocked" });
    client.write({ t: "skip", id: refused[0] });
    const before = client.frames.length;
    expect(await client.say(c, "newer", "newer")).toMatchObject({ t: "sent" });
    expect(
      client.frames.slice(before).map((frame) => frame.t),
      "no answer to skip",
    ).toEqual(["sent"]);
    const inLog = new Set((await readLog(client, c, 1)).map((row) => row.id));
    expect(
      refused.filter((id) => inLog.has(id)),
      "I3",
    ).toEqual([]);
  });

  it("are released when the refused one gets a refusal for good", async () => {
    const { refused, client, c } = await flooded();
    await sleep(tokensMs);
    const answer = await client.say(c, "x".repeat(33_000), refused[0]);
    expect(answer).toMatchObject({ t: "error", code: "too_large" });
    expect(answer).not.toHaveProperty("retry");
    expect(await client.say(c, "newer", "newer")).toMatchObject({ t: "sent" });
  });
});
