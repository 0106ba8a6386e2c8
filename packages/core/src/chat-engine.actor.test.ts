import { isChatError } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import type { ChatEvent } from "./ports/hooks.ts";
import { TestEngine, type TestEngineOptions } from "./testing/test-engine.ts";

/** An engine with `c1` of alice (owner) and bob. */
async function engineWith(options: TestEngineOptions = {}) {
  const engine = await TestEngine.start(options);
  await engine.create("alice", "c1", ["bob"]);
  const { chat } = engine;
  /** What a call gives, or the code that it is refused with. */
  const outcome = async <T>(work: Promise<T>): Promise<T | string> =>
    engine.whileSettling(work.catch((error: unknown) => (isChatError(error) ? error.code : String(error))));
  const [alice, bob] = [chat.as("alice"), chat.as("bob")];
  return { engine, chat, outcome, alice, bob, c1: alice.conversation("c1"), system: chat.system.conversation("c1") };
}

const text = (body: string) => ({ text: body });

describe("chat.as", () => {
  it("sends as the user, to all who hear them; ids are made, and differ", async () => {
    const { engine, c1 } = await engineWith();
    const bob = await engine.join("bob");
    const [first, second] = await engine.whileSettling(Promise.all([c1.send(text("one")), c1.send(text("two"))]));
    expect(first).toMatchObject({ c: "c1", seq: 2, ord: 1 });
    expect("t" in (first ?? {})).toBe(false);
    expect(first?.id).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
    expect(second?.id).not.toBe(first?.id);
    expect(bob.events("c1")).toMatchObject([
      { seq: 2, from: "alice", id: first?.id, body: text("one") },
      { seq: 3, from: "alice", body: text("two") },
    ]);
  });

  it("I4: sends once what is sent again under one id", async () => {
    const { outcome, c1 } = await engineWith();
    expect(await outcome(c1.send(text("one"), { id: "m1" }))).toMatchObject({ seq: 2 });
    expect(await outcome(c1.send(text("one"), { id: "m1" }))).toMatchObject({ seq: 2, dup: true });
    expect(await outcome(c1.send(text("two"), { id: "m1" }))).toBe("conflict");
  });

  it("does everything that a user does over the wire, and answers in its shapes", async () => {
    const { engine, outcome, alice, bob, c1 } = await engineWith();
    const theirs = bob.conversation("c1");
    const made = await outcome(alice.create({ kind: "group", members: ["bob", ["carol", "admin"]], title: "Lunch" }));
    expect(made).toMatchObject({ made: true, row: { kind: "group", title: "Lunch", role: "owner" } });
    await outcome(c1.send(text("one"), { mentions: ["bob"] }));
    await outcome(theirs.send(text("two"), { re: 2, type: "message" }));
    await outcome(c1.edit(2, text("uno")));
    await outcome(theirs.react(2, "+"));
    await outcome(theirs.delete(3));
    const reading = theirs.read(4);
    await engine.advance(500);
    await reading;
    const page = await outcome(c1.fetch());
    expect(page).toMatchObject({
      c: "c1",
      events: [
        { seq: 1, type: "meta" },
        { seq: 2, body: text("uno"), edited: 4, reactions: [["+", 1, false]], replies: 1 },
        { seq: 3, deleted: true },
      ],
    });
    expect(Object.keys(page)).not.toContain("t");
    expect(await outcome(c1.fetch({ after: 4, limit: 1 }))).toMatchObject({ from: 5, to: 5, more: true });
    expect(await outcome(c1.pin(2))).toMatchObject({ pinned: [2] });
    expect(await outcome(c1.patch({ title: "one", slow: 5 }))).toMatchObject({ title: "one", slow: 5 });
    expect(await outcome(c1.get())).toMatchObject({ c: "c1", title: "one", head: 8 });
    expect(await outcome(c1.receipts({ seq: 4 }))).toMatchObject({ seq: 4, read: 2, more: false });
    expect(await outcome(alice.inbox())).toMatchObject({ conversations: [{ c: "c1" }, {}], more: false });
    expect(await outcome(c1.setMembers([["dora", "reader"]]))).toMatchObject({ c: "c1" });
    expect(await outcome(c1.members({ limit: 2 }))).toMatchObject({
      members: [
        ["alice", "owner"],
        ["bob", "member"],
      ],
    });
    expect(await outcome(c1.ban("dora"))).toMatchObject({ c: "c1" });
    expect(await outcome(theirs.leave())).toBe(undefined);
    expect(await outcome(theirs.get())).toBe("not_found");
    expect(await outcome(c1.patch({ open: true }))).toMatchObject({ open: true });
    expect(await outcome(theirs.join())).toMatchObject({ role: "member" });
    expect(await outcome(c1.remove())).toBe(undefined);
    expect(await outcome(c1.get())).toBe("not_found");
  });

  it("S17: has the user's rights and no others, S14: and sees nothing that is not theirs", async () => {
    const { engine, outcome, chat, bob } = await engineWith();
    const theirs = bob.conversation("c1");
    expect(await outcome(theirs.patch({ title: "x" }))).toBe("forbidden");
    expect(await outcome(theirs.remove())).toBe("forbidden");
    expect(await outcome(theirs.setMembers([["eve", "member"]]))).toBe("forbidden");
    const foreign = chat.as("eve").conversation("c1");
    const none = chat.as("eve").conversation("c2");
    for (const c of [foreign, none]) {
      const calls = [c.send(text("x")), c.fetch(), c.get(), c.members(), c.receipts(), c.read(1), c.join()].map(
        outcome<unknown>,
      );
      await engine.advance(1_000);
      expect(await Promise.all(calls)).toEqual(calls.map(() => "not_found"));
    }
  });

  it("I23: is held to the user's and the conversation's rates, as over HTTP; the host itself is not", async () => {
    const { engine, outcome, c1, system } = await engineWith({
      limits: { sendsPerSecondPerUserMax: 2, sendBurstSeconds: 1 },
    });
    const outcomes = await Promise.all([1, 2, 3].map((index) => outcome(c1.send(text(`${index}`)))));
    expect(outcomes.filter((one) => one === "rate_limited")).toHaveLength(1);
    const call = await engine.call("alice", "POST", "/conversations/c1/messages", { id: "m", body: text("x") });
    expect(call.status).toBe(429);
    const ours = await Promise.all([1, 2, 3, 4].map((index) => outcome(system.send(text(`${index}`)))));
    expect(ours.every((one) => typeof one === "object")).toBe(true);
  });

  it("S40, S39, S37, S19: takes what the wire would take, as a copy of its own", async () => {
    const { outcome, c1, alice } = await engineWith();
    const deep = (levels: number): object => (levels === 0 ? {} : { in: deep(levels - 1) });
    const bad: readonly (readonly [work: () => Promise<unknown>, code: string])[] = [
      [() => c1.send(text("\u0000")), "invalid"],
      [() => c1.send(text("\ud800")), "invalid"],
      [() => c1.send(deep(20) as Record<string, unknown>), "invalid"],
      [() => c1.send({ at: new Date(0) }), "invalid"],
      [() => c1.send({ run: () => {} }), "invalid"],
      [() => c1.send(text("x".repeat(40_000))), "too_large"],
      [() => c1.send([] as unknown as Record<string, unknown>), "invalid"],
      [() => c1.send(text("x"), { id: "no id" }), "invalid"],
      [() => c1.send(text("x"), { re: 0.5 }), "invalid"],
      [() => c1.send(text("x"), { type: "meta" as "message" }), "invalid"],
      [() => c1.send(text("x"), { expect: 1 }), "invalid"],
      [() => c1.edit(-1, text("x")), "invalid"],
      [() => c1.read(1.5), "invalid"],
      [() => c1.fetch({ after: 1, before: 2 }), "invalid"],
      [() => c1.fetch({ limit: 0 }), "invalid"],
      [() => c1.patch({ slow: -1 }), "invalid"],
      [() => c1.patch({ title: "x".repeat(257) }), "invalid"],
      [() => c1.setMembers([["no id", "member"]]), "invalid"],
      [() => c1.setMembers([["bob", "king" as "member"]]), "invalid"],
      [() => c1.pin(0), "invalid"],
      [() => c1.ban("no id"), "invalid"],
      [() => c1.members({ limit: 0 }), "invalid"],
      [() => c1.receipts({ seq: -1 }), "invalid"],
      [() => alice.create({ kind: "club" as "group" }), "invalid"],
      [() => alice.create({ kind: "group", id: "no id" }), "invalid"],
      [() => alice.create({ kind: "group", meta: { a: undefined, b: "\u0000" } }), "invalid"],
      [() => alice.inbox(null, { limit: 1.5 }), "invalid"],
    ];
    for (const [work, code] of bad) expect(await outcome(work())).toBe(code);
    const body = { text: "one" };
    const sent = c1.send(body);
    body.text = "two";
    await outcome(sent);
    expect(await outcome(c1.fetch())).toMatchObject({ events: [{}, { body: text("one") }] });
  });

  it("throws for what is no id", async () => {
    const { chat, alice } = await engineWith();
    expect(() => chat.as("no id")).toThrow();
    expect(() => alice.conversation("no id")).toThrow();
  });

  it("is refused by a closed engine", async () => {
    const { engine, c1 } = await engineWith();
    await engine.close();
    const refused = c1.get().catch((error: unknown) => (isChatError(error) ? error.code : error));
    expect(await engine.whileSettling(refused)).toBe("closed");
  });
});

