import { describe, expect, it } from "vitest";
import type { Access } from "../ports/message-store.ts";
import { memoryStore } from "../store/memory-message-store.ts";
import { conversation, message } from "../testing/conformance/message-store/entries.ts";
import { type CommandFrame, dispatch } from "./dispatch.ts";

async function houseOf(subscriptionsMax = 200) {
  const store = memoryStore();
  await store.open();
  for (const c of ["c1", "c2", "c3"]) await store.create(conversation(c));
  await store.append([message("c1", "bob", "hi")]);
  const access = async (user: string, c: string): Promise<Access | null> =>
    (await store.access([{ user, conversation: c }]))[0] ?? null;
  const caller = { user: "alice", origin: null, subscriptions: new Set<string>() };
  const ask = (frame: CommandFrame, user = "alice") =>
    dispatch({ store, access, limits: { subscriptionsMax } }, { ...caller, user }, frame);
  return { ask, caller, store };
}

describe("dispatch", () => {
  it("answers inbox with rows, and with the question's id", async () => {
    const { ask } = await houseOf();
    const answer = await ask({ t: "inbox", id: "r1", cursor: null, limit: 2 });
    expect(answer).toMatchObject({
      t: "inbox",
      id: "r1",
      more: true,
      conversations: [{ c: "c1", unread: 1, last: { seq: 2 } }, {}],
    });
    expect(answer).not.toHaveProperty("reset");
  });

  it("starts the inbox over, and says so, for a cursor that is none", async () => {
    const { ask } = await houseOf();
    expect(await ask({ t: "inbox", id: "r1", cursor: "no cursor at all" })).toMatchObject({ reset: true, more: false });
  });

  it("answers fetch with a page, and with the question's id", async () => {
    const { ask } = await houseOf();
    expect(await ask({ t: "fetch", id: "r2", c: "c1", after: 1 })).toMatchObject({
      t: "events",
      id: "r2",
      from: 2,
      to: 2,
      more: false,
    });
  });

  it("subscribes, once, and says where the conversation stands", async () => {
    const { ask, caller } = await houseOf(1);
    const answer = await ask({ t: "subscribe", id: "r3", c: "c1" });
    expect(answer).toEqual({
      t: "subscribed",
      id: "r3",
      c: "c1",
      mode: "push",
      epoch: expect.any(String),
      head: 2,
      ord: 1,
      members: 2,
      online: 0,
      watermarks: [],
    });
    expect(await ask({ t: "subscribe", id: "r4", c: "c1" })).toMatchObject({ id: "r4" });
    expect([...caller.subscriptions]).toEqual(["c1"]);
  });

  it("S45: refuses a subscription over the bound, until one is given up", async () => {
    const { ask } = await houseOf(2);
    await ask({ t: "subscribe", id: "r1", c: "c1" });
    await ask({ t: "subscribe", id: "r2", c: "c2" });
    await expect(ask({ t: "subscribe", id: "r3", c: "c3" })).rejects.toMatchObject({ code: "too_large" });
    expect(await ask({ t: "unsubscribe", id: "r4", c: "c1" })).toEqual({ t: "unsubscribed", id: "r4" });
    expect(await ask({ t: "subscribe", id: "r5", c: "c3" })).toMatchObject({ t: "subscribed" });
  });

  it("answers unsubscribe also where nothing was subscribed", async () => {
    const { ask } = await houseOf();
    expect(await ask({ t: "unsubscribe", id: "r1", c: "c1" })).toEqual({ t: "unsubscribed", id: "r1" });
    expect(await ask({ t: "unsubscribe", id: "r2", users: ["bob"] })).toEqual({ t: "unsubscribed", id: "r2" });
  });

  it.each([
    { t: "fetch", id: "r1", c: "c1" },
    { t: "subscribe", id: "r1", c: "c1" },
  ] as const)("S14: says not_found of a foreign conversation to $t", async (frame) => {
    const { ask } = await houseOf();
    await expect(ask(frame, "mallory")).rejects.toMatchObject({ code: "not_found" });
  });

  it.each([
    { t: "read", c: "c1", seq: 1 },
    { t: "unread", c: "c1", on: true },
    { t: "typing", c: "c1" },
    { t: "active", state: "idle" },
    { t: "subscribe", id: "r1", c: "c1", users: ["bob"] },
  ] as const)("refuses what it does not keep yet: $t", async (frame) => {
    const { ask } = await houseOf();
    await expect(ask(frame)).rejects.toMatchObject({ code: "invalid" });
  });
});
