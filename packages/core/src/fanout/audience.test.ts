import type { EventRow, Role } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import type { MessageStore } from "../ports/message-store.ts";
import { memoryStore } from "../store/memory-message-store.ts";
import { conversation, message } from "../testing/conformance/message-store/entries.ts";
import { type Audience, Audiences, memberChanges } from "./audience.ts";

const EPOCH = "first";
const asOf = (membersVersion: number, epoch = EPOCH) => ({ epoch, membersVersion });
const LIMITS = { rememberedMax: 10, rememberedMembersMax: 1_000 };

async function storeWith(
  members: readonly (readonly [string, Role])[] = [
    ["alice", "owner"],
    ["bob", "member"],
  ],
) {
  const store = memoryStore();
  await store.open();
  await store.create({ ...conversation("c1", { members }), epoch: EPOCH });
  const change = async (changes: readonly (readonly [string, Role | null])[]) => {
    const ifMembersVersion = (await store.access([{ user: "alice", conversation: "c1" }]))[0]?.membersVersion ?? 0;
    const { key: _, ...entry } = message("c1", "alice", "");
    const [result] = await store.append([
      { ...entry, type: "member", members: changes, body: { members: changes }, ifMembersVersion },
    ]);
    if (result?.kind !== "event") throw new Error("not changed");
    return result;
  };
  return { store, change };
}

const row = (body: object | undefined, type: EventRow["type"] = "member"): EventRow =>
  ({ seq: 2, ord: 0, type, from: "alice", at: 0, ...(body === undefined ? {} : { body }) }) as EventRow;

function known(audience: Audience | "over"): Audience {
  if (audience === "over") throw new Error("of another life");
  return audience;
}

