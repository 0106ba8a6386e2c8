import { LIMITS, type Role } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { by, commandHouse } from "../testing/command-house.ts";
import { say } from "../testing/conformance/message-store/entries.ts";
import { type ReceiptsRequest, receiptsPage } from "./receipts-page.ts";

async function houseOf(members?: readonly (readonly [string, Role])[]) {
  const { store, outcomeOf } = await commandHouse(members === undefined ? {} : { made: { members } });
  const receipts = (user: string, request: ReceiptsRequest = {}, c = "c1") =>
    outcomeOf(receiptsPage({ store }, by(user), c, request));
  return { store, receipts };
}

describe("receiptsPage", () => {
  it("counts at the seq asked for, or at the head, and lists by user id", async () => {
    const { store, receipts } = await houseOf();
    await say(store, "c1", "max", "a", "b");
    await store.raise([{ user: "mia", conversation: "c1", delivered: 3, read: 2 }]);
    expect(await receipts("rita")).toMatchObject({ seq: 3, delivered: 2, read: 1, more: false });
    expect(await receipts("rita", { seq: 2 })).toMatchObject({
      seq: 2,
      delivered: 2,
      read: 2,
      users: [
        ["adam", 1, 1],
        ["max", 3, 3],
        ["mia", 3, 2],
        ["olga", 1, 1],
        ["rita", 1, 1],
      ],
    });
  });

  it("comes in pages, of 100 unless asked, and of 200 at most", async () => {
    const many = Array.from({ length: 249 }, (_, index): [string, Role] => [`u${index}`, "member"]);
    const { receipts } = await houseOf([["olga", "owner"], ...many]);
    const first = await receipts("olga");
    if (typeof first === "string") throw new Error(first);
    expect([first.users.length, first.more]).toEqual([100, true]);
    expect(await receipts("olga", { limit: 1_000 })).toMatchObject({ users: { length: LIMITS.pageRowsMax } });
    const rest = await receipts("olga", { cursor: first.cursor, limit: 200 });
    expect(rest).toMatchObject({ users: { length: 150 }, more: false });
  });

  it.each([
    ["zoe", "c1", {}, "not_found"],
    ["olga", "c9", {}, "not_found"],
    ["olga", "c1", { cursor: "no cursor of ours" }, "invalid"],
  ])("S14: refuses %s in %s with %j: %s", async (user, c, request, code) => {
    const { receipts } = await houseOf();
    expect(await receipts(user, request, c)).toBe(code);
  });
});
