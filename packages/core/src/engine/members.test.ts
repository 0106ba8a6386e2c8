import { LIMITS, type Role } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import type { MemberChange } from "../ports/append.ts";
import type { NewConversation } from "../ports/conversation-settings.ts";
import { by, commandHouse, whileReading } from "../testing/command-house.ts";
import { changeMembers as changeOf } from "../testing/conformance/message-store/entries.ts";
import { changeMembers, entriesOf, listMembers, type MembersSurroundings } from "./members.ts";

const MEMBERS: readonly (readonly [string, Role])[] = [
  ["olga", "owner"],
  ["adam", "admin"],
  ["max", "member"],
  ["mia", "member"],
  ["rita", "reader"],
];

async function houseOf(made: Partial<NewConversation> = {}, membersPerCallMax = 3) {
  const { house, store, outcomeOf, events, members } = await commandHouse({ made, limits: { membersPerCallMax } });
  /** Runs a change to its end; its row, null, or the code it was refused with. */
  const change = (user: string, changes: readonly MemberChange[], through: MembersSurroundings = house, c = "c1") =>
    outcomeOf(changeMembers(through, by(user), c, changes));
  const changed = async () =>
    (await events()).map(({ type, from, body }) => ({ type, from, members: body?.["members"] }));
  return { house, store, change, now: members, events: changed };
}

