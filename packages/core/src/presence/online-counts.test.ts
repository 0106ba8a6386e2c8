import type { PresenceRow } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { OnlineCounts } from "./online-counts.ts";

function countsOf(size: number) {
  const clock = new ManualClock();
  const here = new Set<string>(["u1"]);
  const elsewhere = new Map<string, PresenceRow["status"]>();
  const failing = { members: false, presence: false };
  const pages: number[] = [];
  let reads = 0;
  const counts = new OnlineCounts({
    clock,
    limits: { rememberedMax: 10 },
    members: async () => {
      reads++;
      if (failing.members) throw new Error("no store");
      return Array.from({ length: size }, (_, index) => `u${index}`);
    },
    online: (users) => [...users].filter((user) => here.has(user)).length,
    see: async (users) => {
      pages.push(users.length);
      if (failing.presence) throw new Error("no presence");
      return users.map((user) => ({ user, status: elsewhere.get(user) ?? "offline" }));
    },
  });
  const ask = () => counts.of("c1", { members: size, epoch: "e1", membersVersion: 1 });
  return { ask, clock, here, elsewhere, failing, pages, reads: () => reads };
}

describe("OnlineCounts", () => {
  it("counts who is here in a small conversation anew each time", async () => {
    const { ask, here } = countsOf(100);
    expect(await ask()).toBe(1);
    here.add("u2").add("stranger");
    expect(await ask()).toBe(2);
  });

  it("counts who is on other nodes too, each once, reading them once a second", async () => {
    const { ask, here, elsewhere, clock, pages } = countsOf(100);
    elsewhere.set("u1", "online").set("u2", "online").set("u3", "away").set("stranger", "online");
    expect(await Promise.all([ask(), ask()])).toEqual([3, 3]);
    here.add("u2");
    elsewhere.set("u4", "online");
    expect(await ask()).toBe(3);
    await clock.advance(1_000);
    expect(await ask()).toBe(4);
    expect(pages).toHaveLength(2);
  });

  it("S47: reads a large one's members once for all who ask within 5 s, in pages", async () => {
    const { ask, here, elsewhere, clock, reads, pages } = countsOf(2_501);
    elsewhere.set("u2500", "online");
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([2, 2, 2]);
    expect(pages).toEqual([1_000, 1_000, 500]);
    here.add("u2");
    await clock.advance(4_999);
    expect(await ask()).toBe(2);
    expect(reads()).toBe(1);
    await clock.advance(1);
    expect(await ask()).toBe(3);
  });

  it("counts this node's own while presence cannot be read", async () => {
    for (const size of [100, 101]) {
      const { ask, failing, elsewhere } = countsOf(size);
      elsewhere.set("u2", "online");
      failing.presence = true;
      expect(await ask()).toBe(1);
    }
  });

  it("keeps no failure of the message store", async () => {
    const { ask, failing } = countsOf(101);
    failing.members = true;
    await expect(ask()).rejects.toThrow();
    failing.members = false;
    expect(await ask()).toBe(1);
  });
});
