import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type PollAnswer, type PollSession, poll, sessionIn } from "../support/poll-link.ts";
import { message, newId } from "../support/wire-client.ts";
import { sceneOfFile } from "../support/wire-scene.ts";

const scene = sceneOfFile();

const hello = (user: string, fields: Record<string, unknown> = {}) => ({
  t: "hello",
  v: 1,
  token: user,
  device: scene.fresh("device"),
  ...fields,
});

/** Says hello by a first poll: who it makes of us, and the answer. */
async function open(user: string, fields: Record<string, unknown> = {}) {
  const response = await poll(scene.url, { k: 1, frames: [hello(user, fields)] }, { wait: 0 });
  expect(response.status).toBe(200);
  const answer = (await response.json()) as PollAnswer;
  const session = sessionIn(answer.frames);
  if (session === null) throw new Error(`no welcome: ${JSON.stringify(answer)}`);
  return { session, answer };
}

async function answerOf(response: Response): Promise<PollAnswer> {
  expect(response.status).toBe(200);
  return (await response.json()) as PollAnswer;
}

const ask = (session: PollSession, k: number, frames: readonly unknown[] = [], wait?: number) =>
  poll(scene.url, { k, frames }, wait === undefined ? { session } : { session, wait });

const eventsOf = (answer: PollAnswer) => answer.frames.filter(({ t }) => t === "event");

