import { LIMITS } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { DEFAULT_PERMISSIONS } from "../options.ts";
import { memoryStore } from "../store/memory-message-store.ts";
import { conversation, direct } from "../testing/conformance/message-store/entries.ts";
import { hostOfTest } from "../testing/host-of-test.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { type TypingSurroundings, typing } from "./typing.ts";

async function houseOf() {
  const clock = new ManualClock();
  const store = memoryStore();
  await store.open();
  const members = [
    ["alice", "owner"],
    ["bob", "member"],
    ["rita", "reader"],
  ] as const;
  await store.create({ ...conversation("c1"), members });
  await store.create(direct("d1", "alice", "bob"));
  const told: unknown[] = [];
  const house: TypingSurroundings = {
    store,
    clock,
    permissions: DEFAULT_PERMISSIONS,
    ...hostOfTest(store),
    listeners: (_c, user) => ["alice", "bob"].filter((other) => other !== user),
    typed: (...given) => told.push(given),
  };
  return {
    clock,
    store,
    house,
    told,
    type: (user: string, c: string, by = house) => typing(by, { user, claims: null, origin: null }, c),
  };
}

describe("typing", () => {
  it("is told of who may send, with how many members there are", async () => {
    const { told, type } = await houseOf();
    await type("bob", "c1");
    await type("alice", "d1");
    expect(told).toEqual([
      ["c1", "bob", 3],
      ["d1", "alice", 2],
    ]);
  });

  it("is forbidden to who only reads, and not_found to who is no member", async () => {
    const { told, type } = await houseOf();
    await expect(type("rita", "c1")).rejects.toMatchObject({ code: "forbidden" });
    await expect(type("mallory", "c1")).rejects.toMatchObject({ code: "not_found" });
    await expect(type("alice", "none")).rejects.toMatchObject({ code: "not_found" });
    expect(told).toEqual([]);
  });

  it("goes neither way in a direct of which one has blocked the other, without a word", async () => {
    const { store, told, type } = await houseOf();
    await store.block("bob", "alice", true);
    await type("alice", "d1");
    await type("bob", "d1");
    await type("alice", "c1");
    await store.block("bob", "alice", false);
    await type("alice", "d1");
    expect(told).toEqual([
      ["c1", "alice", 3],
      ["d1", "alice", 2],
    ]);
  });

  it("I20: is dropped when it could not be told in time", async () => {
    const { clock, house, told, type } = await houseOf();
    const slow: TypingSurroundings = {
      ...house,
      access: async (user, c) => {
        await new Promise<void>((resolve) => clock.after(LIMITS.typingShownMs, resolve));
        return house.access(user, c);
      },
    };
    const typed = type("bob", "c1", slow);
    await clock.advance(LIMITS.typingShownMs);
    await typed;
    expect(told).toEqual([]);
  });
});
