import { LIMITS, type SendFrame } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import type { Permissions } from "../options.ts";
import type { NewConversation } from "../ports/conversation-settings.ts";
import { by, commandHouse } from "../testing/command-house.ts";
import { changeMembers, changeSettings } from "../testing/conformance/message-store/entries.ts";
import { logOf } from "../testing/conformance/message-store/readings.ts";
import type { Draft } from "./draft.ts";
import { send, sendBlocked } from "./send.ts";

const DRAFT: Draft = { id: "m1", c: "c1", type: "message", body: { text: "hi" } };

async function houseOf(made: Partial<NewConversation> = {}, permissions: Partial<Permissions> = {}) {
  const members = [
    ["alice", "owner"],
    ["bob", "member"],
    ["carl", "member"],
    ["rita", "reader"],
  ] as const;
  const { house, store, clock, told } = await commandHouse({
    made: { creator: "alice", members, ...made },
    permissions,
  });
  const settled = async <T>(work: Promise<T>): Promise<T> => {
    work.catch(() => {});
    await clock.settle();
    return work;
  };
  const as = (user: string, draft: Partial<SendFrame> = {}, origin: object | null = null) =>
    settled(send(house, { user, claims: null, origin }, { ...DRAFT, ...draft }, null));
  const blocked = (user: string, draft: Partial<SendFrame> = {}) =>
    settled(sendBlocked(house, by(user), { ...DRAFT, ...draft }, 700));
  const log = async () => (await logOf(store, "c1")).rows.slice(1);
  const origins = () => told.map(({ origin }) => origin);
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
    expect(origins()).toEqual([session]);
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
    await changeMembers(store, "c1", "alice", [["bob", null]]);
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

  it("replies to a message", async () => {
    const { as, log } = await houseOf();
    await as("alice");
    await as("bob", { id: "m2", re: 2 });
    expect(await log()).toMatchObject([{}, { seq: 3, re: 2 }]);
  });
});

/** What an `edit`, a `delete`, a `react` asks of its target; bob has written seq 2. */
describe("send: edits, deletions, reactions", () => {
  const EDIT = { id: "e1", type: "edit", re: 2, body: { text: "ho" } } as const;
  const DELETE = { id: "d1", type: "delete", re: 2 } as const;
  const REACT = { id: "r1", type: "react", re: 2, body: { key: "k", on: true } } as const;

  it("stores an edit with its body, a deletion without, a reaction as it was sent", async () => {
    const { as, log } = await houseOf();
    await as("bob");
    expect(await as("bob", { ...EDIT, mentions: ["alice"] })).toMatchObject({ seq: 3, ord: 1 });
    await as("carl", { ...REACT, mentions: "all" });
    await as("bob", { ...DELETE, body: { why: "no" } });
    const [, edit, reaction, deletion] = await log();
    expect(edit).toMatchObject({ type: "edit", re: 2, deleted: true });
    expect(reaction).toMatchObject({ type: "react", re: 2, body: { key: "k", on: true }, from: "carl" });
    expect(deletion).toMatchObject({ type: "delete", re: 2 });
    for (const row of [edit, reaction, deletion]) expect(row).not.toHaveProperty("mentions");
    expect(deletion).not.toHaveProperty("body");
  });

  it("S17: lets the author alone edit, and author, admin and owner delete", async () => {
    const { as } = await houseOf();
    await as("bob");
    for (const user of ["alice", "carl"]) {
      await expect(as(user, EDIT)).rejects.toMatchObject({ code: "forbidden", retryAfterMs: undefined });
    }
    await expect(as("carl", DELETE)).rejects.toMatchObject({ code: "forbidden" });
    await expect(as("rita", REACT)).rejects.toMatchObject({ code: "forbidden" });
    expect(await as("alice", DELETE)).toMatchObject({ seq: 3 });
  });

  it("is a conflict on a deleted message, but for a second deletion", async () => {
    const { as } = await houseOf();
    await as("bob");
    await as("bob", DELETE);
    await expect(as("bob", EDIT)).rejects.toMatchObject({ code: "conflict" });
    await expect(as("bob", REACT)).rejects.toMatchObject({ code: "conflict" });
    expect(await as("alice", { ...DELETE, id: "d2" })).toMatchObject({ seq: 4 });
  });

  it.each([EDIT, DELETE, REACT])("is not_found where its target is no message: $type", async (draft) => {
    const { as, log } = await houseOf();
    for (const re of [1, 2, 99]) await expect(as("bob", { ...draft, re })).rejects.toMatchObject({ code: "not_found" });
    expect(await log()).toEqual([]);
  });

  it("I4: looks the key up before it looks at the draft", async () => {
    const { as } = await houseOf();
    const sent = await as("bob");
    await expect(as("bob", { type: "react", body: {} })).rejects.toMatchObject({ code: "conflict" });
    await expect(as("bob", { expect: 5 })).resolves.toEqual({ ...sent, dup: true });
    await expect(as("bob", { id: "m2", type: "react", re: 2, body: {} })).rejects.toMatchObject({ code: "invalid" });
    await expect(as("bob", { id: "m3", type: "edit" })).rejects.toMatchObject({ code: "invalid" });
  });

  it("S40: is too_large over the reactions of one message", async () => {
    const { as } = await houseOf();
    await as("bob");
    for (let n = 0; n < LIMITS.reactionKeysMax; n++) {
      await as("bob", { ...REACT, id: `r${n}`, body: { key: `k${n}`, on: true } });
    }
    const more = { ...REACT, id: "more", body: { key: "more", on: true } };
    await expect(as("bob", more)).rejects.toMatchObject({ code: "too_large", retryAfterMs: undefined });
  });

  it("asks the host's table who may", async () => {
    const { as } = await houseOf({}, { send: ["reader"], react: ["reader"] });
    await expect(as("alice")).rejects.toMatchObject({ code: "forbidden" });
    await as("rita");
    expect(await as("rita", { ...REACT, re: 2 })).toMatchObject({ seq: 3 });
  });
});

