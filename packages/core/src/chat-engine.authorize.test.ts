import type { ClientFrame, ErrorFrame, GatewayFrame } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import type { Action, Authorize, AuthorizeRequest } from "./ports/authorize.ts";
import type { Logger } from "./ports/logger.ts";
import { deferred } from "./testing/deferred.ts";
import type { TestClient } from "./testing/test-client.ts";
import { TestEngine, type TestEngineOptions } from "./testing/test-engine.ts";

/** An engine with `c1` of alice (owner), bob and rita (reader), open, one message in it; then `decide` decides. */
async function engineWith(decide: Authorize, options: TestEngineOptions = {}) {
  const asked: AuthorizeRequest[] = [];
  const logged: unknown[] = [];
  const log = (...given: unknown[]): void => void logged.push(given);
  const logger: Logger = { debug: log, info: log, warn: log, error: log };
  let on = false;
  const engine = await TestEngine.start({
    logger,
    ...options,
    authorize: (request) => {
      if (!on) return true;
      asked.push(request);
      return decide(request);
    },
  });
  await engine.create("alice", "c1", ["bob", ["rita", "reader"]]);
  await engine.call("alice", "PATCH", "/conversations/c1", { open: true });
  await engine.call("alice", "POST", "/conversations/c1/messages", { id: "m0", body: { text: "hi" } });
  on = true;
  return { engine, asked, logged };
}

const no =
  (...actions: readonly Action[]): Authorize =>
  ({ action }) =>
    !actions.includes(action);
const message = (id: string, c = "c1"): ClientFrame => ({ t: "send", id, c, type: "message", body: { text: id } });

/** The last answer, without what names the question. */
function refusal(client: TestClient): Partial<ErrorFrame> {
  const { id: _, c: __, re: ___, ...rest } = client.received.at(-1) as ErrorFrame;
  return rest;
}

type Call = readonly [action: Action, user: string, method: string, path: string, body: object | undefined];

describe("authorize: what it forbids over HTTP", () => {
  const calls: readonly Call[] = [
    ["create", "alice", "POST", "/conversations", { kind: "group" }],
    ["join", "zoe", "PUT", "/conversations/c1/members/me", {}],
    ["join", "zoe", "PUT", "/conversations/c1/members/me", { role: "member" }],
    ["join", "zoe", "POST", "/conversations/c1/members", { members: ["zoe"] }],
    ["see", "alice", "GET", "/conversations/c1", undefined],
    ["see", "alice", "GET", "/conversations/c1/messages", undefined],
    ["see", "alice", "GET", "/conversations/c1/members", undefined],
    ["see", "alice", "GET", "/conversations/c1/receipts", undefined],
    ["see", "alice", "PUT", "/conversations/c1/read", { seq: 1 }],
    ["see", "alice", "PATCH", "/conversations/c1/me", { mute: true }],
    ["send", "alice", "POST", "/conversations/c1/messages", { id: "m1", body: {} }],
    ["patch", "alice", "PATCH", "/conversations/c1", { title: "new" }],
    ["pin", "alice", "PUT", "/conversations/c1/pins/3", undefined],
    ["pin", "alice", "DELETE", "/conversations/c1/pins/3", undefined],
    ["changeMembers", "alice", "POST", "/conversations/c1/members", { members: ["zoe"] }],
    ["changeMembers", "alice", "PUT", "/conversations/c1/members/bob", { role: "admin" }],
    ["changeMembers", "alice", "PUT", "/conversations/c1/members/me", { role: "member" }],
    ["changeMembers", "alice", "DELETE", "/conversations/c1/members/bob", undefined],
    ["ban", "alice", "PUT", "/conversations/c1/bans/zoe", undefined],
    ["ban", "alice", "DELETE", "/conversations/c1/bans/zoe", undefined],
    ["remove", "alice", "DELETE", "/conversations/c1", undefined],
    ["watchPresence", "alice", "GET", "/presence?c=c1&user=bob", undefined],
  ];

  it.each<Call>(calls)("%s by %s: %s %s %j", async (action, user, method, path, body) => {
    const { engine, asked } = await engineWith(no(action));
    const response = await engine.call(user, method, path, body);
    expect(((await response.json()) as { code: string }).code).toBe(action === "see" ? "not_found" : "forbidden");
    expect(response.headers.get("retry-after")).toBe(null);
    const type = action === "send" ? { type: "message" } : {};
    expect(asked).toEqual([{ user, claims: null, action, conversation: action === "create" ? null : "c1", ...type }]);
    expect(await untouched(engine)).toBe(true);
  });

  it.each<Call>(calls)(
    "and lets pass what it does not forbid: %s by %s: %s %s %j",
    async (action, user, method, path, body) => {
      const { engine } = await engineWith(({ action: asked }) => asked === action);
      // A mark is held back for a moment before it is written.
      const [response] = await Promise.all([engine.call(user, method, path, body), engine.advance(1_000)]);
      expect(response.status).toBeLessThan(300);
    },
  );

  it.each<Call>(calls.filter(([action]) => action !== "create"))(
    "S14: of %s a stranger hears what they hear of no conversation, and the host is not asked: %s: %s %s %j",
    async (action, _user, method, path, body) => {
      const { engine, asked } = await engineWith(no(action));
      await engine.whileSettling(engine.chat.system.conversation("c1").patch({ open: false }));
      const answers: unknown[] = [];
      for (const c of ["c1", "none"]) {
        const response = await engine.call("zoe", method, path.replace("c1", c), body);
        answers.push([response.status, await response.json()]);
      }
      expect(answers[0]).toEqual(answers[1]);
      expect(answers[0]).toMatchObject([404, { code: "not_found" }]);
      expect(asked).toEqual([]);
    },
  );

  it("S14: answers what may not be seen in the very words of what is not there", async () => {
    const { engine } = await engineWith(no("see"));
    for (const [, , method, path, body] of calls.filter(([action]) => action === "see")) {
      const [hidden, foreign, none] = [
        await engine.call("alice", method, path, body),
        await engine.call("zoe", method, path, body),
        await engine.call("alice", method, path.replace("c1", "none"), body),
      ];
      const words = await hidden.text();
      expect([await foreign.text(), await none.text()]).toEqual([words, words]);
    }
  });

  it("keeps nobody from leaving, and asks nothing about inbox and blocks", async () => {
    const { engine, asked } = await engineWith(() => false);
    expect((await engine.call("alice", "GET", "/conversations")).status).toBe(200);
    expect((await engine.call("alice", "PUT", "/blocks/zoe")).status).toBe(204);
    expect((await engine.call("bob", "DELETE", "/conversations/c1/members/me")).status).toBe(204);
    expect(asked).toEqual([]);
  });

  it("can only forbid: roles hold beside it", async () => {
    const { engine } = await engineWith(() => true);
    expect((await engine.call("bob", "PATCH", "/conversations/c1", { title: "mine" })).status).toBe(403);
    expect((await engine.call("rita", "POST", "/conversations/c1/messages", { id: "m1", body: {} })).status).toBe(403);
  });
});

