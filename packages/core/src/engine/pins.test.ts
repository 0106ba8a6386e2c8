import { LIMITS } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { by, type CommandHouseOptions, commandHouse } from "../testing/command-house.ts";
import { appendEvent, changeMembers, deletion, say } from "../testing/conformance/message-store/entries.ts";
import { pinMessage } from "./pins.ts";

/** Messages stand from seq 2 on. */
async function houseOf(messages = 3, options: CommandHouseOptions = {}) {
  const { house, store, outcomeOf, events } = await commandHouse(options);
  await say(store, "c1", "max", ...Array.from({ length: messages }, (_, index) => `${index}`));
  const pin = (user: string, seq: number, pinned = true, c = "c1") =>
    outcomeOf(pinMessage(house, by(user), c, seq, pinned));
  const metas = async () => (await events()).filter(({ type }) => type === "meta").map(({ body }) => body);
  return { house, store, pin, metas };
}

describe("pinMessage", () => {
  it("keeps the order pinned, and tells of the whole list", async () => {
    const { pin, metas } = await houseOf();
    expect(await pin("adam", 3)).toMatchObject({ pinned: [3] });
    expect(await pin("olga", 2)).toMatchObject({ pinned: [3, 2] });
    expect(await pin("olga", 3, false)).toMatchObject({ pinned: [2] });
    expect(await pin("olga", 2, false)).not.toHaveProperty("pinned");
    expect(await metas()).toEqual([{ pinned: [3] }, { pinned: [3, 2] }, { pinned: [2] }, { pinned: [] }]);
  });

  it("appends nothing for what is so already", async () => {
    const { pin, metas } = await houseOf();
    await pin("olga", 2);
    expect(await pin("adam", 2)).toMatchObject({ pinned: [2] });
    expect(await pin("adam", 3, false)).toMatchObject({ pinned: [2] });
    expect(await metas()).toHaveLength(1);
  });

  it("pins messages that stand, and unpins what has been deleted since", async () => {
    const { pin, store } = await houseOf();
    await pin("olga", 2);
    for (const seq of [2, 3]) await appendEvent(store, deletion("c1", "max", seq));
    expect(await pin("olga", 3)).toBe("conflict");
    expect([await pin("olga", 1), await pin("olga", 99), await pin("olga", 5)]).toEqual(Array(3).fill("not_found"));
    expect(await pin("olga", 2, false)).not.toHaveProperty("pinned");
  });

  it.each([
    ["max", "forbidden"],
    ["rita", "forbidden"],
    ["zoe", "not_found"],
  ])("S14, S17: refuses %s: %s", async (user, code) => {
    const { pin, metas } = await houseOf();
    expect([await pin(user, 2), await pin(user, 2, false), await pin("olga", 2, true, "c9")]).toEqual([
      code,
      code,
      "not_found",
    ]);
    expect(await metas()).toEqual([]);
  });

  it("I17: shows an admin nothing of what was before their join", async () => {
    const { pin, store } = await houseOf();
    await changeMembers(store, "c1", "olga", [["zoe", "admin"]]);
    expect(await pin("zoe", 2)).toBe("not_found");
  });

  it("S40: is too_large beyond the bound", async () => {
    const { pin } = await houseOf(LIMITS.pinsMax + 1);
    for (let seq = 2; seq < LIMITS.pinsMax + 2; seq++) await pin("olga", seq);
    expect(await pin("olga", LIMITS.pinsMax + 2)).toBe("too_large");
    await pin("olga", 2, false);
    expect(await pin("olga", LIMITS.pinsMax + 2)).toMatchObject({ role: "owner" });
  });

  it("keeps every one of many that come at once", async () => {
    const { pin } = await houseOf(20);
    const seqs = Array.from({ length: 20 }, (_, index) => index + 2);
    await Promise.all(seqs.map((seq) => pin(seq % 2 === 0 ? "olga" : "adam", seq)));
    expect(await pin("olga", 2)).toMatchObject({ pinned: seqs });
  });
});
