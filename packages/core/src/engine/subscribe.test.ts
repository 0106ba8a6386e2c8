import { ChatError, type GatewayFrame, LIMITS, type SubscribedFrame } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import type { Access } from "../ports/pages.ts";
import { memoryStore } from "../store/memory-message-store.ts";
import { conversation, message } from "../testing/conformance/message-store/entries.ts";
import { type SubscribeSurroundings, subscribe, subscribeMany } from "./subscribe.ts";

/** Alice, bob and as many others in `c1`, with two messages of alice's. Openings do what a test says. */
async function houseOf({ others = 0, stands = true, bound = 10 } = {}) {
  const store = memoryStore();
  await store.open();
  const made = conversation("c1");
  const more = Array.from({ length: others }, (_, index) => [`u${index}`, "member"] as const);
  await store.create({ ...made, members: [...made.members, ...more] });
  await store.append([message("c1", "alice", "hi"), message("c1", "alice", "hi")]);
  const steps: string[] = [];
  const said: GatewayFrame[] = [];
  let opened = 0;
  const house: SubscribeSurroundings<string> = {
    store,
    open: (_session, c) => {
      if (opened++ === bound) throw new ChatError("too_large", "unable to subscribe; too many");
      steps.push(`open ${c}`);
      return {
        abandon: () => steps.push(`abandon ${c}`),
        activate: ({ head }, frame) => {
          steps.push(`activate ${c} ${head}`);
          if (stands) said.push(frame());
          return stands;
        },
      };
    },
    listening: async (conversations) => void steps.push(`listening ${conversations.join()}`),
    subscribed: () => {},
    known: (c, { members }) => steps.push(`known ${c} ${members}`),
    told: (_c, _epoch, watermarks) => watermarks,
    online: () => 2,
  };
  const access = async (user: string, c = "c1"): Promise<Access | null> => {
    steps.push(`access ${c}`);
    return (await store.access([{ user, conversation: c }]))[0] ?? null;
  };
  const ask = (user = "bob", c = "c1") => subscribe(house, { session: "s1", user, c, id: "r1" }, () => access(user, c));
  return { store, house, steps, said, access, ask };
}

describe("subscribe", () => {
  it("I17: begins before it reads rights, and says where the conversation stands", async () => {
    const { steps, said, ask } = await houseOf();
    await ask();
    expect(steps).toEqual(["open c1", "listening c1", "access c1", "known c1 2", "activate c1 3"]);
    expect(said).toEqual([
      {
        t: "subscribed",
        id: "r1",
        c: "c1",
        mode: "push",
        epoch: expect.any(String),
        head: 3,
        ord: 2,
        members: 2,
        online: 2,
        watermarks: [
          ["alice", 3, 3],
          ["bob", 1, 1],
        ],
      },
    ]);
  });

  it("never says that more are online than there are members", async () => {
    const { house, said, access } = await houseOf();
    const crowded = { ...house, online: () => 5 };
    await subscribe(crowded, { session: "s1", user: "bob", c: "c1", id: "r1" }, () => access("bob"));
    expect(said).toMatchObject([{ members: 2, online: 2 }]);
  });

  it("I14: says of watermarks above the receipt limit, too, what was told already", async () => {
    const { house, said, access } = await houseOf({ others: LIMITS.receiptMembersMax });
    const told: SubscribeSurroundings<string>["told"] = (_c, _epoch, [[user] = ["", 0, 0]]) => [[user, 3, 2]];
    await subscribe({ ...house, told }, { session: "s1", user: "bob", c: "c1", id: "r1" }, () => access("bob"));
    expect(said).toMatchObject([{ watermarks: [["bob", 3, 2]] }]);
  });

  it("gives all watermarks up to the receipt limit, above it one's own alone", async () => {
    for (const [others, count] of [
      [LIMITS.receiptMembersMax - 2, LIMITS.receiptMembersMax],
      [LIMITS.receiptMembersMax - 1, 1],
    ] as const) {
      const { said, ask } = await houseOf({ others });
      await ask();
      const { watermarks } = said[0] as SubscribedFrame;
      expect(watermarks).toHaveLength(count);
      expect(watermarks).toContainEqual(["bob", 1, 1]);
    }
  });

  it("says nothing below what was told already", async () => {
    const { house, said, access } = await houseOf();
    const told: SubscribeSurroundings<string> = { ...house, told: () => [["bob", 3, 2]] };
    await subscribe(told, { session: "s1", user: "bob", c: "c1" }, () => access("bob"));
    expect(said).toMatchObject([{ watermarks: [["bob", 3, 2]] }]);
    expect(said[0]).not.toHaveProperty("id");
  });

  it.each([
    ["mallory", "c1"],
    ["bob", "none"],
  ])("S14: is not_found to %s in %s, and gives up what it began", async (user, c) => {
    const { steps, said, ask } = await houseOf();
    await expect(ask(user, c)).rejects.toMatchObject({ code: "not_found" });
    expect([steps.at(-1), said]).toEqual([`abandon ${c}`, []]);
  });

  it("I17: is not_found to who was removed meanwhile", async () => {
    const { said, ask } = await houseOf({ stands: false });
    await expect(ask()).rejects.toMatchObject({ code: "not_found" });
    expect(said).toEqual([]);
  });

  it("rejects as the store does, and gives up what it began", async () => {
    const { house, steps, access } = await houseOf();
    const down = new ChatError("unavailable", "unable to read; down");
    const failing: SubscribeSurroundings<string> = { ...house, store: { receipts: () => Promise.reject(down) } };
    const asked = subscribe(failing, { session: "s1", user: "bob", c: "c1" }, () => access("bob"));
    await expect(asked).rejects.toBe(down);
    expect(steps.at(-1)).toBe("abandon c1");
  });
});

describe("subscribeMany", () => {
  it("begins all of them before anything is read, and passes over what is not the user's", async () => {
    const { house, steps, said, access } = await houseOf();
    const requests = ["c1", "none"].map((c) => ({ session: "s1", user: "bob", c }));
    expect(await subscribeMany(house, requests, ({ c }) => access("bob", c))).toBe(null);
    expect(steps.slice(0, 3)).toEqual(["open c1", "open none", "access c1"]);
    expect(said).toHaveLength(1);
  });

  it("S45: gives the first refusal, which keeps no other from standing", async () => {
    const { house, said, access } = await houseOf({ bound: 1 });
    const requests = ["c1", "c2", "c3"].map((c) => ({ session: "s1", user: "bob", c }));
    const refusal = await subscribeMany(house, requests, ({ c }) => access("bob", c));
    expect([refusal, said.length]).toEqual([expect.objectContaining({ code: "too_large" }), 1]);
  });
});