/** Whether `c1` is as it was. */
async function untouched(engine: TestEngine): Promise<boolean> {
  const page = await engine.whileSettling(engine.chat.system.conversation("c1").fetch());
  return page.head === 3;
}

describe("authorize: what it forbids over frames", () => {
  it.each<readonly [Action, ClientFrame]>([
    ["see", { t: "fetch", id: "r1", c: "c1" }],
    ["see", { t: "subscribe", id: "r1", c: "c1" }],
    ["see", { t: "read", c: "c1", seq: 1 }],
    ["see", { t: "unread", c: "c1", on: true }],
    ["send", message("m1")],
    ["send", { t: "send", id: "e1", c: "c1", type: "edit", re: 3, body: {} }],
    ["send", { t: "send", id: "d1", c: "c1", type: "delete", re: 3 }],
    ["send", { t: "send", id: "r1", c: "c1", type: "react", re: 3, body: { key: "k", on: true } }],
    ["send", { t: "send", id: "x1", c: "c1", type: "x-vote", body: {} }],
    ["send", { t: "typing", c: "c1" }],
    ["watchPresence", { t: "subscribe", id: "r1", users: ["bob"], c: "c1" }],
  ])("%s: %j; S14: and of a foreign conversation they hear what they hear of none", async (action, frame) => {
    const { engine, asked } = await engineWith(no(action));
    const alice = await engine.join("alice");
    await alice.say(frame);
    expect(refusal(alice).code).toBe(action === "see" ? "not_found" : "forbidden");
    expect(refusal(alice)).not.toHaveProperty("retry");
    expect(asked.map((request) => [request.action, request.type])).toEqual([
      [action, frame.t === "send" ? frame.type : frame.t === "typing" ? "message" : undefined],
    ]);
    const hidden = refusal(alice);
    const zoe = await engine.join("zoe");
    const foreign = [];
    for (const c of ["c1", "none"]) {
      await zoe.say({ ...frame, c } as ClientFrame);
      foreign.push(refusal(zoe));
    }
    expect(foreign[0]).toEqual(foreign[1]);
    if (action === "see") expect(hidden).toEqual(foreign[0]);
    expect(asked).toHaveLength(1);
    expect(engine.gauges).toMatchObject({ subscriptions: 0, watchers: 0, asked: 0 });
    expect(await untouched(engine)).toBe(true);
  });

  it("I4: answers what is stored without asking", async () => {
    let may = true;
    const { engine, asked } = await engineWith(() => may);
    const alice = await engine.join("alice");
    const sent = await alice.send("c1", "m1");
    may = false;
    expect(await alice.send("c1", "m1")).toEqual({ ...sent, dup: true });
    await alice.say(message("m2"));
    expect(refusal(alice).code).toBe("forbidden");
    expect(asked).toHaveLength(2);
  });

  it("goes on telling events to who may not see: they are members", async () => {
    const { engine } = await engineWith(({ user, action }) => user !== "bob" || action !== "see");
    const bob = await engine.join("bob");
    await (await engine.join("alice")).send("c1", "m1");
    expect(bob.events("c1")).toMatchObject([{ id: "m1" }]);
  });
});

