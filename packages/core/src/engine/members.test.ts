import { isChatError, type Role } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import type { MemberChange } from "../ports/message-store.ts";
import { memoryStore } from "../store/memory-message-store.ts";
import { silentLogger } from "../system/silent-logger.ts";
import { conversation } from "../testing/conformance/message-store/entries.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { changeMembers, listMembers, type MembersSurroundings } from "./members.ts";
import { Sequencer } from "./sequencer.ts";

const MEMBERS: readonly (readonly [string, Role])[] = [
  ["olga", "owner"],
  ["adam", "admin"],
  ["max", "member"],
  ["mia", "member"],
  ["rita", "reader"],
];

async function houseOf(members = MEMBERS) {
  const store = memoryStore();
  await store.open();
  await store.create(conversation("c1", { creator: "olga", members }));
  const clock = new ManualClock();
  const limits = { batchEntriesMax: 100, sequencerEntriesMax: 100, membersPerCallMax: 3 };
  const sequencer = new Sequencer({ store, clock, logger: silentLogger, limits, committed: () => {} });
  const house: MembersSurroundings = { store, sequencer, clock, limits };
  /** Runs a change to its end; its row, null, or the code it was refused with. */
  const change = async (
    user: string,
    changes: readonly MemberChange[],
    through: MembersSurroundings = house,
    c = "c1",
  ) => {
    const outcome = changeMembers(through, { user, origin: null }, c, changes).catch((error: unknown) =>
      isChatError(error) ? error.code : String(error),
    );
    await clock.settle();
    return outcome;
  };
  const now = async () => (await store.members("c1", null, 1_000))?.members;
  const events = async () => {
    const page = await store.range({ conversation: "c1", after: 1, from: "oldest", rows: 100, bytes: 1e9 });
    return page?.rows.map(({ type, from, body }) => ({ type, from, members: body?.["members"] }));
  };
  return { house, store, clock, change, now, events };
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
    const { change, now } = await houseOf([["olga", "owner"]]);
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
        members: async (c, cursor, limit) => {
          if (!meddled) {
            meddled = true;
            await change("olga", [["adam", null]]);
          }
          return store.members(c, cursor, limit);
        },
      },
    };
    expect(await change("olga", [["olga", null]], meddling)).toBe(null);
    expect((await now())?.[0]).toEqual(["max", "owner"]);
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

describe("listMembers", () => {
  it("pages through members, for members", async () => {
    const { house } = await houseOf();
    const rita = { user: "rita", origin: null };
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
    await expect(listMembers(house, { user, origin: null }, c, null, 3)).rejects.toMatchObject({ code: "not_found" });
  });
});
