import type { ErrorFrame, GatewayFrame, SendFrame } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { refuse } from "./host/refuse.ts";
import type { Logger } from "./ports/logger.ts";
import { deferred } from "./testing/deferred.ts";
import type { TestClient } from "./testing/test-client.ts";
import { TestEngine, type TestEngineOptions } from "./testing/test-engine.ts";

/** An engine with `c1` of alice (owner), bob and rita (reader), and all that it logged. */
async function engineWith(options: TestEngineOptions = {}) {
  const logged: unknown[] = [];
  const log = (...given: unknown[]): void => void logged.push(given);
  const logger: Logger = { debug: log, info: log, warn: log, error: log };
  const engine = await TestEngine.start({ logger, ...options });
  await engine.create("alice", "c1", ["bob", ["rita", "reader"]]);
  await engine.create("alice", "c2", ["bob"]);
  return { engine, chat: engine.chat, logged };
}

const message = (id: string, text: string = id, c = "c1"): SendFrame => ({
  t: "send",
  id,
  c,
  type: "message",
  body: { text },
});
const textOf = ({ body }: { readonly body?: Readonly<Record<string, unknown>> | undefined }) => body?.["text"];
const answerTo = (client: TestClient, id: string): GatewayFrame | undefined =>
  client.received.findLast((frame) => (frame.t === "sent" || frame.t === "error") && frame.id === id);
const errorOf = (client: TestClient, id: string) => answerTo(client, id) as ErrorFrame;

async function logOf(engine: TestEngine, c = "c1"): Promise<readonly { seq: number; body: { text: string } }[]> {
  const response = await engine.call("alice", "GET", `/conversations/${c}/messages?after=1`);
  return ((await response.json()) as { events: readonly { seq: number; body: { text: string } }[] }).events;
}

