import { describe, expect, it } from "vitest";
import { commandHouse } from "../testing/command-house.ts";
import { changeSettings } from "../testing/conformance/message-store/entries.ts";
import { banUser } from "./bans.ts";
import { blockUser } from "./blocks.ts";
import type { Caller } from "./caller.ts";
import { type ConversationRequest, createConversation } from "./create-conversation.ts";
import { fetchPage } from "./fetch.ts";
import { joinConversation } from "./join.ts";
import { changeMembers, listMembers } from "./members.ts";
import { patchConversation } from "./patch-conversation.ts";
import { pinMessage } from "./pins.ts";
import { receiptsPage } from "./receipts-page.ts";
import { removeConversation } from "./remove-conversation.ts";
import { send } from "./send.ts";

const SYSTEM: Caller = { user: "system", claims: null, origin: null, system: true };

/** `c1` of olga (owner), adam (admin), max, mia and rita, where `authorize` and every hook say no. */
async function houseOf(made: object = {}) {
  const found = await commandHouse({ made, authorize: () => false });
  for (const step of ["send", "edit", "delete", "create", "join"] as const) {
    found.house.host.hooks.add(step, () => Promise.reject(new Error("asked")));
  }
  const { store, outcomeOf } = found;
  let ids = 0;
  const house = {
    ...found.house,
    newId: () => `id${++ids}`,
    created: () => {},
    unsure: () => {},
    removed: () => {},
    seen: () => {},
  };
  const create = (request: Partial<ConversationRequest>) =>
    outcomeOf(
      createConversation(house, SYSTEM, {
        kind: "group",
        members: [],
        title: null,
        meta: null,
        open: false,
        wholeHistory: false,
        ...request,
      }),
    );
  const membersOf = async (c: string) => (await store.members(c, null, 100))?.members;
  return { ...found, house, create, membersOf };
}

const message = (id: string) => ({ id, c: "c1", type: "message", body: { text: id } }) as const;

describe("what the host itself does", () => {
  it("writes into any conversation, as no member, without roles, pace, hooks and authorize", async () => {
    const { house, store, outcomeOf, events } = await houseOf();
    await changeSettings(store, "c1", "olga", { slow: 60_000 });
    for (const id of ["m1", "m2"])
      expect(await outcomeOf(send(house, SYSTEM, message(id), null))).toMatchObject({ t: "sent" });
    expect(await outcomeOf(send(house, SYSTEM, { ...message("e1"), type: "edit", re: 3 }, null))).toMatchObject({
      seq: 5,
    });
    expect((await events()).slice(1).map(({ type, from }) => [type, from])).toEqual([
      ["message", "system"],
      ["message", "system"],
      ["edit", "system"],
    ]);
    expect(await outcomeOf(send(house, SYSTEM, message("m1"), null)), "I4").toMatchObject({ seq: 3, dup: true });
    expect(await outcomeOf(send(house, SYSTEM, { ...message("m3"), c: "none" }, null))).toBe("not_found");
  });

  it("edits and deletes what others wrote", async () => {
    const { house, store, outcomeOf } = await houseOf();
    const by = { user: "max", claims: null, origin: null };
    const open = { ...house, host: (await commandHouse()).house.host };
    await outcomeOf(send(open, by, message("m1"), null));
    expect(await outcomeOf(send(house, SYSTEM, { ...message("e1"), type: "edit", re: 2 }, null))).toMatchObject({
      seq: 3,
    });
    const deletion = { id: "d1", c: "c1", type: "delete", re: 2 } as const;
    expect(await outcomeOf(send(house, SYSTEM, deletion, null))).toMatchObject({ seq: 4 });
    const page = await store.range({ conversation: "c1", view: "log", from: "oldest", rows: 10, bytes: 1e6 });
    expect(page?.rows[1]).toMatchObject({ deleted: true });
  });

  it("reads all of it, also from before anybody came", async () => {
    const { house, outcomeOf } = await houseOf();
    await outcomeOf(send(house, SYSTEM, message("m1"), null));
    const page = await outcomeOf(fetchPage(house, SYSTEM, { c: "c1", after: 0 }));
    expect(page).toMatchObject({ from: 1, to: 2, head: 2 });
    expect(await outcomeOf(fetchPage(house, SYSTEM, { c: "none" }))).toBe("not_found");
    expect(await outcomeOf(listMembers(house, SYSTEM, "c1", null, 10))).toMatchObject({ members: { length: 5 } });
    expect(await outcomeOf(listMembers(house, SYSTEM, "none", null, 10))).toBe("not_found");
    expect(await outcomeOf(receiptsPage(house, SYSTEM, "c1", {}))).toMatchObject({ seq: 2, users: { length: 5 } });
    expect(await outcomeOf(receiptsPage(house, SYSTEM, "none", {}))).toBe("not_found");
  });

  it("changes settings, pins, members and bans, whatever roles say; the last owner has an heir all the same", async () => {
    const { house, outcomeOf, membersOf } = await houseOf();
    await outcomeOf(send(house, SYSTEM, message("m1"), null));
    expect(await outcomeOf(patchConversation(house, SYSTEM, "c1", { title: "new" }))).toBe(null);
    expect(await outcomeOf(pinMessage(house, SYSTEM, "c1", 2, true))).toBe(null);
    expect(await outcomeOf(pinMessage(house, SYSTEM, "c1", 1, true))).toBe("not_found");
    expect(await house.store.settings("c1")).toMatchObject({ title: "new", pinned: [2] });
    expect(
      await outcomeOf(
        changeMembers(house, SYSTEM, "c1", [
          ["olga", null],
          ["zoe", "owner"],
        ]),
      ),
    ).toBe(null);
    expect(await outcomeOf(banUser(house, SYSTEM, "c1", "zoe", true))).toBe(null);
    expect(await membersOf("c1")).toEqual([
      ["adam", "owner"],
      ["max", "member"],
      ["mia", "member"],
      ["rita", "reader"],
    ]);
    expect(await outcomeOf(changeMembers(house, SYSTEM, "c1", [["zoe", "member"]]))).toBe("forbidden");
    expect(await outcomeOf(banUser(house, SYSTEM, "c1", "zoe", false))).toBe(null);
    expect(await outcomeOf(changeMembers(house, SYSTEM, "c1", [["system", "admin"]]))).toMatchObject({ role: "admin" });
    for (const work of [
      () => patchConversation(house, SYSTEM, "none", { title: "new" }),
      () => changeMembers(house, SYSTEM, "none", [["zoe", "member"]]),
      () => banUser(house, SYSTEM, "none", "zoe", true),
    ]) {
      expect(await outcomeOf(work())).toBe("not_found");
    }
  });

  it("leaves a direct its two members, and removes it", async () => {
    const members = [
      ["max", "member"],
      ["mia", "member"],
    ] as const;
    const { house, store, outcomeOf } = await houseOf({ kind: "direct", creator: "max", members });
    await store.block("max", "mia", true);
    expect(await outcomeOf(send(house, SYSTEM, message("m1"), null))).toMatchObject({ t: "sent" });
    expect(await outcomeOf(changeMembers(house, SYSTEM, "c1", [["zoe", "member"]]))).toBe("forbidden");
    expect(await outcomeOf(banUser(house, SYSTEM, "c1", "mia", true))).toBe("forbidden");
    expect(await outcomeOf(removeConversation(house, SYSTEM, "c1"))).toBe(undefined);
    expect(await store.settings("c1")).toBe(null);
    expect(await outcomeOf(removeConversation(house, SYSTEM, "c1"))).toBe("not_found");
  });

  it("joins nothing and blocks nobody", async () => {
    const { house, outcomeOf } = await houseOf({ open: true });
    expect(await outcomeOf(joinConversation(house, SYSTEM, "c1"))).toBe("invalid");
    expect(await outcomeOf(blockUser(house, SYSTEM, "max", true))).toBe("invalid");
  });
});

