import { describe, expect, it } from "vitest";
import { DEFAULT_PERMISSIONS } from "../options.ts";
import { memoryStore } from "../store/memory-message-store.ts";
import { conversation, message } from "../testing/conformance/message-store/entries.ts";
import { hostOfTest } from "../testing/host-of-test.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { type CommandFrame, type DispatchSurroundings, dispatch } from "./dispatch.ts";

async function houseOf() {
  const store = memoryStore();
  await store.open();
  for (const c of ["c1", "c2", "c3"]) await store.create(conversation(c));
  await store.append([message("c1", "bob", "hi")]);
  const done: unknown[] = [];
  const house: DispatchSurroundings<string> = {
    store,
    clock: new ManualClock(),
    permissions: DEFAULT_PERMISSIONS,
    watermarks: {
      read: async (...given) => void done.push(["read", ...given]),
      put: (...given) => store.put(...given),
      flush: async (user) => void done.push(["flush", user]),
    },
    ...hostOfTest(store),
    open: () => ({ abandon: () => {}, activate: (_from, frame) => done.push(frame()) > 0 }),
    unsubscribe: (...given) => done.push(["unsubscribe", ...given]),
    listed: () => {},
    listening: async () => {},
    subscribed: () => {},
    known: () => {},
    seen: () => {},
    told: (_c, _epoch, watermarks) => watermarks,
    online: () => 1,
    watch: async (session, { c, users }) => {
      done.push(["watch", session, c, users]);
      return { t: "presence", users: [{ user: "bob", status: "online" }] };
    },
    unwatch: (...given) => done.push(["unwatch", ...given]),
    listeners: () => [],
    typed: (...given) => done.push(["typed", ...given]),
  };
  const ask = (frame: CommandFrame, user = "alice") =>
    dispatch(house, { user, claims: null, origin: null, session: "s1" }, frame);
  return { ask, store, done };
}

describe("dispatch", () => {
  it("answers inbox with rows, and with the question's id, after what the user has read is written", async () => {
    const { ask, done } = await houseOf();
    const answer = await ask({ t: "inbox", id: "r1", cursor: null, limit: 2 });
    expect(answer).toMatchObject({
      t: "inbox",
      id: "r1",
      more: true,
      conversations: [{ c: "c1", unread: 1, last: { seq: 2 } }, {}],
    });
    expect(answer).not.toHaveProperty("reset");
    expect(done).toEqual([["flush", "alice"]]);
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

  it("subscribes, which answers by itself, in its place among what is told", async () => {
    const { ask, done } = await houseOf();
    expect(await ask({ t: "subscribe", id: "r3", c: "c1" })).toBe(null);
    expect(done).toMatchObject([{ t: "subscribed", id: "r3", c: "c1", head: 2, ord: 1, members: 2, online: 1 }]);
  });

  it("watches users, with the question's id, and lets go of them and of conversations", async () => {
    const { ask, done } = await houseOf();
    expect(await ask({ t: "subscribe", id: "r1", c: "c1", users: ["bob"] })).toEqual({
      t: "presence",
      id: "r1",
      users: [{ user: "bob", status: "online" }],
    });
    expect(await ask({ t: "unsubscribe", id: "r2", c: "c1" })).toEqual({ t: "unsubscribed", id: "r2" });
    expect(await ask({ t: "unsubscribe", id: "r3", users: ["bob"] })).toEqual({ t: "unsubscribed", id: "r3" });
    expect(done).toEqual([
      ["watch", "s1", "c1", ["bob"]],
      ["unsubscribe", "s1", "c1"],
      ["unwatch", "s1", ["bob"]],
    ]);
  });

  it("marks and types without an answer", async () => {
    const { ask, store, done } = await houseOf();
    expect(await ask({ t: "read", c: "c1", seq: 2 })).toBe(null);
    expect(await ask({ t: "typing", c: "c1" })).toBe(null);
    expect(await ask({ t: "unread", c: "c1", on: true })).toBe(null);
    expect(done).toEqual([
      ["read", "alice", "c1", 2],
      ["typed", "c1", "alice", 2],
    ]);
    expect(await store.row("alice", "c1")).toMatchObject({ marked: true });
    await ask({ t: "unread", c: "c1", on: false });
    expect(await store.row("alice", "c1")).not.toHaveProperty("marked");
  });

  it.each([
    { t: "fetch", id: "r1", c: "c1" },
    { t: "subscribe", id: "r1", c: "c1" },
    { t: "unread", c: "c1", on: true },
    { t: "typing", c: "c1" },
  ] as const)("S14: says not_found of a foreign conversation to $t", async (frame) => {
    const { ask } = await houseOf();
    await expect(ask(frame, "mallory")).rejects.toMatchObject({ code: "not_found" });
  });
});