describe("authorize: cursors", () => {
  const cursorsOf = (frames: readonly GatewayFrame[]) =>
    frames.filter(
      (frame) => frame.t === "events" || frame.t === "subscribed" || frame.t === "lagging" || frame.t === "error",
    );

  async function engineOfThree(decide: Authorize) {
    const { engine, asked } = await engineWith((request) => (request.action === "see" ? decide(request) : true));
    const epochs = new Map<string, string>();
    for (const c of ["c1", "c2", "c3"]) {
      if (c !== "c1") await engine.create("alice", c, ["bob"]);
      const row = (await (await engine.call("alice", "GET", `/conversations?limit=10`)).json()) as {
        conversations: readonly { c: string; epoch: string }[];
      };
      for (const { c: known, epoch } of row.conversations) epochs.set(known, epoch);
    }
    asked.length = 0;
    return { engine, asked, epoch: (c: string) => epochs.get(c) ?? "" };
  }

  it("are gone where they may not see, as of a foreign conversation; of level ones nothing is asked", async () => {
    const { engine, asked, epoch } = await engineOfThree(({ conversation }) => conversation !== "c1");
    const bob = await engine.join("bob", {
      have: [
        ["c1", epoch("c1"), 1, true],
        ["c2", epoch("c2"), 0],
        ["c3", epoch("c3"), 1],
        ["none", "e", 1],
      ],
    });
    expect(cursorsOf(bob.received)).toEqual([
      { t: "events", c: "c1", gone: true },
      { t: "events", c: "none", gone: true },
      expect.objectContaining({ t: "events", c: "c2", from: 1, to: 1 }),
    ]);
    expect(asked.map(({ conversation }) => conversation)).toEqual(["c1", "c2"]);
    expect(engine.gauges.subscriptions).toBe(0);
  });

  it("are left to a fetch where the host has no answer, and it is not asked on and on", async () => {
    const { engine, asked, epoch } = await engineOfThree(({ conversation }) =>
      conversation === "c2" ? true : new Promise<boolean>(() => {}),
    );
    const bob = await engine.join("bob", {
      have: [
        ["c1", epoch("c1"), 1],
        ["c2", epoch("c2"), 0],
        ["c3", epoch("c3"), 0, true],
      ],
    });
    await engine.advance(5_000);
    expect(cursorsOf(bob.received)).toEqual([
      { t: "lagging", c: ["c1", "c3"] },
      expect.objectContaining({ t: "events", c: "c2", from: 1 }),
      expect.objectContaining({ t: "error", re: "have", code: "unavailable", retry: 1_000 }),
    ]);
    expect(engine.gauges.subscriptions).toBe(0);
    expect(asked).toHaveLength(3);
  });

  it("asks about sixteen at once, and about no more once one had no answer", async () => {
    const { engine, asked } = await engineWith(() => new Promise(() => {}));
    for (let count = 0; count < 40; count++) {
      await engine.whileSettling(engine.chat.system.create({ kind: "group", id: `g${count}`, members: ["bob"] }));
    }
    const bob = await engine.join("bob", { have: Array.from({ length: 40 }, (_, count) => [`g${count}`, "old", 1]) });
    expect(asked).toHaveLength(16);
    await engine.advance(5_000);
    expect(asked).toHaveLength(16);
    expect(bob.of("lagging")[0]?.c).toHaveLength(40);
  });
});

