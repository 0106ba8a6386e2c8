import { describe, expect, it } from "vitest";
import { by, commandHouse } from "../testing/command-house.ts";
import { changeMemberState, type MemberState } from "./member-state.ts";

async function houseOf() {
  const { store, outcomeOf, events } = await commandHouse();
  const change = (user: string, state: MemberState, c = "c1") =>
    outcomeOf(changeMemberState({ store, watermarks: store }, by(user), c, state));
  return { store, change, events };
}

describe("changeMemberState", () => {
  it("keeps what is given, and leaves the rest as it was", async () => {
    const { change } = await houseOf();
    expect(await change("max", { mute: true })).toMatchObject({ c: "c1", mute: true });
    expect(await change("max", { unread: true })).toMatchObject({ mute: true, marked: true });
    expect(await change("max", { mute: 1_800_000_000_000 })).toMatchObject({ mute: 1_800_000_000_000, marked: true });
    const row = await change("max", { mute: false, unread: false });
    expect(row).toMatchObject({ mute: false });
    expect(row).not.toHaveProperty("marked");
  });

  it("is the caller's own, and in no log", async () => {
    const { store, change, events } = await houseOf();
    await change("max", { mute: true, unread: true });
    expect(await store.row("mia", "c1")).toMatchObject({ mute: false });
    expect(await events()).toEqual([]);
  });

  it("gives the row where nothing is asked for", async () => {
    const { change } = await houseOf();
    expect(await change("rita", {})).toMatchObject({ c: "c1", role: "reader" });
  });

  it.each([
    ["zoe", "c1"],
    ["olga", "c9"],
  ])("S14: is not_found for %s in %s", async (user, c) => {
    const { change } = await houseOf();
    expect([await change(user, { mute: true }, c), await change(user, {}, c)]).toEqual(["not_found", "not_found"]);
  });
});
