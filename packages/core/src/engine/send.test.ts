import type { SendFrame } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { memoryStore } from "../store/memory-message-store.ts";
import { silentLogger } from "../system/silent-logger.ts";
import { sign } from "../system/system-crypto.ts";
import { conversation } from "../testing/conformance/message-store/entries.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { type Draft, send, sendBlocked } from "./send.ts";
import { Sequencer } from "./sequencer.ts";

const DRAFT: Draft = { id: "m1", c: "c1", type: "message", body: { text: "hi" } };

async function houseOf() {
  const store = memoryStore();
  await store.open();
  const members = [
    ["alice", "owner"],
    ["bob", "member"],
    ["rita", "reader"],
  ] as const;
  await store.create(conversation("c1", { members }));
  const clock = new ManualClock();
  const limits = { batchEntriesMax: 100, sequencerEntriesMax: 100 };
  const origins: (object | null)[] = [];
  const committed = (batch: readonly { readonly origin: object | null }[]) =>
    origins.push(...batch.map(({ origin }) => origin));
  const sequencer = new Sequencer({ store, clock, logger: silentLogger, limits, committed });
  const house = { sequencer, clock, keyedHash: (text: string) => sign("key", text) };
  const settled = async <T>(work: Promise<T>): Promise<T> => {
    work.catch(() => {});
    await clock.settle();
    return work;
  };
  const as = (user: string, draft: Partial<SendFrame> = {}, origin: object | null = null) =>
    settled(send(house, { user, origin }, { ...DRAFT, ...draft }, null));
  const blocked = (user: string, draft: Partial<SendFrame> = {}) =>
    settled(sendBlocked(house, { user, origin: null }, { ...DRAFT, ...draft }, 700));
  const log = async () =>
    (await store.range({ conversation: "c1", after: 1, from: "oldest", rows: 100, bytes: 1e9 }))?.rows;
  return { as, blocked, log, clock, store, origins };
}

describe("send", () => {
  it("appends what was sent, as it was sent, and answers with its place", async () => {
    const { as, log, clock, origins } = await houseOf();
    const session = {};
    const sent = await as("bob", { mentions: ["alice"] }, session);
    expect(sent).toEqual({ t: "sent", id: "m1", c: "c1", epoch: expect.any(String), seq: 2, ord: 1, at: clock.now() });
    expect(await log()).toEqual([
      {
        seq: 2,
        ord: 1,
        type: "message",
        id: "m1",
        from: "bob",
        at: clock.now(),
        body: { text: "hi" },
        mentions: ["alice"],
      },
    ]);
    expect(origins).toEqual([session]);
  });

  it("I4: answers a repeat with the same place and dup, however its keys are ordered", async () => {
    const { as, log, clock } = await houseOf();
    const body = { a: 1, b: [{ c: 2, d: 3 }] };
    const sent = await as("bob", { body });
    await clock.advance(86_400_000);
    expect(await as("bob", { body: { b: [{ d: 3, c: 2 }], a: 1 } })).toEqual({ ...sent, dup: true });
    expect(await log()).toHaveLength(1);
  });

  it.each([
    { what: "body", draft: { body: { text: "ho" } } },
    { what: "type of a value", draft: { body: { text: 1 } } },
    { what: "reply", draft: { re: 2 } },
    { what: "type", draft: { type: "x-note" } },
  ] as const)("I4: refuses another $what under the same id, and keeps the first", async ({ draft }) => {
    const { as, log } = await houseOf();
    await as("bob");
    await expect(as("bob", draft)).rejects.toMatchObject({ code: "conflict", retryAfterMs: undefined });
    expect(await log()).toMatchObject([{ body: { text: "hi" } }]);
  });

  it("S18: takes another sender's id for a new one", async () => {
    const { as } = await houseOf();
    await as("bob");
    const sent = await as("alice", { body: { text: "other" } });
    expect(sent).toMatchObject({ seq: 3 });
    expect(sent).not.toHaveProperty("dup");
  });

  it("I4: looks the key up before rights: one who was removed still learns that it was sent", async () => {
    const { as, store } = await houseOf();
    const sent = await as("bob");
    const access = (await store.access([{ user: "alice", conversation: "c1" }]))[0];
    await store.append([
      {
        conversation: "c1",
        user: "alice",
        at: 0,
        type: "member",
        by: ["owner"],
        members: [["bob", null]],
        ifMembersVersion: access?.membersVersion ?? 0,
      },
    ]);
    expect(await as("bob")).toEqual({ ...sent, dup: true });
    await expect(as("bob", { id: "m2" })).rejects.toMatchObject({ code: "not_found" });
  });

  it.each([
    { user: "rita", draft: {}, code: "forbidden" },
    { user: "stranger", draft: {}, code: "not_found" },
    { user: "alice", draft: { c: "c9" }, code: "not_found" },
    { user: "alice", draft: { re: 1 }, code: "not_found" },
    { user: "alice", draft: { re: 99 }, code: "not_found" },
  ])("I3, S14: refuses $user with $draft for good: $code", async ({ user, draft, code }) => {
    const { as, log } = await houseOf();
    await expect(as(user, draft)).rejects.toMatchObject({ code, retryAfterMs: undefined });
    expect(await log()).toEqual([]);
  });

  it.each([{ type: "x-note" }, { type: "edit", re: 2 }, { slot: "mls", expect: 0 }] as const)(
    "refuses for good what this server does not take yet: %j",
    async (draft) => {
      const { as, log } = await houseOf();
      await expect(as("bob", draft)).rejects.toMatchObject({ code: "invalid", retryAfterMs: undefined });
      expect(await log()).toEqual([]);
    },
  );

  it("replies to a message", async () => {
    const { as, log } = await houseOf();
    await as("alice");
    await as("bob", { id: "m2", re: 2 });
    expect(await log()).toMatchObject([{}, { seq: 3, re: 2 }]);
  });
});

describe("sendBlocked", () => {
  it("I11: appends nothing, and says for how long to wait", async () => {
    const { blocked, log } = await houseOf();
    await expect(blocked("bob")).rejects.toMatchObject({ code: "blocked", retryAfterMs: 700 });
    expect(await log()).toEqual([]);
  });

  it("I4: answers what is stored already", async () => {
    const { as, blocked } = await houseOf();
    const sent = await as("bob");
    expect(await blocked("bob")).toEqual({ ...sent, dup: true });
    await expect(blocked("bob", { body: { text: "ho" } })).rejects.toMatchObject({ code: "conflict" });
  });
});
