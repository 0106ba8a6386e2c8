import type { ChatError } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { by, type CommandHouseOptions, commandHouse, whileReading } from "../testing/command-house.ts";
import { changeMembers } from "../testing/conformance/message-store/entries.ts";
import { joinConversation } from "./join.ts";

async function houseOf(options: CommandHouseOptions = { made: { open: true } }) {
  const { house, store, outcomeOf, events, members } = await commandHouse(options);
  const join = (user: string, c = "c1") => outcomeOf(joinConversation(house, by(user), c));
  return { house, store, join, events, members, outcomeOf };
}

describe("joinConversation", () => {
  it("makes the caller a member of an open conversation, by an event of their own", async () => {
    const { join, events } = await houseOf();
    expect(await join("zoe")).toMatchObject({ c: "c1", role: "member", head: 2, unread: 0, open: true });
    expect(await events()).toEqual([{ type: "member", from: "zoe", body: { members: [["zoe", "member"]] } }]);
  });

  it("leaves who is a member already what they are", async () => {
    const { join, events } = await houseOf();
    for (const [user, role] of [
      ["olga", "owner"],
      ["rita", "reader"],
    ] as const) {
      expect(await join(user)).toMatchObject({ role, head: 1 });
    }
    expect(await events()).toEqual([]);
  });

  it("S17: takes nothing from who was made an admin between the reading and the entry", async () => {
    const { house, store, members, events, outcomeOf } = await houseOf();
    const addedMeanwhile = whileReading(store, () => changeMembers(store, "c1", "olga", [["zoe", "admin"]]));
    const joining = joinConversation({ ...house, store: addedMeanwhile }, by("zoe"), "c1");
    expect(await outcomeOf(joining)).toMatchObject({ role: "admin" });
    expect(await members()).toContainEqual(["zoe", "admin"]);
    expect(await events()).toHaveLength(1);
  });

  it("S14: says the same of one that is not open as of none", async () => {
    const { house, outcomeOf } = await houseOf({});
    const words = async (c: string) =>
      outcomeOf(joinConversation(house, by("zoe"), c).catch((error: ChatError) => `${error.code}: ${error.message}`));
    expect(await words("c1")).toMatch(/^not_found: /);
    expect(await words("c1")).toBe(await words("c9"));
  });

  it("is forbidden to who is banned, until that is lifted", async () => {
    const { store, join } = await houseOf();
    await store.ban("c1", "zoe", true);
    expect(await join("zoe")).toBe("forbidden");
    await store.ban("c1", "zoe", false);
    expect(await join("zoe")).toMatchObject({ role: "member" });
  });

  it("S17: never adds a third to a direct", async () => {
    const members = [
      ["olga", "member"],
      ["max", "member"],
    ] as const;
    const { join } = await houseOf({ made: { kind: "direct", open: true, members } });
    expect(await join("zoe")).toBe("not_found");
  });

  it("takes all of many who join at once, and one who asks twice once", async () => {
    const { join, members } = await houseOf();
    const users = Array.from({ length: 20 }, (_, index) => `u${index % 10}`);
    for (const row of await Promise.all(users.map((user) => join(user)))) expect(row).toMatchObject({ role: "member" });
    expect(await members()).toHaveLength(15);
  });
});
