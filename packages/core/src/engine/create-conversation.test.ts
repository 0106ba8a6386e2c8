import { ChatError, type InboxRow, isChatError, LIMITS, type Role } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { membersPolicy } from "../fanout/fanout-policy.ts";
import type { NewConversation } from "../ports/conversation-settings.ts";
import { memoryStore } from "../store/memory-message-store.ts";
import { hostOfTest } from "../testing/host-of-test.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import type { Caller } from "./caller.ts";
import { type ConversationRequest, createConversation, firstEvents } from "./create-conversation.ts";

const ALICE = { user: "alice", claims: null, origin: null };
const REQUEST: ConversationRequest = {
  kind: "group",
  members: [],
  title: null,
  meta: null,
  open: false,
  wholeHistory: false,
};

async function houseOf(membersPerCreationMax = 2_500) {
  const store = memoryStore();
  await store.open();
  const clock = new ManualClock();
  const told: string[] = [];
  let ids = 0;
  const house = {
    store,
    ...hostOfTest(store, { clock }),
    clock,
    limits: { membersPerCreationMax },
    fanout: membersPolicy(),
    newId: () => `id${++ids}`,
    unsure: () => {},
    created: (made: NewConversation, created: { readonly rows: readonly unknown[] }) =>
      told.push(`${made.id} ${created.rows.length}`),
  };
  const create = async (request: Partial<ConversationRequest>, caller: Caller = ALICE) => {
    const { row, ...made } = await createConversation(house, caller, { ...REQUEST, ...request });
    return { ...made, row: row as InboxRow };
  };
  const log = async (c: string) => {
    const page = await store.range({ conversation: c, view: "log", from: "oldest", rows: 100, bytes: 1e9 });
    return page?.rows ?? [];
  };
  const code = async (request: Partial<ConversationRequest>, caller: Caller = ALICE) =>
    create(request, caller).then(
      () => "created",
      (error: unknown) => (isChatError(error) ? error.code : String(error)),
    );
  return { house, told, clock, create, code, log };
}

const many = (count: number): (readonly [string, Role])[] =>
  Array.from({ length: count }, (_, index) => [`u${index}`, "member"]);