describe("what the host itself creates", () => {
  it.each([
    [
      [
        ["a", "member"],
        ["b", "owner"],
        ["c", "admin"],
      ],
      [
        ["b", "owner"],
        ["c", "admin"],
        ["a", "member"],
      ],
    ],
    [
      [
        ["a", "member"],
        ["b", "admin"],
        ["c", "admin"],
      ],
      [
        ["b", "owner"],
        ["c", "admin"],
        ["a", "member"],
      ],
    ],
    [
      [
        ["a", "reader"],
        ["b", "member"],
      ],
      [
        ["b", "owner"],
        ["a", "reader"],
      ],
    ],
    [[["a", "reader"]], [["a", "owner"]]],
    [
      [
        ["system", "admin"],
        ["a", "member"],
      ],
      [
        ["system", "owner"],
        ["a", "member"],
      ],
    ],
    [[], []],
  ] as const)("of %j has the members %j: never without an owner, if anybody is there", async (named, made) => {
    const { create, membersOf } = await houseOf();
    const outcome = await create({ id: "g1", members: named });
    expect(outcome).toMatchObject({ id: "g1", made: true });
    expect(await membersOf("g1")).toEqual(made);
    expect(await create({ id: "g1", members: named })).toMatchObject({ id: "g1", made: false });
  });

  it("between two is the same direct as theirs, and needs exactly two", async () => {
    const { create, membersOf } = await houseOf();
    const pair = [
      ["max", "owner"],
      ["mia", "member"],
    ] as const;
    const made = await create({ kind: "direct", members: pair });
    if (typeof made === "string") throw new Error(made);
    expect(made).toMatchObject({ row: null, made: true });
    expect(await membersOf(made.id)).toEqual([
      ["max", "member"],
      ["mia", "member"],
    ]);
    expect(await create({ kind: "direct", members: [...pair].reverse() })).toMatchObject({ id: made.id, made: false });
    const three = [...pair, ["zoe", "member"]] as const;
    for (const members of [[], pair.slice(0, 1), three]) {
      expect(await create({ kind: "direct", members })).toBe("invalid");
    }
  });
});
