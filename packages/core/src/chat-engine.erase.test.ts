import type { EventRow } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import type { Exported } from "./host/export-user.ts";
import type { MessageStore } from "./ports/message-store.ts";
import { memoryStore } from "./store/memory-message-store.ts";
import { Lossy } from "./testing/lossy.ts";
import { ManualClock } from "./testing/manual-clock.ts";
import { SeededRandom } from "./testing/seeded-random.ts";
import { TestEngine, type TestEngineOptions } from "./testing/test-engine.ts";

const CANARY = "canary";

/**
 * alice owns `group` with bob, is a member of bob's `channel`, has left `left`, writes with carol in a `direct`, and
 * has messages in `imported`, which she was never in.
 */
async function engineWith(options: TestEngineOptions = {}) {
  const engine = await TestEngine.start(options);
  const { chat } = engine;
  const run = <T>(work: Promise<T>): Promise<T> => engine.whileSettling(work);
  const [alice, bob] = [chat.as("alice"), chat.as("bob")];
  await engine.create("alice", "group", ["bob"]);
  await run(bob.create({ kind: "channel", id: "channel", members: ["alice"] }));
  await engine.create("bob", "left", ["alice"]);
  await run(alice.create({ kind: "direct", id: "pair", members: ["carol"] }));
  await engine.create("bob", "imported");
  for (const c of ["group", "channel", "left", "pair"]) {
    const conversation = alice.conversation(c);
    await run(conversation.send({ text: CANARY }, { id: `a-${c}` }));
    await run(conversation.edit(2, { text: `${CANARY} again` }));
    await run(conversation.send({ text: CANARY }, { type: "x-note" }));
  }
  await run(bob.conversation("group").send({ text: "bob's" }, { re: 2 }));
  await run(alice.conversation("group").react(5, "+"));
  await run(alice.conversation("left").leave());
  await run(chat.import("imported", [{ from: "alice", id: "i", at: 1, body: { text: CANARY } }]));
  const log = async (c: string): Promise<readonly EventRow[]> => {
    const { events } = await run(chat.system.conversation(c).fetch({ after: 0 }));
    return events.filter((row): row is EventRow => row.type !== "void");
  };
  const exported = async (user: string): Promise<readonly Exported[]> => {
    const all: Exported[] = [];
    for await (const piece of chat.export(user)) all.push(piece);
    return all;
  };
  const told = async (c: string) => (await log(c)).filter(({ body }) => body?.["erased"] !== undefined).length;
  return { engine, chat, run, alice, bob, log, exported, told };
}

const EVERYWHERE = ["channel", "group", "imported", "left", "pair"];

describe("chat.export", () => {
  it("gives what is kept of a user, of what they left too, and nothing of others", async () => {
    const { run, exported, alice } = await engineWith();
    const all = await run(exported("alice"));
    const conversations = all.filter((piece) => piece.kind === "conversation");
    expect(conversations).toMatchObject([
      { conversation: "channel", role: "member", spans: [[1, null]], row: { c: "channel", read: 4, mute: false } },
      { conversation: "group", role: "owner", row: { unread: 0 } },
      { conversation: "imported", role: null, row: null },
      { conversation: "left", role: null, spans: [[1, 5]], row: null },
      { conversation: "pair", role: "member" },
    ]);
    const events = all.flatMap((piece) => (piece.kind === "event" ? [piece.event] : []));
    expect(events.every(({ from }) => from === alice.user)).toBe(true);
    const inGroup = events.filter(({ conversation }) => conversation === "group");
    expect(inGroup.map(({ seq, type }) => [seq, type])).toEqual([
      [1, "meta"],
      [2, "message"],
      [3, "edit"],
      [4, "x-note"],
      [6, "react"],
    ]);
    expect(events.filter(({ conversation }) => conversation === "imported")).toMatchObject([
      { body: { text: CANARY } },
    ]);
    expect(await run(exported("nobody"))).toEqual([]);
  });

  it("goes through more conversations than one page has, as erasing does", async () => {
    const { engine, chat, run, exported, told } = await engineWith();
    for (let index = 0; index < 120; index++) await engine.create("dora", `d${index}`);
    const conversations = (await run(exported("dora"))).filter(({ kind }) => kind === "conversation");
    expect(conversations).toHaveLength(120);
    await run(chat.erase("dora"));
    expect([await told("d0"), await told("d119"), await told("d99")]).toEqual([1, 1, 1]);
  });

  it("reads no page before it is pulled", async () => {
    const plain = memoryStore();
    let reads = 0;
    const store = new Proxy(plain, {
      get: (target, name: keyof MessageStore) => {
        const value: unknown = target[name];
        if (typeof value !== "function") return value;
        if (name === "range") reads++;
        return value.bind(target);
      },
    });
    const { chat, run, alice } = await engineWith({ store });
    for (let sent = 0; sent < 450; sent++) await run(alice.conversation("group").send({ text: "x" }));
    reads = 0;
    let events = 0;
    for await (const piece of chat.export("alice")) {
      if (piece.kind !== "event" || piece.event.conversation !== "group") continue;
      if (++events === 1) {
        expect(reads).toBeLessThanOrEqual(2);
        break;
      }
    }
    expect(reads).toBeLessThanOrEqual(2);
  });
});