describe("changeMembers", () => {
  it("appends one member event, by who made the call, and gives the row as it is then", async () => {
    const { change, now, events } = await houseOf();
    expect(
      await change("adam", [
        ["zoe", "member"],
        ["rita", null],
      ]),
    ).toMatchObject({ c: "c1", role: "admin", head: 2 });
    expect(await events()).toEqual([
      {
        type: "member",
        from: "adam",
        members: [
          ["zoe", "member"],
          ["rita", null],
        ],
      },
    ]);
    expect(await now()).toEqual([
      ["olga", "owner"],
      ["adam", "admin"],
      ["max", "member"],
      ["mia", "member"],
      ["zoe", "member"],
    ]);
  });

  it("appends nothing for what changes nothing, and only what does", async () => {
    const { change, events } = await houseOf();
    expect(
      await change("olga", [
        ["max", "member"],
        ["stranger", null],
      ]),
    ).toMatchObject({ head: 1 });
    expect(
      await change("olga", [
        ["max", "member"],
        ["mia", "reader"],
      ]),
    ).toMatchObject({ head: 2 });
    expect(await events()).toEqual([{ type: "member", from: "olga", members: [["mia", "reader"]] }]);
  });

  it("lets anybody leave, and then has no row for them", async () => {
    const { change, now } = await houseOf();
    for (const user of ["rita", "mia", "adam"]) expect(await change(user, [[user, null]])).toBe(null);
    expect(await now()).toEqual([
      ["olga", "owner"],
      ["max", "member"],
    ]);
  });

  it("passes the last owner's role on when they leave", async () => {
    const { change, now, events } = await houseOf();
    expect(await change("olga", [["olga", null]])).toBe(null);
    expect((await now())?.[0]).toEqual(["adam", "owner"]);
    expect(await events()).toEqual([
      {
        type: "member",
        from: "olga",
        members: [
          ["olga", null],
          ["adam", "owner"],
        ],
      },
    ]);
  });

  it("leaves the last owner one where nobody else is, without an entry", async () => {
    const { change, events, now } = await houseOf({ members: [["olga", "owner"]] });
    expect(await change("olga", [["olga", "member"]])).toMatchObject({ role: "owner", head: 1 });
    expect(
      await change("olga", [
        ["olga", "reader"],
        ["zoe", "reader"],
      ]),
    ).toMatchObject({ head: 2 });
    expect(await events()).toEqual([{ type: "member", from: "olga", members: [["zoe", "reader"]] }]);
    expect((await now())?.[0]).toEqual(["olga", "owner"]);
  });

  it("S17: is decided anew for who was made a member while they asked to join", async () => {
    const { house, store, change } = await houseOf({ open: true });
    const addedMeanwhile = whileReading(store, () => changeOf(store, "c1", "olga", [["zoe", "reader"]]));
    expect(await change("zoe", [["zoe", "member"]], { ...house, store: addedMeanwhile })).toBe("forbidden");
  });

  it("sees past those that change to find the next owner", async () => {
    const { change, now } = await houseOf();
    await change("olga", [
      ["olga", null],
      ["adam", "reader"],
      ["max", null],
    ]);
    expect(await now()).toEqual([
      ["mia", "owner"],
      ["adam", "reader"],
      ["rita", "reader"],
    ]);
  });

  it("leaves nobody behind when the last one goes", async () => {
    const { change, now } = await houseOf({ members: [["olga", "owner"]] });
    expect(await change("olga", [["olga", null]])).toBe(null);
    expect(await now()).toEqual([]);
  });

  it("S17: refuses who may not, and S14: says of a foreign conversation what it says of none", async () => {
    const { change } = await houseOf();
    expect(await change("mia", [["zoe", "member"]])).toBe("forbidden");
    expect(await change("adam", [["max", "admin"]])).toBe("forbidden");
    expect(await change("stranger", [["stranger", "member"]])).toBe("not_found");
    expect(await change("olga", [["zoe", "member"]], undefined, "c9")).toBe("not_found");
  });

  it("refuses a call that names too many", async () => {
    const { change } = await houseOf();
    const named = ["a", "b", "c", "d"].map((user): MemberChange => [user, "member"]);
    expect(await change("olga", named.slice(0, 3))).toMatchObject({ head: 2 });
    expect(await change("olga", named)).toBe("too_large");
  });

  it("S15: decides anew when another change came between the look and the append", async () => {
    const { house, store, change, events } = await houseOf();
    let meddled = false;
    const meddling: MembersSurroundings = {
      ...house,
      sequencer: {
        append: async (entry) => {
          if (!meddled) {
            meddled = true;
            // adam is no admin any longer by the time his change is appended.
            await store.append([
              { ...entry, user: "olga", members: [["adam", "member"]], body: { members: [["adam", "member"]] } },
            ]);
          }
          return house.sequencer.append(entry);
        },
      },
    };
    expect(await change("adam", [["zoe", "member"]], meddling)).toBe("forbidden");
    expect(await events()).toHaveLength(1);
  });

  it("S15: looks for an heir anew when members changed while it looked", async () => {
    const { house, store, change, now } = await houseOf();
    let meddled = false;
    const meddling: MembersSurroundings = {
      ...house,
      store: {
        access: (pairs) => store.access(pairs),
        row: (user, c) => store.row(user, c),
        settings: (c) => store.settings(c),
        members: async (c, cursor, limit) => {
          if (!meddled) {
            meddled = true;
            await changeOf(store, "c1", "olga", [["adam", null]]);
          }
          return store.members(c, cursor, limit);
        },
      },
    };
    expect(await change("olga", [["olga", null]], meddling)).toBe(null);
    expect((await now())?.[0]).toEqual(["max", "owner"]);
  });

  it("takes the role named last of who is named twice", async () => {
    const { change, events } = await houseOf();
    await change("adam", [
      ["zoe", "owner"],
      ["zoe", "reader"],
    ]);
    expect(await events()).toEqual([{ type: "member", from: "adam", members: [["zoe", "reader"]] }]);
  });

  it("keeps every one of many changes that come at once", async () => {
    const { house, change, now } = await houseOf();
    const users = Array.from({ length: 20 }, (_, index) => `u${index}`);
    const rows = await Promise.all(users.map((user) => change("olga", [[user, "member"]])));
    for (const row of rows) expect(row).toMatchObject({ c: "c1" });
    expect((await now())?.map(([user]) => user)).toEqual(expect.arrayContaining(users));
    expect(house.changes.size).toBe(0);
  });

  it("S17: refuses to add who is banned, and adds nobody of that entry", async () => {
    const { store, change, events } = await houseOf();
    await store.ban("c1", "zoe", true);
    expect(
      await change("olga", [
        ["yann", "member"],
        ["zoe", "member"],
      ]),
    ).toBe("forbidden");
    expect(await events()).toEqual([]);
  });

  it("makes a caller who is none a member of an open one, and of no other", async () => {
    const closed = await houseOf();
    for (const role of ["member", "admin"] as const) {
      expect(await closed.change("zoe", [["zoe", role]])).toBe("not_found");
    }
    const open = await houseOf({ open: true });
    expect(
      await open.change("zoe", [
        ["zoe", "member"],
        ["yann", "member"],
      ]),
    ).toBe("not_found");
    expect(await open.change("zoe", [["zoe", "admin"]])).toBe("forbidden");
    expect(await open.change("zoe", [["zoe", "member"]])).toMatchObject({ role: "member", head: 2 });
  });

  it("appends several entries of at most 1,000 users, in one call", async () => {
    const { change, events, now } = await houseOf({}, 10_000);
    const many = Array.from({ length: 9_500 }, (_, index): MemberChange => [`u${index}`, "member"]);
    expect(await change("adam", many)).toMatchObject({ head: 12, mode: "pull" });
    const sizes = (await events()).slice(0, -1).map(({ members }) => (members as unknown[]).length);
    expect(sizes).toEqual([...Array<number>(9).fill(1_000), 500]);
    expect(await now()).toHaveLength(9_505);
    expect(await change("adam", many), "once more").toMatchObject({ head: 12 });
  });

  it("keeps an owner, and the caller's right, until the last of several entries", async () => {
    const { change, now } = await houseOf({}, 10_000);
    const many = Array.from({ length: 1_500 }, (_, index): MemberChange => [`u${index}`, "member"]);
    expect(await change("olga", [["olga", null], ...many])).toBe(null);
    expect((await now())?.slice(0, 2)).toEqual([
      ["adam", "owner"],
      ["max", "member"],
    ]);
    expect(await now()).toHaveLength(1_504);
  });

  it("gives up with a wait when others never stop changing members", async () => {
    const { house, change } = await houseOf();
    const losing: MembersSurroundings = {
      ...house,
      sequencer: { append: async () => ({ kind: "refused", code: "stale" }) },
    };
    expect(await change("olga", [["zoe", "member"]], losing)).toBe("unavailable");
  });
});