describe("Audiences", () => {
  it("knows the members of what was just created, as of its meta", async () => {
    const { store } = await storeWith();
    const audiences = new Audiences({ store, limits: LIMITS });
    const rows = [row({}, "meta"), row({ members: [["u1000", "member"]] }), row({ members: [["u2000", "member"]] })];
    const members = [
      ["alice", "owner"],
      ["u1000", "member"],
      ["u2000", "member"],
    ] as const;
    audiences.begin({ id: "c9", epoch: EPOCH, members }, { rows, membersVersion: 3 });
    expect([...(audiences.at("c9", asOf(1))?.users ?? [])]).toEqual(["alice", "u1000", "u2000"]);
    expect(audiences.at("c9", asOf(3))).toBe(null);
  });

  it("moves a list on by a member event, and is of that version then", async () => {
    const { store } = await storeWith();
    const audiences = new Audiences({ store, limits: LIMITS });
    const audience = known(await audiences.read("c1", asOf(1), false));
    audiences.apply(
      audience,
      row({
        members: [
          ["zoe", "member"],
          ["bob", null],
          ["alice", "admin"],
        ],
      }),
    );
    expect([...audience.users].sort()).toEqual(["alice", "zoe"]);
    expect(audiences.at("c1", asOf(1))).toBe(null);
    expect(audiences.at("c1", asOf(2))).toBe(audience);
  });

  it("reads a list in all its pages", async () => {
    const members = Array.from({ length: 2_300 }, (_, index): [string, Role] => [
      `u${index}`,
      index === 0 ? "owner" : "member",
    ]);
    const { store } = await storeWith(members);
    const audience = known(await new Audiences({ store, limits: LIMITS }).read("c1", asOf(1), false));
    expect([...audience.users].sort()).toEqual(members.map(([user]) => user).sort());
    expect(audience).toMatchObject({ version: 1, since: null });
  });

  it("starts over when members change between two pages of a list", async () => {
    const members = Array.from({ length: 1_500 }, (_, index): [string, Role] => [`u${index}`, "member"]);
    const { store, change } = await storeWith([["alice", "owner"], ...members]);
    let pages = 0;
    const list: MessageStore["members"] = async (c, cursor, limit) => {
      if (++pages === 2)
        await change([
          ["u0", null],
          ["zoe", "member"],
        ]);
      return store.members(c, cursor, limit);
    };
    const audiences = new Audiences({ store: { members: list, access: store.access.bind(store) }, limits: LIMITS });
    const audience = known(await audiences.read("c1", asOf(1), false));
    expect(audience.version).toBe(2);
    expect(audience.users.has("zoe")).toBe(true);
    expect(audience.users.has("u0")).toBe(false);
    expect(audience.users.size).toBe(1_501);
  });

  it("I17: says since when each of a later list is a member", async () => {
    const { store, change } = await storeWith();
    await change([["zoe", "member"]]);
    const audience = known(await new Audiences({ store, limits: LIMITS }).read("c1", asOf(1), false));
    expect(audience.version).toBe(2);
    expect([...(audience.since ?? [])]).toEqual([
      ["alice", 1],
      ["bob", 1],
      ["zoe", 2],
    ]);
  });

  it("I17: takes the members of one life of a log for none of another, whatever the versions are", async () => {
    const { store } = await storeWith();
    const audiences = new Audiences({ store, limits: LIMITS });
    await audiences.read("c1", asOf(1), false);
    expect(audiences.at("c1", asOf(1, "another"))).toBe(null);
    expect(await audiences.read("c1", asOf(1, "another"), false)).toBe("over");
    // Who has to hear of it is asked of the life that there is.
    expect([...(await audiences.users("c1", asOf(1, "another")))]).toEqual(["alice", "bob"]);
    audiences.follow("c1", row({ members: [["zoe", "member"]] }), asOf(2, "another"));
    expect([...audiences.remembered("c1")]).toEqual(["alice", "bob"]);
  });

  it("starts over when another life begins between two pages of a list", async () => {
    const members = Array.from({ length: 1_500 }, (_, index): [string, Role] => [`u${index}`, "member"]);
    const [first, later] = [await storeWith(members), await storeWith()];
    let pages = 0;
    const list: MessageStore["members"] = async (c, cursor, limit) => {
      if (++pages === 1) return first.store.members(c, cursor, limit);
      const page = await later.store.members(c, null, limit);
      return page && { ...page, epoch: "another" };
    };
    const audiences = new Audiences({
      store: { members: list, access: later.store.access.bind(later.store) },
      limits: LIMITS,
    });
    expect([...(await audiences.users("c1", asOf(1, "another")))]).toEqual(["alice", "bob"]);
  });

  it("is nobody where there is no conversation, and remembers nothing of it", async () => {
    const { store } = await storeWith();
    const audiences = new Audiences({ store, limits: LIMITS });
    expect(await audiences.read("none", asOf(3), false)).toMatchObject({ users: new Set() });
    expect(audiences.at("none", asOf(3))).toBe(null);
  });

  it("remembers no more lists than it may", async () => {
    const { store } = await storeWith();
    for (const c of ["c2", "c3"]) await store.create({ ...conversation(c), epoch: EPOCH });
    const audiences = new Audiences({ store, limits: { rememberedMax: 2, rememberedMembersMax: 1_000 } });
    for (const c of ["c1", "c2", "c3"]) await audiences.read(c, asOf(1), false);
    expect(["c1", "c2", "c3"].map((c) => audiences.at(c, asOf(1)) !== null)).toEqual([false, true, true]);
  });

  it("rejects as the store does", async () => {
    const { store } = await storeWith();
    await store.close();
    await expect(new Audiences({ store, limits: LIMITS }).read("c1", asOf(1), false)).rejects.toMatchObject({
      code: "closed",
    });
  });
});

describe("memberChanges", () => {
  it("are those of member events alone", () => {
    expect(memberChanges(row({ members: [["bob", null]] }))).toEqual([["bob", null]]);
    expect(memberChanges(row({ members: [["bob", null]] }, "meta"))).toEqual([]);
    expect(memberChanges(row(undefined))).toEqual([]);
  });
});