describe("long polling", () => {
  it("S13: is welcomed with a session that names the gateway, and a secret", async () => {
    const [alice] = scene.people("alice");
    const { session, answer } = await open(alice);
    const welcome = answer.frames[0] ?? {};
    expect(answer.k).toBe(1);
    expect(welcome).toMatchObject({ t: "welcome", v: 1, user: alice, resumed: false });
    expect(session.session.startsWith(`s_${String(welcome["node"])}_`)).toBe(true);
    expect(session.secret.length).toBeGreaterThanOrEqual(22);
    expect(session.secret).not.toContain(session.session);
  });

  it("I1: sends, is answered, and reads what was stored", async () => {
    const [alice, bob] = scene.people("alice", "bob");
    const c = await scene.create(alice, [bob]);
    const { session } = await open(alice);
    const id = newId();
    const sent = await answerOf(
      await ask(session, 2, [message(c, "by poll", id), { t: "fetch", id: "r1", c, after: 1 }]),
    );
    const frames = [...sent.frames];
    if (frames.length < 2) frames.push(...(await answerOf(await ask(session, 3))).frames);
    // Answers come as they are ready.
    expect(frames).toHaveLength(2);
    expect(frames.find(({ t }) => t === "sent")).toMatchObject({ id, c, seq: 2, ord: 1 });
    expect(frames.find(({ t }) => t === "events")).toMatchObject({ id: "r1", c });
  });

  it("answers as soon as there is something to say", async () => {
    const [alice, bob] = scene.people("alice", "bob");
    const c = await scene.create(alice, [bob]);
    const { session } = await open(bob);
    const client = await scene.join(alice, { transport: "websocket" });
    const hanging = ask(session, 2);
    await pause(150);
    const began = performance.now();
    await client.say(c, "wake up");
    const events = eventsOf(await answerOf(await hanging));
    expect(performance.now() - began).toBeLessThan(1_500);
    expect(events).toMatchObject([{ c, seq: 2, from: alice, body: { text: "wake up" } }]);
  });

  it("answers with nothing after 25 s, and at once where it is not to wait", async () => {
    const [alice] = scene.people("alice");
    const { session } = await open(alice);
    const began = performance.now();
    expect((await answerOf(await ask(session, 2, [], 0))).frames).toEqual([]);
    expect(performance.now() - began).toBeLessThan(1_000);
    const waited = performance.now();
    expect(await answerOf(await ask(session, 3))).toEqual({ k: 3, frames: [] });
    expect(performance.now() - waited).toBeGreaterThan(24_000);
    expect(performance.now() - waited).toBeLessThan(27_500);
  });

  it("ends a hanging poll at once when a new one comes", async () => {
    const [alice] = scene.people("alice");
    const { session } = await open(alice);
    const hanging = ask(session, 2);
    await pause(150);
    const began = performance.now();
    const newer = ask(session, 3);
    expect(await answerOf(await hanging)).toEqual({ k: 2, frames: [] });
    expect(performance.now() - began).toBeLessThan(1_000);
    const last = ask(session, 4, [{ t: "ping", n: 0 }], 0);
    expect((await answerOf(await newer)).k).toBe(3);
    await last;
  });

  it("I7, I8: gives the same answer again to a repeated k, and takes its frames once", async () => {
    const [alice, bob] = scene.people("alice", "bob");
    const c = await scene.create(alice, [bob]);
    const { session } = await open(alice);
    const writer = await scene.join(bob, { transport: "websocket" });
    await writer.say(c, "one");
    const frames = [message(c, "two", newId())];
    const first = await answerOf(await ask(session, 2, frames));
    const texts = [JSON.stringify(first)];
    for (let repeat = 0; repeat < 3; repeat++)
      texts.push(JSON.stringify(await answerOf(await ask(session, 2, frames))));
    expect(new Set(texts).size).toBe(1);
    const page = await answerOf(await ask(session, 3, [{ t: "fetch", id: "r1", c, after: 0 }], 0));
    const events = page.frames.find(({ t }) => t === "events") ?? (await answerOf(await ask(session, 4))).frames[0];
    expect((events as { events: unknown[] }).events).toHaveLength(3);
  });

  it("refuses an older k with 410, and goes on with the newest", async () => {
    const [alice] = scene.people("alice");
    const { session } = await open(alice);
    await answerOf(await ask(session, 2, [], 0));
    await answerOf(await ask(session, 3, [], 0));
    const old = await ask(session, 2, [], 0);
    expect(old.status).toBe(410);
    expect(old.headers.get("content-type")).toContain("application/problem+json");
    expect((await answerOf(await ask(session, 4, [], 0))).k).toBe(4);
  });

  it("I11: takes polls in the order of k, though they arrive out of it", async () => {
    const [alice, bob] = scene.people("alice", "bob");
    const c = await scene.create(alice, [bob]);
    const { session } = await open(alice);
    const early = [ask(session, 4, [message(c, "third")]), ask(session, 3, [message(c, "second")])];
    await pause(200);
    const answers = await Promise.all(
      [ask(session, 2, [message(c, "first")]), ...early].map(async (each) => answerOf(await each)),
    );
    expect(answers.map(({ k }) => k).sort()).toEqual([2, 3, 4]);
    const frames = answers.sort((a, b) => a.k - b.k).flatMap((answer) => answer.frames);
    for (let k = 5; frames.length < 3; k++) frames.push(...(await answerOf(await ask(session, k))).frames);
    expect(frames.filter(({ t }) => t === "sent")).toMatchObject([{ seq: 2 }, { seq: 3 }, { seq: 4 }]);
    const reader = await scene.join(bob, { transport: "websocket" });
    const page = await reader.ask({ t: "fetch", c, after: 1 });
    expect(page.events?.map((row) => row.body?.["text"])).toEqual(["first", "second", "third"]);
  });

  it.each([
    ["of an unknown session", (s: PollSession) => ({ ...s, session: `${s.session}x` })],
    [
      "with a wrong secret",
      (s: PollSession) => ({ ...s, secret: `${s.secret.slice(0, -1)}${s.secret.endsWith("A") ? "B" : "A"}` }),
    ],
    ["with the secret of another session", (s: PollSession, o: PollSession) => ({ ...s, secret: o.secret })],
  ])("S12, S13: a poll %s is 410, and the session goes on", async (_, forge) => {
    const [alice, bob] = scene.people("alice", "bob");
    const [{ session }, other] = [await open(alice), await open(bob)];
    const refused = await ask(forge(session, other.session), 2, [{ t: "bye" }], 0);
    expect(refused.status).toBe(410);
    expect((await answerOf(await ask(session, 2, [], 0))).k).toBe(2);
  });

  it("says why it ends by a close frame, and then 410", async () => {
    const [alice] = scene.people("alice");
    const { session } = await open(alice);
    const { frames } = await answerOf(await ask(session, 2, [{ t: "bye" }]));
    expect(frames.at(-1)).toMatchObject({ t: "close", code: 1000 });
    expect((await ask(session, 3, [], 0)).status).toBe(410);
    // A lost answer may still be asked for once more, or is gone: never another one.
    const again = await ask(session, 2, [{ t: "bye" }]);
    if (again.status === 200)
      expect(((await again.json()) as PollAnswer).frames.at(-1)).toMatchObject({ t: "close", code: 1000 });
    else expect(again.status).toBe(410);
  });

  it.each([
    ["what is no hello", { k: 1, frames: [{ t: "ping", n: 0 }] }, 4500],
    ["a hello without a device", { k: 1, frames: [{ t: "hello", v: 1, token: "x" }] }, 4500],
    ["a hello of another version", { k: 1, frames: [{ t: "hello", v: 99, token: "x", device: "d1" }] }, 4506],
    ["a token of nobody", { k: 1, frames: [{ t: "hello", v: 1, token: "", device: "d1" }] }, 4501],
    [
      "a hello over 16 KiB",
      { k: 1, frames: [{ t: "hello", v: 1, token: "x", device: "d1", agent: "a".repeat(17_000) }] },
      1009,
    ],
  ])("S7: closes %s with a close frame", async (_, body, code) => {
    const answer = await answerOf(await poll(scene.url, body));
    expect(answer.frames).toEqual([expect.objectContaining({ t: "close", code })]);
  });

  it("closes with 1009 for a frame over 64 KiB, and counts each frame's keys and depth for itself", async () => {
    const [alice, bob] = scene.people("alice", "bob");
    const c = await scene.create(alice, [bob]);
    const { session } = await open(alice);
    const wide = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`k${n}`, n]));
    const many = [1, 2, 3].map(() => ({ ...message(c, "x"), body: wide }));
    const answers = [await answerOf(await ask(session, 2, many))];
    for (let k = 3; answers.flatMap(({ frames }) => frames).length < 3; k++)
      answers.push(await answerOf(await ask(session, k)));
    expect(answers.flatMap(({ frames }) => frames.map(({ t }) => t))).toEqual(["sent", "sent", "sent"]);
    const { session: other } = await open(alice);
    const { frames } = await answerOf(await ask(other, 2, [message(c, "x".repeat(70_000))]));
    expect(frames).toEqual([expect.objectContaining({ t: "close", code: 1009 })]);
  });

  it("closes with 4500 for a frame that is too deep, or no object", async () => {
    const [alice] = scene.people("alice");
    const deep = JSON.parse(`${'{"a":'.repeat(20)}1${"}".repeat(20)}`) as unknown;
    for (const frame of [deep, 17, "text", null, []]) {
      const { session } = await open(alice);
      const { frames } = await answerOf(await ask(session, 2, [frame]));
      expect([frame, frames.at(-1)]).toEqual([frame, expect.objectContaining({ t: "close", code: 4500 })]);
    }
  });

  it.each([
    ["no JSON", "{"],
    ["no object", "[]"],
    ["no frames", { k: 2 }],
    ["frames that are no array", { k: 2, frames: {} }],
    ["a k that is none", { k: 0, frames: [] }],
    ["a k that is a text", { k: "2", frames: [] }],
  ])("refuses a body of %s as invalid, and the session goes on", async (_, body) => {
    const [alice] = scene.people("alice");
    const { session } = await open(alice);
    const refused = await poll(scene.url, body, { session, wait: 0 });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ code: "invalid" });
    expect((await answerOf(await ask(session, 2, [], 0))).k).toBe(2);
  });

  it("refuses a body over 2 MiB with 413", async () => {
    const [alice] = scene.people("alice");
    const { session } = await open(alice);
    const refused = await poll(scene.url, `{"k":2,"frames":[],"x":"${"x".repeat(2_200_000)}"}`, { session });
    expect(refused.status).toBe(413);
  });

  it("S1: refuses a foreign Origin with 403, before anything else", async () => {
    const [alice] = scene.people("alice");
    const body = { k: 1, frames: [hello(alice)] };
    const refused = await poll(scene.url, body, { headers: { origin: "https://evil.example" } });
    expect(refused.status).toBe(403);
    const own = await poll(scene.url, body, { headers: { origin: scene.url }, wait: 0 });
    expect(own.status).toBe(200);
  });

  it("of one device the highest attempt stays, whatever its transport: 4504", async () => {
    const [alice] = scene.people("alice");
    const device = scene.fresh("device");
    const { session } = await open(alice, { device, k: 1 });
    const hanging = ask(session, 2);
    await pause(100);
    const client = await scene.join(alice, { transport: "websocket", device, hello: { k: 2 } });
    expect((await answerOf(await hanging)).frames.at(-1)).toMatchObject({ t: "close", code: 4504 });
    const { session: third } = await open(alice, { device, k: 3 });
    expect((await client.closed()).code).toBe(4504);
    expect((await answerOf(await ask(third, 2, [], 0))).k).toBe(2);
  });

  it("resumes on a WebSocket by the token that polls gave, and the other way round", async () => {
    const [alice] = scene.people("alice");
    const device = scene.fresh("device");
    const { answer } = await open(alice, { device, k: 1 });
    const { client, welcome } = await scene.open(undefined, {
      transport: "websocket",
      device,
      hello: { k: 2, resume: answer.frames[0]?.["resume"] },
    });
    expect(welcome).toMatchObject({ resumed: true, user: alice });
    const { resume } = await client.ping();
    const back = await poll(scene.url, { k: 1, frames: [{ t: "hello", v: 1, device, k: 3, resume }] }, { wait: 0 });
    expect((await answerOf(back)).frames[0]).toMatchObject({ t: "welcome", resumed: true, user: alice });
  });

  it("I16: takes cursors right behind the hello, and pages come with it", async () => {
    const [alice, bob] = scene.people("alice", "bob");
    const c = await scene.create(alice, [bob]);
    const writer = await scene.join(alice, { transport: "websocket" });
    const { epoch } = await writer.say(c, "one");
    await writer.say(c, "two");
    const device = scene.fresh("device");
    const frames = [hello(bob, { device, have: [[c, epoch, 2]] })];
    const first = await answerOf(await poll(scene.url, { k: 1, frames }));
    const session = sessionIn(first.frames) as PollSession;
    const seen = [...first.frames];
    for (let k = 2; !seen.some(({ t }) => t === "events"); k++)
      seen.push(...(await answerOf(await ask(session, k))).frames);
    expect(seen.find(({ t }) => t === "events")).toMatchObject({ c, from: 3, to: 3, events: [{ seq: 3 }] });
  });

  it("I21: ends without a poll for two heartbeats", async () => {
    const [alice] = scene.people("alice");
    const { session, answer } = await open(alice);
    const heartbeat = Number(answer.frames[0]?.["heartbeat"]);
    await pause(2 * heartbeat + 2_500);
    expect((await ask(session, 2, [], 0)).status).toBe(410);
  });
});