describe("chat.system", () => {
  it("creates, writes, reads and changes without being a member, under its own name", async () => {
    const { engine, outcome, chat, system } = await engineWith({ system: "robot" });
    const bob = await engine.join("bob");
    expect(await outcome(system.send(text("hello")))).toMatchObject({ seq: 2 });
    expect(bob.events("c1")).toMatchObject([{ seq: 2, from: "robot" }]);
    expect(await outcome(system.patch({ title: "ours" }))).toBe(null);
    expect(await outcome(system.setMembers([["carol", "owner"]]))).toBe(null);
    expect(await outcome(system.delete(2))).toMatchObject({ seq: 5 });
    expect(await outcome(system.fetch({ after: 0 }))).toMatchObject({ from: 1, to: 5 });
    expect(await outcome(system.members())).toMatchObject({ members: [["alice", "owner"], ["carol", "owner"], {}] });
    expect(chat.system.user).toBe("robot");
    const made = await outcome(chat.system.create({ kind: "channel", members: [["bob", "admin"]], title: "news" }));
    expect(made).toMatchObject({ made: true, row: null });
    const { id } = made as { readonly id: string };
    expect(await outcome(chat.as("bob").conversation(id).get())).toMatchObject({ role: "owner", title: "news" });
    expect(await outcome(system.remove())).toBe(undefined);
    expect(await outcome(system.fetch())).toBe("not_found");
  });

  it("is nobody's to authenticate as", async () => {
    const { engine } = await engineWith();
    expect((await engine.join("system")).closedWith).toBe(4013);
  });
});

