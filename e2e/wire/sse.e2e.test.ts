import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type PollAnswer, type PollSession, poll, sessionIn } from "../support/poll-link.ts";
import { openStream, streamFrames } from "../support/sse-link.ts";
import { message, newId } from "../support/wire-client.ts";
import { sceneOfFile } from "../support/wire-scene.ts";

const scene = sceneOfFile();

async function open(user: string): Promise<PollSession> {
  const hello = { t: "hello", v: 1, token: user, device: scene.fresh("device") };
  const response = await poll(scene.url, { k: 1, frames: [hello] }, { wait: 0 });
  const session = sessionIn(((await response.json()) as PollAnswer).frames);
  if (session === null) throw new Error("no welcome");
  return session;
}

/** A stream that is read frame by frame, and can be cut. */
async function stream(session: PollSession) {
  const abort = new AbortController();
  const response = await openStream(scene.url, session, { signal: abort.signal });
  expect(response.status).toBe(200);
  const frames = streamFrames(response);
  return {
    response,
    next: async (): Promise<Record<string, unknown>> => {
      const { value, done } = await frames.next();
      if (done) throw new Error("the stream has ended");
      return value;
    },
    ended: async (): Promise<boolean> => (await frames.next()).done === true,
    cut: () => abort.abort(),
  };
}

const up = (session: PollSession, k: number, ...frames: unknown[]) =>
  poll(scene.url, { k, frames }, { session, wait: 0 });

describe("a stream of server-sent events", () => {
  it("begins with from, and is neither cached nor transformed on its way", async () => {
    const [alice] = scene.people("alice");
    const { response, next, cut } = await stream(await open(alice));
    expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
    expect(response.headers.get("cache-control")).toMatch(/no-(cache|store)/);
    expect(response.headers.get("cache-control")).toContain("no-transform");
    expect(await next()).toEqual({ t: "from", n: 0 });
    cut();
  });

  it("brings events and answers down, while what is sent up is answered empty", async () => {
    const [alice, bob] = scene.people("alice", "bob");
    const c = await scene.create(alice, [bob]);
    const session = await open(alice);
    const { next, cut } = await stream(session);
    await next();
    const id = newId();
    const answer = await up(session, 2, message(c, "by stream", id));
    expect(await answer.json()).toEqual({ k: 2, frames: [] });
    expect(await next()).toMatchObject({ t: "sent", id, seq: 2 });
    const writer = await scene.join(bob, { transport: "websocket" });
    await writer.say(c, "and back");
    expect(await next()).toMatchObject({ t: "event", c, seq: 3, from: bob });
    await up(session, 3, { t: "ping", n: 1 });
    expect(await next()).toMatchObject({ t: "pong", n: 1 });
    cut();
  });

  it("I7, I8, I16: a new stream begins behind what was acknowledged, and repeats what was not", async () => {
    const [alice, bob] = scene.people("alice", "bob");
    const c = await scene.create(alice, [bob]);
    const session = await open(bob);
    const writer = await scene.join(alice, { transport: "websocket" });
    const first = await stream(session);
    await first.next();
    for (const text of ["one", "two", "three"]) await writer.say(c, text);
    for (const seq of [2, 3, 4]) expect(await first.next()).toMatchObject({ t: "event", seq });
    await up(session, 2, { t: "ack", n: 1 });
    first.cut();
    await writer.say(c, "four");
    await pause(100);
    const second = await stream(session);
    expect(await second.next()).toEqual({ t: "from", n: 1 });
    for (const seq of [3, 4, 5]) expect(await second.next()).toMatchObject({ t: "event", seq });
    await up(session, 3, { t: "ack", n: 4 }, { t: "ping", n: 4 });
    expect(await second.next()).toMatchObject({ t: "pong", n: 4 });
    second.cut();
  });

  it("a new stream ends the one before it", async () => {
    const [alice] = scene.people("alice");
    const session = await open(alice);
    const first = await stream(session);
    await first.next();
    const second = await stream(session);
    expect(await second.next()).toEqual({ t: "from", n: 0 });
    expect(await first.ended()).toBe(true);
    await up(session, 2, { t: "ping", n: 0 });
    expect(await second.next()).toMatchObject({ t: "pong" });
    second.cut();
  });

  it("says why it ends by a close frame, and then 410 to all", async () => {
    const [alice] = scene.people("alice");
    const session = await open(alice);
    const { next, ended } = await stream(session);
    await next();
    await up(session, 2, { t: "bye" });
    expect(await next()).toMatchObject({ t: "close", code: 1000 });
    expect(await ended()).toBe(true);
    expect((await up(session, 3)).status).toBe(410);
    expect((await openStream(scene.url, session)).status).toBe(410);
  });

  it("S12, S13: is 410 for a session that nobody knows, and for a wrong secret", async () => {
    const [alice] = scene.people("alice");
    const session = await open(alice);
    for (const wrong of [
      { ...session, session: "s_n1_unknown" },
      { ...session, secret: "x".repeat(22) },
    ]) {
      const refused = await openStream(scene.url, wrong);
      expect(refused.status).toBe(410);
      expect(refused.headers.get("content-type")).toContain("application/problem+json");
    }
    const { next, cut } = await stream(session);
    expect(await next()).toEqual({ t: "from", n: 0 });
    cut();
  });

  it("S1: refuses a foreign Origin with 403", async () => {
    const [alice] = scene.people("alice");
    const session = await open(alice);
    const refused = await openStream(scene.url, session, { headers: { origin: "https://evil.example" } });
    expect(refused.status).toBe(403);
  });

  it("I9: goes on by polls after its stream was cut, and loses nothing", async () => {
    const [alice, bob] = scene.people("alice", "bob");
    const c = await scene.create(alice, [bob]);
    const session = await open(bob);
    const writer = await scene.join(alice, { transport: "websocket" });
    const { next, cut } = await stream(session);
    await next();
    await writer.say(c, "one");
    expect(await next()).toMatchObject({ seq: 2 });
    cut();
    await pause(100);
    await writer.say(c, "two");
    const again = await stream(session);
    expect(await again.next()).toEqual({ t: "from", n: 0 });
    expect(await again.next()).toMatchObject({ seq: 2 });
    expect(await again.next()).toMatchObject({ seq: 3 });
    again.cut();
  });
});
