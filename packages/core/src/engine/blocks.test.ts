import { describe, expect, it } from "vitest";
import { by, commandHouse } from "../testing/command-house.ts";
import { blockUser } from "./blocks.ts";

describe("blockUser", () => {
  it("blocks, for both, and no longer; twice is no error", async () => {
    const { store, outcomeOf } = await commandHouse();
    const block = (blocked: boolean) => outcomeOf(blockUser({ store }, by("max"), "mia", blocked));
    for (const blocked of [true, true, false, false]) {
      expect(await block(blocked)).toBe(undefined);
      expect(await store.blocked("mia", ["max", "olga"])).toEqual([blocked, false]);
    }
  });

  it("is invalid of oneself", async () => {
    const { store, outcomeOf } = await commandHouse();
    for (const blocked of [true, false]) {
      expect(await outcomeOf(blockUser({ store }, by("max"), "max", blocked))).toBe("invalid");
    }
  });
});