describe("before: what it refuses", () => {
  it("I3: refuses for good, with the host's own word, over frames and HTTP alike", async () => {
    const { engine, chat } = await engineWith();
    chat.before("send", ({ body }) => {
      if (String(textOf({ body })).includes("bad")) throw refuse("forbidden", "profanity");
    });
    const alice = await engine.join("alice");
    await alice.say(message("m1", "bad"), message("m2", "good"));
    expect(errorOf(alice, "m1")).toMatchObject({ c: "c1", code: "forbidden", reason: "profanity" });
    expect(errorOf(alice, "m1")).not.toHaveProperty("retry");
    expect(answerTo(alice, "m2")).toMatchObject({ t: "sent", seq: 2 });
    const over = await engine.call("bob", "POST", "/conversations/c1/messages", { id: "m3", body: { text: "bad" } });
    expect(over.status).toBe(403);
    expect(await over.json()).toMatchObject({ code: "forbidden", reason: "profanity" });
    expect(over.headers.get("retry-after")).toBe(null);
    expect((await logOf(engine)).map(textOf)).toEqual(["good"]);
  });

  it.each(["invalid", "forbidden", "not_found", "conflict", "too_large"] as const)("refuses with %s", async (code) => {
    const { engine, chat } = await engineWith();
    chat.before("send", () => Promise.reject(refuse(code)));
    const alice = await engine.join("alice");
    await alice.say(message("m1"));
    expect(errorOf(alice, "m1").code).toBe(code);
    expect(errorOf(alice, "m1")).not.toHaveProperty("reason");
  });

  it("I3: is asked once about copies of one send that are there together, by whatever session or call", async () => {
    for (const verdict of ["passes", "refuses"] as const) {
      const { engine, chat } = await engineWith();
      const first = deferred<undefined>();
      let asked = 0;
      chat.before("send", () => {
        asked++;
        if (asked === 1) return first.promise;
        if (verdict === "passes") throw refuse();
        return undefined;
      });
      const [alice, tab] = [await engine.join("alice"), await engine.join("alice", { device: "tab" })];
      await alice.say(message("m1"), message("m1"));
      await tab.say(message("m1"));
      const over = engine.call("alice", "POST", "/conversations/c1/messages", { id: "m1", body: { text: "m1" } });
      await engine.advance(0);
      if (verdict === "passes") first.resolve(undefined);
      else first.reject(refuse("forbidden", "no"));
      await engine.advance(0);
      const answers = [alice, tab].flatMap((client) =>
        client.received.flatMap((frame) => (frame.t === "sent" || frame.t === "error" ? [frame] : [])),
      );
      const refused = { t: "error", code: "forbidden", reason: "no" };
      const [answer, status] = verdict === "passes" ? [{ t: "sent", seq: 2 }, 201] : [refused, 403];
      expect(answers).toMatchObject([answer, answer, answer]);
      expect((await over).status).toBe(status);
      expect([asked, (await logOf(engine)).length]).toEqual([1, verdict === "passes" ? 1 : 0]);
    }
  });

  it("S54: makes internal of any other throw, and logs the step and no content", async () => {
    const { engine, chat, logged } = await engineWith();
    chat.before("send", ({ body }) => {
      throw new TypeError(`canary of the host about ${String(textOf({ body }))}`);
    });
    const alice = await engine.join("alice");
    await alice.say(message("m1", "canary"));
    expect(errorOf(alice, "m1").code).toBe("internal");
    expect(JSON.stringify(alice.received)).not.toContain("of the host");
    expect(JSON.stringify(logged)).toContain('"step":"send","name":"TypeError"');
    expect(JSON.stringify(logged)).not.toContain("canary");
    expect(await logOf(engine)).toEqual([]);
  });

  it.each<readonly [string, unknown]>([
    ["a body that is a text", { body: "hi" }],
    ["a body that is a list", { body: [] }],
    ["a body over its bytes", { body: { text: "x".repeat(32_760) } }],
    ["a body that is too deep", { body: JSON.parse(`${'{"a":'.repeat(16)}1${"}".repeat(16)}`) }],
    ["a body of too many keys", { body: Object.fromEntries(Array.from({ length: 252 }, (_, key) => [`k${key}`, 1])) }],
    ["half a character", { body: { text: "\ud800" } }],
    ["U+0000", { body: { text: "\u0000" } }],
    ["a key __proto__", { body: JSON.parse('{"__proto__":1}') }],
    ["mentions that are no users", { mentions: ["bob", ""] }],
    ["mentions of everybody by name", { mentions: Array.from({ length: 101 }, (_, user) => `u${user}`) }],
    ["mentions that are a user", { mentions: "bob" }],
    ["a text", "no"],
    ["false", false],
    ["null", null],
  ])("checks what it changed again: %s is internal, and logged", async (_, change) => {
    const { engine, chat, logged } = await engineWith();
    chat.before("send", () => change as undefined);
    const alice = await engine.join("alice");
    await alice.say(message("m1"));
    expect(errorOf(alice, "m1").code).toBe("internal");
    expect(JSON.stringify(logged)).toContain('"step":"send"');
    expect(await logOf(engine)).toEqual([]);
  });

  it("says so to who changes a draft in place", async () => {
    const { engine, chat } = await engineWith();
    chat.before("send", ({ body }) => {
      (body as Record<string, unknown>)["text"] = "changed";
    });
    const alice = await engine.join("alice");
    await alice.say(message("m1"));
    expect(errorOf(alice, "m1").code).toBe("internal");
  });

  it("S14: is not asked about what is not the sender's, nor about what their role does not allow", async () => {
    const { engine, chat } = await engineWith();
    const seen: unknown[] = [];
    chat.before("send", (draft) => void seen.push(draft.id));
    const [mallory, rita] = [await engine.join("mallory"), await engine.join("rita")];
    await mallory.say(message("m1"), message("m1", "m1", "none"));
    const [foreign, none] = mallory.of("error");
    expect(foreign).toMatchObject({ code: "not_found", c: "c1" });
    expect({ ...foreign, c: "none" }).toEqual(none);
    await rita.say(message("m2"));
    expect(errorOf(rita, "m2").code).toBe("forbidden");
    expect(seen).toEqual([]);
  });
});

