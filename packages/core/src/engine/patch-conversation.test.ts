import { LIMITS } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { by, type CommandHouseOptions, commandHouse } from "../testing/command-house.ts";
import { changeSettings } from "../testing/conformance/message-store/entries.ts";
import { type ConversationPatch, type PatchSurroundings, patchConversation } from "./patch-conversation.ts";

async function houseOf(options: CommandHouseOptions = {}) {
  const { house, store, outcomeOf, events } = await commandHouse(options);
  const patch = (user: string, wanted: ConversationPatch, through: PatchSurroundings = house, c = "c1") =>
    outcomeOf(patchConversation(through, by(user), c, wanted));
  return { house, store, patch, events };
}

describe("patchConversation", () => {
  it("changes what is given, by one meta event that holds nothing else", async () => {
    const { patch, events } = await houseOf();
    const wanted = { title: "Lunch", meta: { where: "here" }, open: true, slow: 1_000 };
    expect(await patch("adam", wanted)).toMatchObject({ ...wanted, role: "admin", head: 2 });
    expect(await patch("olga", { title: null })).toMatchObject({ title: null, meta: { where: "here" }, head: 3 });
    expect(await events()).toEqual([
      { type: "meta", from: "adam", body: wanted },
      { type: "meta", from: "olga", body: { title: null } },
    ]);
  });

  it("appends nothing for what changes nothing, however its keys are ordered, and only what does", async () => {
    const { patch, events } = await houseOf({ made: { title: "Lunch", meta: { a: 1, b: 2 } } });
    expect(await patch("olga", {})).toMatchObject({ head: 1 });
    expect(await patch("olga", { title: "Lunch", meta: { b: 2, a: 1 }, open: false, slow: 0 })).toMatchObject({
      head: 1,
    });
    expect(await patch("olga", { title: "Lunch", meta: { a: 1 } })).toMatchObject({ head: 2 });
    expect(await events()).toEqual([{ type: "meta", from: "olga", body: { meta: { a: 1 } } }]);
  });

  it.each([
    ["max", "forbidden"],
    ["rita", "forbidden"],
    ["zoe", "not_found"],
  ])("S14, S17: refuses %s: %s", async (user, code) => {
    const { house, patch, events } = await houseOf();
    expect([await patch(user, { title: "x" }), await patch(user, {})]).toEqual([code, code]);
    expect(await patch("olga", { title: "x" }, house, "c9")).toBe("not_found");
    expect(await events()).toEqual([]);
  });

  it("asks the host's table who may, but never opens a direct", async () => {
    const members = [
      ["olga", "member"],
      ["max", "member"],
    ] as const;
    const { patch } = await houseOf({ made: { kind: "direct", members }, permissions: { patch: ["member"] } });
    expect(await patch("max", { title: "Us", open: false })).toMatchObject({ title: "Us" });
    expect(await patch("max", { open: true })).toBe("forbidden");
    const plain = await houseOf({ made: { kind: "direct", members } });
    expect(await plain.patch("max", { title: "Us" })).toBe("forbidden");
  });

  it("S40: refuses a pace beyond a day, and a meta that is larger than a message may be", async () => {
    const { house, patch } = await houseOf();
    expect(await patch("olga", { slow: house.limits.slowUpToMs })).toMatchObject({ slow: 86_400_000 });
    expect(await patch("olga", { slow: house.limits.slowUpToMs + 1 })).toBe("invalid");
    expect(await patch("olga", { meta: { text: "x".repeat(LIMITS.bodyBytesMax) } })).toBe("too_large");
  });

  it("S40: keeps a retention of a minute or more, and tells it; null goes back to what the host says", async () => {
    const { house, patch, events } = await houseOf();
    const { retentionFromMs: age } = house.limits;
    for (const wrong of [{ age: age - 1 }, { age: age - 1, messages: 5 }]) {
      expect(await patch("olga", { retention: wrong })).toBe("invalid");
    }
    expect(await patch("olga", { retention: { age } })).toMatchObject({ retention: { age: 60_000 }, head: 2 });
    const both = { retention: { messages: 1, age: 2 * age } };
    expect(await patch("olga", both)).toMatchObject({ ...both, head: 3 });
    expect(await patch("olga", { retention: { age: 2 * age, messages: 1 } })).toMatchObject({ head: 3 });
    expect(await patch("max", { retention: null })).toBe("forbidden");
    expect(await patch("olga", { retention: null })).not.toHaveProperty("retention");
    expect((await events()).map(({ body }) => body)).toEqual([{ retention: { age } }, both, { retention: null }]);
  });

  it("S15: decides anew when another change came between the look and the append", async () => {
    const { house, store, patch, events } = await houseOf();
    let meddled = false;
    const sequencer: PatchSurroundings["sequencer"] = {
      append: async (entry) => {
        if (!meddled) await changeSettings(store, "c1", "adam", { title: "Lunch" });
        meddled = true;
        return house.sequencer.append(entry);
      },
    };
    const wanted = { title: "Lunch", slow: 1_000 };
    expect(await patch("olga", wanted, { ...house, sequencer })).toMatchObject(wanted);
    expect((await events()).map(({ body }) => body)).toEqual([{ title: "Lunch" }, { slow: 1_000 }]);
  });

  it("gives up with a wait when others never stop", async () => {
    const { house, patch } = await houseOf();
    const losing = { ...house, sequencer: { append: async () => ({ kind: "refused", code: "stale" }) as const } };
    expect(await patch("olga", { title: "x" }, losing)).toBe("unavailable");
  });

  it("S15: is refused when its caller loses role or place between the look and the append", async () => {
    for (const code of ["forbidden", "not_found"] as const) {
      const { house, patch } = await houseOf();
      const refusing = { ...house, sequencer: { append: async () => ({ kind: "refused", code }) as const } };
      expect(await patch("olga", { title: "x" }, refusing)).toBe(code);
    }
  });
});
