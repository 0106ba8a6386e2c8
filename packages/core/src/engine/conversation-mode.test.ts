import { ChatError, type Role } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { membersPolicy } from "../fanout/fanout-policy.ts";
import type { Append, AppendResult } from "../ports/append.ts";
import type { FanoutPolicy } from "../ports/fanout-policy.ts";
import type { MessageStore } from "../ports/message-store.ts";
import { by, type CommandHouseOptions, commandHouse } from "../testing/command-house.ts";
import { changeMembers as changeOf } from "../testing/conformance/message-store/entries.ts";
import { banUser } from "./bans.ts";
import { Changes } from "./changes.ts";
import { keepMode, wantedMode } from "./conversation-mode.ts";
import { joinConversation } from "./join.ts";
import { changeMembers } from "./members.ts";

/** `c1` has five members: one more and it is pull, two less and it is push again. */
const POLICY = membersPolicy({ pullAbove: 5, pushBelow: 4 });

async function houseOf(options: CommandHouseOptions = {}) {
  const { house, store, outcomeOf, events } = await commandHouse({ fanout: POLICY, ...options });
  const change = (user: string, ...changes: readonly (readonly [string, Role | null])[]) =>
    outcomeOf(changeMembers(house, by(user), "c1", changes));
  const modes = async () =>
    (await events()).filter(({ type }) => type === "meta").map(({ from, body }) => [from, body]);
  const mode = async () => (await store.settings("c1"))?.mode;
  return { house, store, outcomeOf, change, events, modes, mode };
}

describe("keepMode", () => {
  it("switches by one meta event behind the change of members, from who made the call, and gives the row as it is then", async () => {
    const { change, events, mode } = await houseOf();
    expect(await change("adam", ["zoe", "member"])).toMatchObject({ mode: "pull", head: 3 });
    expect((await events()).map(({ type, from }) => [type, from])).toEqual([
      ["member", "adam"],
      ["meta", "adam"],
    ]);
    await change("adam", ["zoe", null], ["max", null]);
    expect(await mode()).toBe("pull");
    expect(await change("olga", ["mia", null])).toMatchObject({ mode: "push" });
    expect((await events()).at(-1)).toEqual({ type: "meta", from: "olga", body: { mode: "push" } });
  });

  it("does so when one joins, is banned, or leaves, whose the switch is then although they are no member", async () => {
    const { house, outcomeOf, change, modes } = await houseOf({ made: { open: true } });
    await outcomeOf(joinConversation(house, by("zoe"), "c1"));
    await outcomeOf(banUser(house, by("adam"), "c1", "zoe", true));
    await outcomeOf(banUser(house, by("adam"), "c1", "max", true));
    expect(await modes()).toEqual([["zoe", { mode: "pull" }]]);
    await change("mia", ["mia", null]);
    expect(await modes()).toEqual([
      ["zoe", { mode: "pull" }],
      ["mia", { mode: "push" }],
    ]);
  });

  it("appends nothing where nothing switches, and never asks of a direct", async () => {
    const { change, modes, events } = await houseOf();
    await change("olga", ["max", "admin"]);
    expect([(await events()).length, await modes()]).toEqual([1, []]);
    const asked: unknown[] = [];
    const fanout: FanoutPolicy = {
      mode: (size) => {
        asked.push(size);
        return "pull";
      },
    };
    const direct = await houseOf({
      fanout,
      made: {
        kind: "direct",
        members: [
          ["olga", "member"],
          ["max", "member"],
        ],
      },
    });
    await direct.outcomeOf(keepMode(direct.house, by("olga"), "c1"));
    expect([asked, await direct.mode()]).toEqual([[], "push"]);
  });

  it("two that decide at once, on two nodes, switch it once", async () => {
    const { house, store, outcomeOf, modes } = await houseOf();
    await changeOf(store, "c1", "olga", [["zoe", "member"]]);
    const elsewhere = { ...house, changes: new Changes(house.limits) };
    await outcomeOf(
      Promise.all([
        keepMode(house, by("olga"), "c1"),
        keepMode(elsewhere, by("adam"), "c1"),
        keepMode(house, by("max"), "c1"),
      ]),
    );
    expect(await modes()).toHaveLength(1);
  });

  it("decides anew when members change between the decision and the append, so that it never stays with what was", async () => {
    const { house, store, outcomeOf, modes } = await houseOf();
    await changeOf(store, "c1", "olga", [["zoe", "member"]]);
    let left = false;
    const sequencer = {
      append: async (entry: Append): Promise<AppendResult> => {
        if (!left) {
          left = true;
          await changeOf(store, "c1", "olga", [["zoe", null]]);
        }
        return house.sequencer.append(entry);
      },
    };
    await outcomeOf(keepMode({ ...house, sequencer }, by("olga"), "c1"));
    expect(await modes()).toEqual([]);
  });

  it("does not fail the change where the store, or the host's policy, does; the next change of members makes it good", async () => {
    const { house, outcomeOf, change, mode } = await houseOf();
    const failing = (name: keyof MessageStore) =>
      new Proxy(house.store, {
        get: (target, key: keyof MessageStore) => {
          if (key === name) return () => Promise.reject(new ChatError("unavailable", "unable to read; down"));
          const value: unknown = target[key];
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    const through = { ...house, store: failing("settings") };
    const row = await outcomeOf(changeMembers(through, by("olga"), "c1", [["zoe", "member"]]));
    expect([row, await mode()]).toMatchObject([{ c: "c1", mode: "push" }, "push"]);
    const odd = { ...house, fanout: { mode: () => "both" } as unknown as FanoutPolicy };
    expect(await outcomeOf(changeMembers(odd, by("olga"), "c1", [["zac", "member"]]))).toMatchObject({ mode: "push" });
    expect(await change("olga", ["max", "admin"])).toMatchObject({ mode: "pull" });
  });

  it("does nothing in a conversation that is no more", async () => {
    const { house, store, outcomeOf } = await houseOf();
    await store.remove("c1", null, []);
    expect(await outcomeOf(keepMode(house, by("olga"), "c1"))).toBe(undefined);
  });
});

describe("wantedMode", () => {
  it("takes no answer but the two", () => {
    const size = { kind: "group", members: 1, mode: null } as const;
    expect(wantedMode({ mode: () => "pull" }, size)).toBe("pull");
    expect(() => wantedMode({ mode: () => "both" as "push" }, size)).toThrow(
      expect.objectContaining({ code: "internal" }),
    );
  });
});