describe("before: what it changes", () => {
  it("is what everybody gets; `sent` says it to its sender, also to a repeat, also over HTTP", async () => {
    const { engine, chat } = await engineWith();
    chat.before("send", ({ body }) => ({ body: { ...body, text: String(textOf({ body })).toUpperCase() } }));
    chat.before("send", ({ body }) => ({ body: { ...body, by: "second", at: undefined }, mentions: ["bob"] }));
    const [alice, phone, bob] = [
      await engine.join("alice"),
      await engine.join("alice", { device: "phone" }),
      await engine.join("bob"),
    ];
    const sent = await alice.ask(message("m1", "hi"), "sent");
    const stored = { text: "HI", by: "second" };
    expect(sent).toMatchObject({ seq: 2, body: stored });
    for (const client of [phone, bob]) {
      expect(client.events("c1")).toMatchObject([{ seq: 2, body: stored, mentions: ["bob"] }]);
    }
    const { t: _, ...answer } = sent;
    expect(await alice.ask(message("m1", "hi"), "sent"), "I4").toEqual({ ...sent, dup: true });
    const over = await engine.call("alice", "POST", "/conversations/c1/messages", { id: "m1", body: { text: "hi" } });
    expect(over.status).toBe(200);
    expect(await over.json()).toEqual({ ...answer, dup: true });
    await alice.say(message("m1", "HI"));
    expect(errorOf(alice, "m1").code, "I4: compared is what the client sent").toBe("conflict");
  });

  it("I4: a repeat carries the first body after an edit, and none after a deletion", async () => {
    const { engine, chat } = await engineWith();
    const undo = chat.before("send", () => ({ body: { text: "made" } }));
    const alice = await engine.join("alice");
    await alice.ask(message("m1"), "sent");
    undo();
    await alice.ask({ ...message("e1", "edited"), type: "edit", re: 2 }, "sent");
    expect(await alice.ask(message("m1"), "sent")).toMatchObject({ dup: true, seq: 2, body: { text: "made" } });
    await alice.ask({ t: "send", id: "d1", c: "c1", type: "delete", re: 2 }, "sent");
    const repeat = await alice.ask(message("m1"), "sent");
    expect(repeat).toMatchObject({ dup: true, seq: 2 });
    expect(repeat).not.toHaveProperty("body");
  });

  it("says nothing to who sent what is stored", async () => {
    const { engine, chat } = await engineWith();
    chat.before("send", ({ body }) => ({ body: { ...body } }));
    const alice = await engine.join("alice");
    expect(await alice.ask(message("m1"), "sent")).not.toHaveProperty("body");
    expect(await alice.ask(message("m1"), "sent")).not.toHaveProperty("body");
  });

  it("I4: what is stored is answered before anything is asked, whatever the host says by now", async () => {
    const { engine, chat } = await engineWith();
    let asked = 0;
    const alice = await engine.join("alice");
    const sent = await alice.ask(message("m1"), "sent");
    chat.before("send", () => {
      asked++;
      throw refuse();
    });
    expect(await alice.ask(message("m1"), "sent")).toEqual({ ...sent, dup: true });
    expect(asked).toBe(0);
    await alice.say(message("m1", "other"));
    expect(errorOf(alice, "m1").code).toBe("conflict");
    await alice.say(message("m2"));
    expect(errorOf(alice, "m2").code).toBe("forbidden");
    expect(asked).toBe(1);
  });

  it("runs in the order added, each on what the one before made, until its undo; and knows who asks", async () => {
    const claims = { org: "o1" };
    const { engine, chat } = await engineWith({
      authenticate: ({ token }) => (token === null ? null : { user: token, claims }),
    });
    const seen: unknown[] = [];
    const undo = chat.before("send", (draft, by) => {
      seen.push(["first", textOf(draft), by]);
      return { body: { text: "one" } };
    });
    chat.before("send", (draft) => void seen.push(["second", textOf(draft)]));
    const alice = await engine.join("alice");
    await alice.send("c1", "m1", "zero");
    undo();
    await alice.send("c1", "m2", "zero");
    await engine.whileSettling(chat.as("bob").conversation("c1").send({ text: "in process" }));
    expect(seen).toEqual([
      ["first", "zero", { user: "alice", claims }],
      ["second", "one"],
      ["second", "zero"],
      ["second", "in process"],
    ]);
  });

  it("stands before edits and deletions too, but not before reactions and what the host itself does", async () => {
    const { engine, chat } = await engineWith();
    const seen: unknown[] = [];
    chat.before("send", ({ type }) => void seen.push(type));
    chat.before("edit", (draft) => {
      seen.push(draft);
      return { body: { text: "better" } };
    });
    chat.before("delete", (draft) => {
      seen.push(draft);
      throw refuse("conflict", "archived");
    });
    const alice = await engine.join("alice");
    const bob = await engine.join("bob");
    await alice.send("c1", "m1");
    await alice.ask({ ...message("x1"), type: "x-vote" }, "sent");
    const edited = await alice.ask({ ...message("e1", "new"), type: "edit", re: 2 }, "sent");
    expect(edited).toMatchObject({ seq: 4, body: { text: "better" } });
    await alice.ask({ ...message("r1"), type: "react", re: 2, body: { key: "k", on: true } }, "sent");
    await alice.say({ t: "send", id: "d1", c: "c1", type: "delete", re: 2 });
    expect(errorOf(alice, "d1")).toMatchObject({ code: "conflict", reason: "archived" });
    const draft = { id: "d2", type: "delete", re: 2 };
    const over = await engine.call("alice", "POST", "/conversations/c1/messages", draft);
    expect([over.status, await over.json()]).toMatchObject([409, { code: "conflict", reason: "archived" }]);
    expect(bob.events("c1").map(({ type, body }) => [type, body?.["text"]])).toEqual([
      ["message", "m1"],
      ["x-vote", "x1"],
      ["edit", "better"],
      ["react", undefined],
    ]);
    expect(seen).toEqual([
      "message",
      "x-vote",
      { conversation: "c1", id: "e1", re: 2, body: { text: "new" } },
      { conversation: "c1", id: "d1", re: 2 },
      { conversation: "c1", id: "d2", re: 2 },
    ]);
    await engine.whileSettling(chat.system.conversation("c1").delete(2, { id: "d3" }));
    expect(seen).toHaveLength(5);
  });
});

