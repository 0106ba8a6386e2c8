import { describe, expect, it } from "vitest";
import { by, type CommandHouseOptions, commandHouse } from "../testing/command-house.ts";
import { changeMembers } from "../testing/conformance/message-store/entries.ts";
import { type BansSurroundings, banUser } from "./bans.ts";
import { joinConversation } from "./join.ts";

async function houseOf(options: CommandHouseOptions = { made: { open: true } }) {
  const { house, store, outcomeOf, events, members } = await commandHouse(options);
  const ban = (caller: string, user: string, banned = true, through: BansSurroundings = house, c = "c1") =>
    outcomeOf(banUser(through, by(caller), c, user, banned));
  const join = (user: string) => outcomeOf(joinConversation(house, by(user), "c1"));
  return { house, store, ban, join, events, members };
}

describe("banUser", () => {
  it("removes a member and bans them by one entry", async () => {
    const { ban, join, events } = await houseOf();
    expect(await ban("adam", "max")).toMatchObject({ c: "c1", role: "admin", head: 2 });
    expect(await events()).toEqual([{ type: "member", from: "adam", body: { members: [["max", null]] } }]);
    expect(await join("max")).toBe("forbidden");
  });

  it("appends nothing for who is no member, nor for a second ban, nor when it is lifted", async () => {
    const { ban, join, events } = await houseOf();
    for (const banned of [true, true]) expect(await ban("adam", "zoe", banned)).toMatchObject({ head: 1 });
    expect(await join("zoe")).toBe("forbidden");
    for (const banned of [false, false]) expect(await ban("adam", "zoe", banned)).toMatchObject({ head: 1 });
    expect(await ban("adam", "max", false), "who was never banned").toMatchObject({ head: 1 });
    expect(await events()).toEqual([]);
    expect(await join("zoe")).toMatchObject({ role: "member" });
  });

  it.each([
    ["max", "zoe", "forbidden"],
    ["rita", "max", "forbidden"],
    ["adam", "olga", "forbidden"],
    ["zoe", "max", "not_found"],
    ["adam", "adam", "invalid"],
  ])("S17: refuses %s who would ban %s: %s", async (caller, user, code) => {
    const { ban, events } = await houseOf();
    expect([await ban(caller, user), await ban(caller, user, false)]).toEqual([code, code]);
    expect(await events()).toEqual([]);
  });

  it("S17: lets owners ban owners and admins, as they may remove them", async () => {
    const { ban, store, members } = await houseOf();
    await changeMembers(store, "c1", "olga", [["max", "owner"]]);
    expect(await ban("max", "olga")).toMatchObject({ role: "owner" });
    expect(await ban("max", "adam")).toMatchObject({ role: "owner" });
    expect((await members())?.map(([user]) => user)).toEqual(["max", "mia", "rita"]);
  });

  it("keeps an owner, where the host's table lets others ban the last one", async () => {
    const { ban, members } = await houseOf({ permissions: { changeAdmins: ["member"], ban: ["member"] } });
    expect(await ban("max", "olga")).toMatchObject({ role: "member" });
    expect((await members())?.[0]).toEqual(["adam", "owner"]);
  });

  it("S14: is not_found where there is none", async () => {
    const { house, ban } = await houseOf();
    expect(await ban("olga", "max", true, house, "c9")).toBe("not_found");
  });

  it("is forbidden in a direct", async () => {
    const members = [
      ["olga", "member"],
      ["max", "member"],
    ] as const;
    const { ban } = await houseOf({ made: { kind: "direct", members }, permissions: { ban: ["member"] } });
    expect([await ban("olga", "max"), await ban("olga", "zoe")]).toEqual(["forbidden", "forbidden"]);
  });

  it("S15: decides anew when they joined between the look and the ban", async () => {
    const { house, store, ban, events } = await houseOf();
    let meddled = false;
    const meddling = new Proxy(store, {
      get: (target, name) => {
        if (name !== "ban") return Reflect.get(target, name, target).bind(target);
        return async (c: string, user: string, banned: boolean) => {
          if (!meddled) await changeMembers(store, "c1", "olga", [["zoe", "member"]]);
          meddled = true;
          return store.ban(c, user, banned);
        };
      },
    });
    expect(await ban("adam", "zoe", true, { ...house, store: meddling })).toMatchObject({ head: 3 });
    expect((await events()).at(-1)?.body).toEqual({ members: [["zoe", null]] });
  });
});