describe("chat.erase", () => {
  it("leaves no word of theirs anywhere, tells every conversation once, and passes on what they owned", async () => {
    const { engine, chat, run, log, bob } = await engineWith();
    const there = await engine.join("bob");
    await run(chat.erase("alice"));
    for (const c of EVERYWHERE) {
      const rows = await log(c);
      expect(JSON.stringify(rows)).not.toContain(CANARY);
      expect(rows.at(-1)).toMatchObject({ type: "meta", from: "system", body: { erased: "alice" } });
    }
    expect((await log("group")).slice(-2)).toMatchObject([
      {
        type: "member",
        body: {
          members: expect.arrayContaining([
            ["alice", null],
            ["bob", "owner"],
          ]),
        },
      },
      { type: "meta" },
    ]);
    expect((await log("group"))[4]).toMatchObject({ from: "bob", body: { text: "bob's" } });
    expect(await run(bob.conversation("group").get())).toMatchObject({ role: "owner" });
    expect(await run(chat.as("carol").conversation("pair").members())).toMatchObject({
      members: [["alice", "member"], {}],
    });
    expect(there.events("group").at(-1)?.body).toEqual({ erased: "alice" });
    expect((await engine.call("alice", "GET", "/conversations")).status).toBe(200);
    expect(await run(chat.as("alice").inbox())).toMatchObject({ conversations: [{ c: "pair" }] });
  });

  it("S12: ends their sessions, and their resume tokens hold no longer", async () => {
    const { engine, chat, run } = await engineWith();
    const alice = await engine.join("alice");
    await run(chat.erase("alice"));
    expect(alice.closedWith).toBe(4100);
    const back = await engine.join("alice", { token: null, resume: alice.welcome?.resume ?? "" });
    expect(back.closedWith).toBe(4100);
  });

  it("leaves nothing in what is kept for those who come back soon", async () => {
    const { engine, chat, run } = await engineWith();
    const bob = await engine.join("bob");
    const [epoch = "e"] = bob.events("group").map((event) => event.epoch);
    const row = await run(chat.as("bob").conversation("group").get());
    await run(chat.erase("alice"));
    const back = await engine.join("bob", { device: "d2", have: [["group", row.epoch ?? epoch, 1]] });
    const [page] = back.of("events");
    expect(page).toMatchObject({ from: 2, more: false });
    expect(JSON.stringify(page)).not.toContain(CANARY);
    expect(JSON.stringify(page)).toContain("bob's");
  });

  it("leaves nothing there although nobody could be told", async () => {
    const clock = new ManualClock();
    const lossy = new Lossy({ clock, random: new SeededRandom(1) });
    lossy.on = false;
    const store = lossy.wrap(memoryStore({ clock }), { append: { failBefore: 1 } });
    const { engine, chat, run } = await engineWith({ clock, store });
    const bob = await engine.join("bob");
    await engine.create("alice", "c2", ["bob"]);
    await run(chat.as("alice").conversation("c2").send({ text: CANARY }));
    await run(chat.as("alice").conversation("c2").leave());
    const [{ epoch } = { epoch: "" }] = bob.events("c2");
    lossy.on = true;
    const erasing = chat.erase("alice").catch(() => "failed");
    await engine.advance(10_000);
    lossy.on = false;
    expect(await erasing).toBe("failed");
    const back = await engine.join("bob", { device: "d2", have: [["c2", epoch, 1]] });
    expect(back.of("events")[0]).toMatchObject({ from: 2, to: 3 });
    expect(JSON.stringify(back.of("events"))).not.toContain(CANARY);
  });

  it("changes nothing when it is repeated, and takes what was written since", async () => {
    const { chat, run, told, alice, log } = await engineWith();
    await run(chat.erase("alice"));
    await run(chat.erase("alice"));
    for (const c of EVERYWHERE) expect(await told(c)).toBe(1);
    await run(alice.conversation("pair").send({ text: CANARY }));
    await run(chat.erase("alice"));
    expect([await told("pair"), await told("group")]).toEqual([2, 1]);
    expect(JSON.stringify(await log("pair"))).not.toContain(CANARY);
  });

  it("I4: takes any content under an id of theirs, and stores no second one", async () => {
    const { chat, run, alice } = await engineWith();
    await run(chat.erase("alice"));
    const again = alice.conversation("pair").send({ text: "anything" }, { id: "a-pair" });
    expect(await run(again)).toMatchObject({ seq: 2, dup: true });
  });

  it.each([1, 2, 3, 4, 5, 6])("is done in the end, and told once, wherever it stopped (seed %i)", async (seed) => {
    const clock = new ManualClock();
    const lossy = new Lossy({ clock, random: new SeededRandom(seed) });
    lossy.on = false;
    const faults = { failBefore: 0.03, failAfter: 0.03 };
    const named = ["append", "erase", "memberships", "settings", "access", "members", "range", "revoke"] as const;
    const store = lossy.wrap(memoryStore({ clock }), Object.fromEntries(named.map((name) => [name, faults])));
    const { engine, chat, log, told } = await engineWith({ clock, store });
    lossy.on = true;
    let done = false;
    let attempts = 0;
    for (; !done && attempts < 200; attempts++) {
      const ended = chat.erase("alice").then(
        () => true,
        () => false,
      );
      await engine.advance(10_000);
      done = await ended;
    }
    lossy.on = false;
    await engine.advance(10_000);
    expect([done, attempts > 1]).toEqual([true, true]);
    for (const c of EVERYWHERE) {
      expect([c, await told(c)]).toEqual([c, 1]);
      expect(JSON.stringify(await log(c))).not.toContain(CANARY);
    }
  });

  it("is refused for what is no user id", async () => {
    const { chat } = await engineWith();
    await expect(chat.erase("no id")).rejects.toMatchObject({ code: "invalid" });
    expect(() => chat.export("no id")).toThrow();
  });
});