describe("before: create and join", () => {
  it("sees the whole conversation, changes title and meta, and refuses", async () => {
    const { engine, chat } = await engineWith();
    const seen: unknown[] = [];
    chat.before("create", (draft, { user }) => {
      seen.push([draft, user]);
      if (draft.kind === "channel") throw refuse("forbidden", "groups only");
      return { title: "Named", meta: { ...draft.meta, by: "host" } };
    });
    const asked = { kind: "group", id: "g1", members: ["bob"], title: "old", meta: { a: 1 } };
    const made = await engine.call("alice", "POST", "/conversations", asked);
    expect(made.status).toBe(201);
    expect(await made.json()).toMatchObject({ c: "g1", title: "Named", meta: { a: 1, by: "host" } });
    const members = [
      ["alice", "owner"],
      ["bob", "member"],
    ];
    const draft = { kind: "group", id: "g1", members, title: "old", meta: { a: 1 }, open: false };
    expect(seen).toEqual([[draft, "alice"]]);
    const [first] = await logFrom(engine, "g1");
    expect(first).toMatchObject({ seq: 1, body: { title: "Named", meta: { a: 1, by: "host" } } });
    const refused = await engine.call("alice", "POST", "/conversations", { kind: "channel" });
    expect([refused.status, await refused.json()]).toMatchObject([403, { reason: "groups only" }]);
  });

  it("I4: answers a repeated id before it asks, as long as it is the creator's own", async () => {
    const { engine, chat } = await engineWith();
    chat.before("create", () => {
      throw refuse();
    });
    const again = { kind: "group", id: "c1" };
    expect((await engine.call("alice", "POST", "/conversations", again)).status).toBe(200);
    expect((await engine.call("bob", "POST", "/conversations", again)).status).toBe(403);
  });

  it.each<unknown>([{ title: "x".repeat(257) }, { title: 7 }, { meta: "x" }, { meta: { pad: "x".repeat(32_760) } }])(
    "checks what it changed again: %j",
    async (change) => {
      const { engine, chat, logged } = await engineWith();
      chat.before("create", () => change as undefined);
      expect((await engine.call("alice", "POST", "/conversations", { kind: "group" })).status).toBe(500);
      expect(JSON.stringify(logged)).toContain('"step":"create"');
    },
  );

  it("asks once before somebody joins, by either call, and neither members nor of what is not open", async () => {
    const { engine, chat } = await engineWith();
    const seen: unknown[] = [];
    let no = true;
    chat.before("join", (draft, { user }) => {
      seen.push([draft, user]);
      if (no) throw refuse("forbidden", "invited only");
    });
    await engine.call("alice", "PATCH", "/conversations/c1", { open: true });
    const join = (user: string, body: object, c = "c1") =>
      engine.call(user, "PUT", `/conversations/${c}/members/me`, body);
    const refused = await join("zoe", {});
    expect([refused.status, await refused.json()]).toMatchObject([403, { reason: "invited only" }]);
    expect((await join("zoe", { role: "member" })).status).toBe(403);
    no = false;
    expect((await join("zoe", {})).status).toBe(200);
    expect((await join("yan", { role: "member" })).status).toBe(200);
    expect(seen).toEqual(["zoe", "zoe", "zoe", "yan"].map((user) => [{ conversation: "c1" }, user]));
    expect((await join("zoe", {})).status).toBe(200);
    expect((await join("bob", {})).status).toBe(200);
    for (const c of ["c2", "none"]) expect((await join("zoe", {}, c)).status).toBe(404);
    expect(seen).toHaveLength(4);
  });
});