describe("entriesOf", () => {
  it("leaves what fits into one entry as it is, and else puts owners first and the caller last", () => {
    const few: readonly MemberChange[] = [
      ["olga", null],
      ["adam", "owner"],
    ];
    expect(entriesOf(few, by("olga"))).toEqual([few]);
    const many = Array.from({ length: LIMITS.membersPerEventMax }, (_, index): MemberChange => [`u${index}`, "reader"]);
    const entries = entriesOf([["olga", null], ...many, ["adam", "owner"]], by("olga"));
    expect(entries.map((entry) => entry.length)).toEqual([LIMITS.membersPerEventMax, 2]);
    expect(entries[0]?.[0]).toEqual(["adam", "owner"]);
    expect(entries.at(-1)?.at(-1)).toEqual(["olga", null]);
  });
});

describe("listMembers", () => {
  it("pages through members, for members", async () => {
    const { house } = await houseOf();
    const rita = { user: "rita", claims: null, origin: null };
    const first = await listMembers(house, rita, "c1", null, 3);
    expect(first).toMatchObject({ members: MEMBERS.slice(0, 3), more: true });
    expect(await listMembers(house, rita, "c1", first.cursor, 3)).toMatchObject({
      members: MEMBERS.slice(3),
      more: false,
    });
  });

  it.each([
    ["stranger", "c1"],
    ["olga", "c9"],
  ])("S14: is not_found for %s in %s", async (user, c) => {
    const { house } = await houseOf();
    await expect(listMembers(house, { user, claims: null, origin: null }, c, null, 3)).rejects.toMatchObject({
      code: "not_found",
    });
  });
});