describe("createConversation", () => {
  it("I9: says of which nobody knows whether it was made, since the answer was lost", async () => {
    const { house } = await houseOf();
    const unsure: unknown[] = [];
    const create = async (made: NewConversation): Promise<never> => {
      await house.store.create(made);
      throw new ChatError("unavailable", "unable to create; the answer was lost");
    };
    const lost = {
      ...house,
      store: {
        ...house.store,
        create,
        row: house.store.row.bind(house.store),
        range: house.store.range.bind(house.store),
      },
    };
    const asked = createConversation({ ...lost, unsure: (c: string, at: number) => unsure.push([c, at]) }, ALICE, {
      ...REQUEST,
      id: "c1",
    });
    await expect(asked).rejects.toMatchObject({ code: "unavailable" });
    expect(unsure).toEqual([["c1", house.clock.now()]]);
  });

  it("makes its caller the owner, appends one meta event, and tells of it once", async () => {
    const { create, log, told, clock } = await houseOf();
    const { row, made } = await create({
      id: "c1",
      members: [
        ["bob", "member"],
        ["rita", "reader"],
      ],
      title: "Lunch",
      meta: { where: "here" },
    });
    expect(made).toBe(true);
    expect(row).toMatchObject({
      c: "c1",
      kind: "group",
      mode: "push",
      role: "owner",
      head: 1,
      ord: 0,
      title: "Lunch",
      unread: 0,
    });
    expect(await log("c1")).toEqual([
      {
        seq: 1,
        ord: 0,
        type: "meta",
        from: "alice",
        at: clock.now(),
        body: {
          kind: "group",
          title: "Lunch",
          meta: { where: "here" },
          mode: "push",
          members: [
            ["alice", "owner"],
            ["bob", "member"],
            ["rita", "reader"],
          ],
        },
      },
    ]);
    expect(told).toEqual(["c1 1"]);
  });

  it("S17: makes nobody but its caller out of its caller, whatever the list says", async () => {
    const { create, house } = await houseOf();
    await create({
      id: "c1",
      members: [
        ["alice", "reader"],
        ["bob", "member"],
      ],
    });
    expect((await house.store.members("c1", null, 10))?.members).toEqual([
      ["alice", "owner"],
      ["bob", "member"],
    ]);
  });

  it("makes an id and an epoch of its own where none is asked for", async () => {
    const { create } = await houseOf();
    const [first, second] = [await create({}), await create({})];
    expect(new Set([first.row.c, first.row.epoch, second.row.c, second.row.epoch]).size).toBe(4);
  });

  it("gives the same direct conversation to both, whoever asks, in whatever order", async () => {
    const { create, told } = await houseOf();
    const first = await create({ kind: "direct", members: [["bob", "member"]] });
    const again = await create({ kind: "direct", members: [["bob", "owner"]] });
    const other = await create(
      { kind: "direct", members: [["alice", "member"]] },
      { user: "bob", claims: null, origin: null },
    );
    expect([again.made, other.made]).toEqual([false, false]);
    expect([again.row.c, other.row.c]).toEqual([first.row.c, first.row.c]);
    expect([first.row.role, other.row.role]).toEqual(["member", "member"]);
    expect(told).toHaveLength(1);
  });

  it.each([
    { members: [] },
    { members: [["alice", "member"]] },
    {
      members: [
        ["bob", "member"],
        ["carol", "member"],
      ],
    },
  ] as const)("refuses a direct one with anything but one other: $members", async ({ members }) => {
    const { code } = await houseOf();
    expect(await code({ kind: "direct", members })).toBe("invalid");
  });

  it("gives back what its caller made under the same id, and keeps it as it is", async () => {
    const { create, told } = await houseOf();
    await create({ id: "c1", title: "first" });
    const again = await create({ id: "c1", title: "second", members: [["bob", "member"]] });
    expect(again).toMatchObject({ made: false, row: { title: "first" } });
    expect(told).toHaveLength(1);
  });

  it("S14: refuses an id that is another's, and says nothing of what it is", async () => {
    const { create, code } = await houseOf();
    await create({ id: "c1" });
    expect(await code({ id: "c1" }, { user: "mallory", claims: null, origin: null })).toBe("conflict");
  });

  it("puts the first 1,000 members into the meta event, the rest into member events", async () => {
    const { create, log, told } = await houseOf();
    await create({ id: "c1", members: many(2_200) });
    const rows = await log("c1");
    expect(rows.map(({ type, body }) => [type, (body as { members: unknown[] }).members.length])).toEqual([
      ["meta", 1_000],
      ["member", 1_000],
      ["member", 201],
    ]);
    const listed = rows.flatMap(({ body }) => body?.["members"] as [string, Role][]);
    expect(listed).toEqual([["alice", "owner"], ...many(2_200)]);
    expect(told).toEqual(["c1 3"]);
  });

  it("refuses a meta that is larger than a message may be: every inbox row carries it", async () => {
    const { code } = await houseOf();
    const meta = (characters: number) => ({ topic: "x".repeat(characters) });
    expect(await code({ meta: meta(LIMITS.bodyBytesMax - '{"topic":""}'.length) })).toBe("created");
    expect(await code({ meta: meta(LIMITS.bodyBytesMax) })).toBe("too_large");
  });

  it("S40: refuses more members than one call may name, beside its caller", async () => {
    const { code } = await houseOf(10);
    expect(await code({ members: [...many(10), ["alice", "owner"]] })).toBe("created");
    expect(await code({ members: many(11) })).toBe("too_large");
  });

  it.each([
    [LIMITS.pushMembersMax, "push"],
    [LIMITS.pushMembersMax + 1, "pull"],
  ])("begins with %i members in mode %s, and says so in its meta event", async (count, mode) => {
    const { create, log } = await houseOf();
    const { row } = await create({ id: "c1", members: many(count - 1) });
    expect(row.mode).toBe(mode);
    expect((await log("c1"))[0]?.body?.["mode"]).toBe(mode);
  });

  it("opens what is to be open, but nothing between two", async () => {
    const { create, code } = await houseOf();
    expect((await create({ open: true })).row.open).toBe(true);
    expect(await code({ kind: "direct", members: [["bob", "member"]], open: true })).toBe("invalid");
  });
});

describe("firstEvents", () => {
  it.each([
    [1, 1],
    [1_000, 1],
    [1_001, 2],
    [2_000, 2],
    [2_001, 3],
  ])("for %i members are %i", (members, events) => {
    expect(firstEvents({}, many(members))).toHaveLength(events);
  });
});
