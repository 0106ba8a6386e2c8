import { describe, expect, it } from "vitest";
import { call } from "../support/wire-http.ts";
import { range, readLog, sleep } from "../support/wire-log.ts";
import { sceneOfFile } from "../support/wire-scene.ts";

const scene = sceneOfFile();

async function group(extra: readonly unknown[] = []) {
  const [alice, bob, carl] = scene.people("alice", "bob", "carl");
  const c = await scene.create(alice, [bob, [carl, "reader"], ...extra]);
  const [typist, watcher] = [await scene.join(alice), await scene.join(bob)];
  await watcher.ask({ t: "subscribe", c });
  return { alice, bob, carl, c, typist, watcher };
}

describe("typing", () => {
  it("is told to the other subscribers, and to nobody else", async () => {
    const { alice, carl, c, typist, watcher } = await group();
    const [own, other] = [await scene.join(alice), await scene.join(carl)];
    await own.ask({ t: "subscribe", c });
    await typist.ask({ t: "subscribe", c });
    typist.write({ t: "typing", c });
    expect(await watcher.next("typing")).toEqual({ t: "typing", c, user: alice });
    await Promise.all([own, other, typist].map(async (client) => await client.silence("typing", 300)));
  });

  it("I20: comes at most once in 3 s from one device", { timeout: 20_000 }, async () => {
    const { c, typist, watcher } = await group();
    for (const _ of range(1, 40)) {
      typist.write({ t: "typing", c });
      await sleep(100);
    }
    await sleep(200);
    expect(watcher.take("typing").length).toBeLessThanOrEqual(2);
    expect(typist.take("error"), "more are dropped without a word").toEqual([]);
  });

  it("I20: is never stored, counted or sent again", async () => {
    const { bob, c, typist, watcher } = await group();
    typist.write({ t: "typing", c });
    await watcher.next("typing");
    expect((await watcher.ping()).n, "no counted frame").toBe(0);
    expect(await readLog(watcher, c)).toHaveLength(1);
    const late = await scene.join(bob);
    await late.ask({ t: "subscribe", c });
    await late.silence("typing", 300);
  });

  it("needs the right to send: readers are forbidden, strangers find nothing", async () => {
    const { carl, c } = await group();
    const reader = await scene.join(carl);
    reader.write({ t: "typing", c });
    expect(await reader.next("error")).toMatchObject({ re: "typing", c, code: "forbidden" });
    const mallory = await scene.join(scene.fresh("mallory"));
    mallory.write({ t: "typing", c });
    expect(await mallory.next("error")).toMatchObject({ re: "typing", c, code: "not_found" });
    mallory.write({ t: "typing" });
    expect(await mallory.next("error")).toMatchObject({ re: "typing", code: "invalid" });
  });

  it("I17: is not told to who was removed", async () => {
    const { alice, bob, c, typist, watcher } = await group();
    await call(scene.url, "DELETE", `/conversations/${c}/members/${bob}`, { user: alice });
    await watcher.next({ t: "events", gone: true });
    typist.write({ t: "typing", c });
    await watcher.silence("typing", 300);
  });

  it("above 100 members is counted", { timeout: 20_000 }, async () => {
    const many = range(1, 120).map((index) => `${scene.fresh("u")}-${index}`);
    const { c, watcher } = await group(many);
    const typists = await Promise.all(many.slice(0, 5).map(async (user) => await scene.join(user)));
    for (const typist of typists) typist.write({ t: "typing", c });
    for (;;) {
      const frame = await watcher.next("typing");
      expect(frame).not.toHaveProperty("user");
      if (frame["count"] === 5) break;
    }
  });
});
