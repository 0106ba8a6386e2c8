import { ChatError } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import type { MessageStore } from "../ports/message-store.ts";
import { by, type CommandHouseOptions, commandHouse } from "../testing/command-house.ts";
import { say } from "../testing/conformance/message-store/entries.ts";
import { removeConversation } from "./remove-conversation.ts";

async function houseOf(options: CommandHouseOptions = {}) {
  const { house, store, outcomeOf } = await commandHouse(options);
  const told: unknown[] = [];
  const removed = (c: string, members: readonly string[]) => told.push([c, [...members].sort()]);
  const remove = (user: string, c = "c1") => outcomeOf(removeConversation({ ...house, removed }, by(user), c));
  return { store, remove, told };
}

describe("removeConversation", () => {
  it("takes it away from everybody, and tells who they were, once it is gone", async () => {
    const { store, remove, told } = await houseOf();
    await say(store, "c1", "max", "words");
    expect(await remove("olga")).toBe(undefined);
    expect(told).toEqual([["c1", ["adam", "max", "mia", "olga", "rita"]]]);
    expect(await store.row("max", "c1")).toBe(null);
    expect(await remove("olga")).toBe("not_found");
    expect(told).toHaveLength(1);
  });

  it("has removed it also where the answer was lost alone", async () => {
    const { house, store } = await commandHouse();
    const told: unknown[] = [];
    const failing = (done: boolean) => {
      const remove: MessageStore["remove"] = async (...given) => {
        if (done) await store.remove(...given);
        throw new ChatError("unavailable", "unable to remove; the answer was lost");
      };
      return { access: store.access.bind(store), settings: store.settings.bind(store), remove };
    };
    const removed = (c: string, members: readonly string[]) => told.push([c, members]);
    const before = removeConversation({ ...house, store: failing(false), removed }, by("olga"), "c1");
    await expect(before).rejects.toMatchObject({ code: "unavailable" });
    await removeConversation({ ...house, store: failing(true), removed }, by("olga"), "c1");
    expect(told).toEqual([["c1", []]]);
  });

  it.each([
    ["adam", "c1", "forbidden"],
    ["rita", "c1", "forbidden"],
    ["zoe", "c1", "not_found"],
    ["olga", "c9", "not_found"],
  ])("S14, S17: refuses %s in %s: %s", async (user, c, code) => {
    const { remove, told } = await houseOf();
    expect(await remove(user, c)).toBe(code);
    expect(told).toEqual([]);
  });

  it("is forbidden in a direct, whatever the host's table says; elsewhere the table decides", async () => {
    const members = [
      ["olga", "member"],
      ["max", "member"],
    ] as const;
    const permissions = { remove: ["member"] } as const;
    expect(await (await houseOf({ made: { kind: "direct", members }, permissions })).remove("olga")).toBe("forbidden");
    expect(await (await houseOf({ permissions })).remove("max")).toBe(undefined);
  });
});