async function logFrom(engine: TestEngine, c: string): Promise<readonly object[]> {
  const response = await engine.call("alice", "GET", `/conversations/${c}/messages?after=0`);
  return ((await response.json()) as { events: readonly object[] }).events;
}

describe("before: time", () => {
  it.each([
    [undefined, 2_000],
    [{ within: 300 }, 300],
  ])("waits its time, aborts, and refuses with a wait: %j", async (options, within) => {
    const { engine, chat } = await engineWith();
    const signals: AbortSignal[] = [];
    let hang = true;
    chat.before(
      "send",
      (_draft, _by, { signal }) => {
        signals.push(signal);
        return hang ? new Promise(() => {}) : undefined;
      },
      options,
    );
    const alice = await engine.join("alice");
    await alice.say(message("m1"));
    await engine.advance(within - 1);
    expect(answerTo(alice, "m1")).toBe(undefined);
    expect(signals[0]?.aborted).toBe(false);
    await engine.advance(1);
    expect(errorOf(alice, "m1")).toMatchObject({ code: "unavailable", retry: 1_000 });
    expect(signals[0]?.aborted).toBe(true);
    hang = false;
    await alice.say(message("m1"));
    expect(answerTo(alice, "m1")).toMatchObject({ t: "sent", seq: 2 });
    expect(signals[1]?.aborted).toBe(false);
  });

  it("lets pass what is late where the host wants it so, without what it says later", async () => {
    const { engine, chat } = await engineWith();
    const late = deferred<{ readonly body: { readonly text: string } }>();
    chat.before("send", () => late.promise, { within: 100, otherwise: "allow" });
    chat.before("send", ({ body }) => ({ body: { ...body, second: true } }));
    const alice = await engine.join("alice");
    await alice.say(message("m1"));
    await engine.advance(100);
    expect(answerTo(alice, "m1")).toMatchObject({ t: "sent", body: { text: "m1", second: true } });
    late.resolve({ body: { text: "late" } });
    await engine.advance(0);
    expect((await logOf(engine)).map(textOf)).toEqual(["m1"]);
  });

  it("gives each of several its own time", async () => {
    const { engine, chat } = await engineWith();
    const wait = () => new Promise<undefined>((resolve) => engine.clock.after(80, () => resolve(undefined)));
    for (let hook = 0; hook < 3; hook++) chat.before("send", wait, { within: 100 });
    const alice = await engine.join("alice");
    await alice.say(message("m1"));
    await engine.advance(240);
    expect(answerTo(alice, "m1")).toMatchObject({ t: "sent" });
  });

  it.each([
    ["message" as never, () => {}, {}],
    ["toString" as never, () => {}, {}],
    ["send" as const, "no" as never, {}],
    ["send" as const, () => {}, { within: 0 }],
    ["send" as const, () => {}, { within: Number.NaN }],
    ["send" as const, () => {}, { otherwise: "perhaps" as never }],
  ])("takes no %s with %s and %j", async (step, hook, options) => {
    const { chat } = await engineWith();
    expect(() => chat.before(step, hook, options)).toThrowError(expect.objectContaining({ code: "invalid" }));
  });
});