describe("send: what else may refuse it", () => {
  it("takes an event of the host's own, which counts as no message", async () => {
    const { as, log } = await houseOf();
    expect(await as("bob", { type: "x-vote", mentions: ["alice"] })).toMatchObject({ seq: 2, ord: 0 });
    expect(await log()).toMatchObject([{ type: "x-vote", body: { text: "hi" }, mentions: ["alice"] }]);
  });

  it("says where a slot stands that has moved on", async () => {
    const { as, log } = await houseOf();
    await as("bob", { slot: "mls", expect: 0 });
    const late = as("alice", { slot: "mls", expect: 0 });
    await expect(late).rejects.toMatchObject({ code: "conflict", details: { last: 2 }, retryAfterMs: undefined });
    expect(await as("alice", { slot: "mls", expect: 2 })).toMatchObject({ seq: 3 });
    expect(await log()).toMatchObject([{ slot: "mls" }, { slot: "mls" }]);
  });

  it("makes a member wait in slow mode, and tells for how long", async () => {
    const { as, clock, store } = await houseOf();
    await changeSettings(store, "c1", "alice", { slow: 5_000 });
    const sent = await as("bob");
    await clock.advance(2_000);
    await expect(as("bob", { id: "m2" })).rejects.toMatchObject({ code: "rate_limited", retryAfterMs: 3_000 });
    expect(await as("bob"), "I4: a repeat is told").toEqual({ ...sent, dup: true });
    expect(await as("bob", { id: "e1", type: "edit", re: sent.seq })).toMatchObject({ seq: 4 });
    expect(await as("alice", { id: "m2" })).toMatchObject({ seq: 5 });
    expect(await as("alice", { id: "m3" })).toMatchObject({ seq: 6 });
    await clock.advance(3_000);
    expect(await as("bob", { id: "m2" })).toMatchObject({ seq: 7 });
  });

  it("S17: is forbidden between two of whom one has blocked the other, for good", async () => {
    const members = [
      ["alice", "member"],
      ["bob", "member"],
    ] as const;
    const { as, store } = await houseOf({ kind: "direct", members });
    const sent = await as("bob");
    await store.block("alice", "bob", true);
    for (const user of ["alice", "bob"]) {
      await expect(as(user, { id: "m2" })).rejects.toMatchObject({ code: "forbidden", retryAfterMs: undefined });
    }
    expect(await as("bob")).toEqual({ ...sent, dup: true });
    await store.block("alice", "bob", false);
    expect(await as("bob", { id: "m2" })).toMatchObject({ seq: 3 });
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