describe("authorize: its time, and its failures", () => {
  it("waits 5 s, then says `unavailable` with a wait, and hears nothing more", async () => {
    const answer = deferred<boolean>();
    const { engine, logged } = await engineWith(() => answer.promise);
    const alice = await engine.join("alice");
    await alice.say(message("m1"), { t: "fetch", id: "r1", c: "c1" });
    await engine.advance(4_999);
    expect(alice.of("error")).toEqual([]);
    await engine.advance(1);
    expect(alice.of("error")).toMatchObject([
      { id: "m1", code: "unavailable", retry: 1_000 },
      { id: "r1", code: "unavailable", retry: 1_000 },
    ]);
    answer.resolve(true);
    await engine.advance(0);
    expect(await untouched(engine)).toBe(true);
    expect(JSON.stringify(logged)).toContain('"action":"send"');
    await engine.close();
    expect(engine.clock.pending).toBe(0);
  });

  it.each([
    () => {
      throw new Error("canary");
    },
    () => Promise.reject(new Error("canary")),
    () => Promise.reject("canary"),
  ])("S54: is `unavailable` where it throws, and logs no content", async (decide) => {
    const { engine, logged } = await engineWith(decide);
    const response = await engine.call("alice", "GET", "/conversations/c1");
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(await response.text()).not.toContain("canary");
    expect(JSON.stringify(logged)).not.toContain("canary");
  });

  it("takes nothing but true for a yes", async () => {
    for (const answer of [undefined, null, 1, "yes", {}]) {
      const { engine } = await engineWith((() => answer) as unknown as Authorize);
      expect((await engine.call("alice", "GET", "/conversations/c1")).status).toBe(404);
    }
  });

  it("subscribes nobody who has gone while it was asked", async () => {
    const answer = deferred<boolean>();
    const { engine } = await engineWith(() => answer.promise);
    const alice = await engine.join("alice");
    await alice.say({ t: "subscribe", id: "r1", c: "c1" });
    await alice.say({ t: "bye" });
    answer.resolve(true);
    await engine.settle();
    expect(engine.gauges.subscriptions).toBe(0);
  });
});

describe("authorize: who asks", () => {
  it("knows the claims of the credentials, also after a resume, and newer ones after `auth` and over HTTP", async () => {
    const { engine, asked } = await engineWith(() => true, {
      authenticate: ({ token }) => (token === null ? null : { user: token.split("/")[0] ?? "", claims: { token } }),
    });
    const claims = async (client: TestClient): Promise<unknown> => {
      asked.length = 0;
      await client.say({ t: "fetch", id: "r1", c: "c1" });
      return asked[0]?.claims;
    };
    const alice = await engine.join("alice", { token: "alice/1" });
    expect(await claims(alice)).toEqual({ token: "alice/1" });
    const resume = alice.welcome?.resume ?? "";
    const again = await engine.connect().say({ t: "hello", v: 1, device: "alice-1", resume });
    expect(again.welcome?.resumed).toBe(true);
    expect(await claims(again)).toEqual({ token: "alice/1" });
    await again.say({ t: "auth", token: "alice/2" });
    expect(await claims(again)).toEqual({ token: "alice/2" });
    await again.say({ t: "ping", n: again.received.filter(({ t }) => t === "event").length });
    const renewed = again.of("pong").at(-1)?.resume ?? "";
    const third = await engine.connect().say({ t: "hello", v: 1, device: "alice-1", resume: renewed });
    expect(await claims(third)).toEqual({ token: "alice/2" });
    asked.length = 0;
    await engine.call("alice/3", "GET", "/conversations/c1");
    expect(asked).toMatchObject([{ user: "alice", claims: { token: "alice/3" } }]);
  });

  it("asks about `chat.as(user)`, without claims, and never about the host itself", async () => {
    const { engine, asked } = await engineWith(({ user }) => user === "bob");
    const { chat } = engine;
    const run = (work: Promise<unknown>) => engine.whileSettling(work.catch((error: { code: string }) => error.code));
    expect(await run(chat.as("alice").conversation("c1").send({ text: "a" }))).toBe("forbidden");
    expect(await run(chat.as("bob").conversation("c1").send({ text: "b" }))).toMatchObject({ seq: 4 });
    expect(asked.map(({ user, claims }) => [user, claims])).toEqual([
      ["alice", null],
      ["bob", null],
    ]);
    const host = chat.system.conversation("c1");
    for (const work of [
      () => host.send({ text: "s" }),
      () => host.fetch(),
      () => host.patch({ title: "new" }),
      () => host.members(),
    ]) {
      expect(await run(work())).toBeTypeOf("object");
    }
    expect(asked).toHaveLength(2);
  });
});