describe("conversation.events", () => {
  it("gives the log above a seq, goes on with what comes at once, and ends when the user is removed", async () => {
    const { engine, outcome, bob, c1 } = await engineWith();
    await outcome(c1.send(text("one")));
    const seen: ChatEvent[] = [];
    let ended = false;
    void (async () => {
      for await (const event of bob.conversation("c1").events({ after: 1 })) seen.push(event);
      ended = true;
    })();
    await engine.settle();
    expect(seen).toMatchObject([{ conversation: "c1", seq: 2, body: text("one") }]);
    await outcome(c1.send(text("two")));
    await engine.settle();
    expect(seen.map(({ seq }) => seq)).toEqual([2, 3]);
    await outcome(c1.setMembers([["bob", null]]));
    await engine.advance(2_000);
    expect([seen.map(({ seq }) => seq), ended]).toEqual([[2, 3], true]);
  });

  it("reads what is there page by page, without a wait between them", async () => {
    const { engine, outcome, c1 } = await engineWith({ limits: { sendsPerSecondPerUserMax: 1_000 } });
    await outcome(Promise.all(Array.from({ length: 450 }, (_, index) => c1.send(text(`${index}`)))));
    const seen: number[] = [];
    void (async () => {
      for await (const { seq } of c1.events({ after: 0 })) seen.push(seq);
    })();
    await engine.settle();
    expect(seen).toEqual(Array.from({ length: 451 }, (_, index) => index + 1));
    await engine.close();
  });

  it("begins above the head unless told otherwise, and ends with the engine or by its reader", async () => {
    const { engine, outcome, c1 } = await engineWith();
    await outcome(c1.send(text("one")));
    const [stays, goes] = [c1.events(), c1.events()];
    const [next, other] = [stays.next(), goes.next()];
    await engine.settle();
    await outcome(c1.send(text("two")));
    await engine.settle();
    expect(await next).toMatchObject({ value: { seq: 3 } });
    expect(await other).toMatchObject({ value: { seq: 3 } });
    const waiting = goes.next();
    await engine.settle();
    await engine.whileSettling(Promise.resolve(goes.return?.()));
    expect(await waiting).toMatchObject({ done: true });
    const last = stays.next();
    await engine.settle();
    await engine.close();
    expect(await last).toMatchObject({ done: true });
    expect(engine.clock.pending).toBe(0);
  });
});
