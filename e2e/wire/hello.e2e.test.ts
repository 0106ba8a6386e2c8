import { describe, expect, it } from "vitest";
import { message, WireClient } from "../support/wire-client.ts";
import { sceneOfFile } from "../support/wire-scene.ts";

const scene = sceneOfFile();

function helloOf(user: string, extra: Record<string, unknown> = {}): Record<string, unknown> {
  return { t: "hello", v: 1, token: user, device: scene.fresh("device"), k: 1, ...extra };
}

/** A `hello` of exactly so many bytes, filled up by a field that the protocol does not know. */
function helloOfBytes(user: string, bytes: number): string {
  const frame = helloOf(user, { pad: "" });
  return JSON.stringify({ ...frame, pad: "x".repeat(bytes - JSON.stringify(frame).length) });
}

describe("hello", () => {
  it("is answered with a welcome that has every field", async () => {
    const user = scene.fresh("u");
    const { welcome, client } = await scene.open(user);
    expect(client.frames[0], "welcome is the first frame").toBe(welcome);
    expect(welcome).toMatchObject({
      ...{ t: "welcome", v: 1, user, resumed: false, durability: "fsync", heartbeat: 20_000, window: 256 },
      limits: { frame: 65_536, body: 32_768, inflight: 64, have: 1_000, page: 200, subscriptions: 200 },
    });
    expect(welcome["session"]).toMatch(/^s_[A-Za-z0-9._:~-]{1,126}$/);
    expect(welcome["node"]).toMatch(/^[A-Za-z0-9._:~-]{1,128}$/);
    expect(welcome.resume).toEqual(expect.any(String));
    expect(welcome["spread"]).toBeGreaterThanOrEqual(0);
    expect(Math.abs(Number(welcome["now"]) - Date.now()), "now is the time").toBeLessThan(5_000);
    if ("expires" in welcome) expect(welcome["expires"]).toBeGreaterThan(Date.now());
  });

  it("S13: gives every session its own id and resume", async () => {
    const [user, device] = scene.people("u", "device");
    const first = await scene.open(user, { device, hello: { k: 1 } });
    const second = await scene.open(user, { device, hello: { k: 2 } });
    expect(second.welcome["session"]).not.toBe(first.welcome["session"]);
  });

  it("ignores fields that it does not know", async () => {
    const { welcome } = await scene.open(scene.fresh("u"), {
      hello: { colour: "blue", nested: { a: [1, { b: null }] } },
    });
    expect(welcome.t).toBe("welcome");
  });

  it("S6: is waited for 5 s, then 4008", { timeout: 15_000 }, async () => {
    const client = await WireClient.connect(scene.url);
    const openedAt = Date.now();
    expect((await client.closed(9_000)).code).toBe(4008);
    const elapsedMs = Date.now() - openedAt;
    expect(elapsedMs).toBeGreaterThan(4_500);
    expect(elapsedMs).toBeLessThan(7_500);
    expect(client.frames, "nobody unknown is told anything").toEqual([]);
  });

  it("S7: may have 16 KiB, and is 1009 above", async () => {
    const user = scene.fresh("u");
    const largest = await WireClient.connect(scene.url);
    largest.raw(helloOfBytes(user, 16_384));
    await largest.next("welcome");
    const larger = await WireClient.connect(scene.url);
    larger.raw(helloOfBytes(user, 16_385));
    expect((await larger.closed()).code).toBe(1009);
  });

  const strangers: readonly (readonly [string, string | Buffer])[] = [
    ["a ping", `{"t":"ping","n":0}`],
    ["a send", JSON.stringify(message("c", "too early"))],
    ["an auth", `{"t":"auth","token":"alice"}`],
    ["an unknown t", `{"t":"hullo"}`],
    ["no t", `{"v":1,"token":"alice","device":"d"}`],
    ["an empty frame", ""],
    ["half of JSON", `{"t":"hello","v":1,`],
    ["an array", `[{"t":"hello","v":1,"token":"alice","device":"d"}]`],
    ["a number", "1"],
    ["null", "null"],
    ["a numeric token", `{"t":"hello","v":1,"token":5,"device":"d","k":1}`],
    ["a device that is no id", `{"t":"hello","v":1,"token":"alice","device":"d d","k":1}`],
    ["k of 1.5", `{"t":"hello","v":1,"token":"alice","device":"d","k":1.5}`],
    ["k below 0", `{"t":"hello","v":1,"token":"alice","device":"d","k":-1}`],
    ["have that is no list", `{"t":"hello","v":1,"token":"alice","device":"d","k":1,"have":{"c1":5}}`],
    ["have with half a cursor", `{"t":"hello","v":1,"token":"alice","device":"d","k":1,"have":[["c1"]]}`],
    ["a numeric resume", `{"t":"hello","v":1,"token":"alice","device":"d","k":1,"resume":5}`],
    ["2,000 levels", `{"t":"hello","v":1,"token":"alice","device":"d","x":${"[".repeat(2_000)}${"]".repeat(2_000)}}`],
    ["a binary frame", Buffer.from(`{"t":"hello","v":1,"token":"alice","device":"d","k":1}`)],
  ];
  it.each(strangers)("is the first frame, valid, or 4500: %s", async (_name, bytes) => {
    const client = await WireClient.connect(scene.url);
    client.raw(bytes, typeof bytes !== "string");
    expect((await client.closed()).code).toBe(4500);
    expect(client.frames, "nothing but the close").toEqual([]);
  });

  it("of another version is 4506", async () => {
    const client = await scene.greet(scene.fresh("u"), { hello: { v: 2 } });
    expect((await client.closed()).code).toBe(4506);
  });

  it("S8: with a token that is nobody's, or with none, is 4501", async () => {
    for (const token of ["Not A User!", "a".repeat(33), undefined]) {
      const client = await scene.greet(token);
      expect((await client.closed()).code, String(token)).toBe(4501);
      expect(client.frames).toEqual([]);
    }
  });

  it("lets frames follow at once; welcome comes first all the same", async () => {
    const [alice, bob] = scene.people("alice", "bob");
    const c = await scene.create(alice, [bob]);
    const client = await WireClient.connect(scene.url);
    client.write(helloOf(alice));
    client.write({ t: "subscribe", id: "r1", c });
    client.write({ ...message(c, "one"), id: "m1" });
    client.write({ ...message(c, "two"), id: "m2" });
    client.write({ t: "have", have: [[c, "another-life", 1]] });
    client.write({ t: "ping", n: 0 });
    const reset = await client.next({ t: "events", c });
    expect(reset).toMatchObject({ reset: true });
    await client.next("pong");
    expect(await client.next({ id: "r1" })).toMatchObject({ t: "subscribed", c });
    expect(await client.next({ id: "m1" })).toMatchObject({ t: "sent", seq: 2 });
    expect(await client.next({ id: "m2" })).toMatchObject({ t: "sent", seq: 3 });
    expect(client.frames[0]?.t).toBe("welcome");
  });

  it("said twice is invalid, and the session goes on", async () => {
    const user = scene.fresh("u");
    const client = await scene.join(user);
    client.write(helloOf(user, { k: 2 }));
    expect(await client.next("error")).toMatchObject({ code: "invalid", re: "hello" });
    await client.ping();
  });

  it("ends with bye: 1000", async () => {
    const client = await scene.join(scene.fresh("u"));
    client.write({ t: "bye" });
    expect((await client.closed()).code).toBe(1000);
  });
});

describe("auth", () => {
  it("S9: renews the credentials of an open session", async () => {
    const user = scene.fresh("u");
    const client = await scene.join(user);
    client.write({ t: "auth", token: user });
    const authed = await client.next("authed");
    if ("expires" in authed) expect(authed["expires"]).toBeGreaterThan(Date.now());
    await client.ping();
  });

  it("S12: of another user is 4501", async () => {
    const client = await scene.join(scene.fresh("u"));
    client.write({ t: "auth", token: scene.fresh("other") });
    expect((await client.closed()).code).toBe(4501);
  });

  it("S8: with a token that is nobody's gets `unauthenticated`, by a close or by an error", async () => {
    const client = await scene.join(scene.fresh("u"));
    client.write({ t: "auth", token: "Not A User!" });
    const end = await Promise.race([client.closed(), client.next("error").catch(async () => await client.ended)]);
    expect(end).toMatchObject({ code: expect.toSatisfy((code) => code === 4501 || code === "unauthenticated") });
  });
});
