import type { EventRow, Mentions } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { MemoryMentions } from "./memory-mentions.ts";

const naming = (seq: number, mentions: Mentions, from = "alice"): EventRow => ({
  seq,
  ord: seq,
  type: "message",
  from,
  at: 0,
  mentions,
});

describe("MemoryMentions", () => {
  it("asks for nobody's membership when a message names all: what is written does not grow with the members", () => {
    const mentions = new MemoryMentions();
    let asked = 0;
    const isMember = () => {
      asked += 1;
      return true;
    };
    mentions.add(naming(1, "all"), isMember);
    expect(asked).toBe(0);
    expect([mentions.count("bob", 0), mentions.count("alice", 0), mentions.count("bob", 1)]).toEqual([1, 0, 0]);
    mentions.add(naming(2, ["bob", "carol", "alice"]), isMember);
    expect(asked).toBe(2);
  });

  it("counts nothing for who was no member when they were named", () => {
    const mentions = new MemoryMentions();
    mentions.add(naming(1, ["bob", "carol"]), (user) => user === "carol");
    expect([mentions.count("bob", 0), mentions.count("carol", 0)]).toEqual([0, 1]);
  });

  it("takes back one message that named all, and no other", () => {
    const mentions = new MemoryMentions();
    const all = [1, 3, 4, 7].map((seq) => naming(seq, "all"));
    for (const message of all) mentions.add(message, () => true);
    mentions.remove(naming(3, "all"));
    expect([0, 1, 3, 4, 7].map((read) => mentions.count("bob", read))).toEqual([3, 2, 2, 1, 0]);
  });

  it("forgets what was read, and counts on", () => {
    const mentions = new MemoryMentions();
    for (const seq of [2, 4, 6]) mentions.add(naming(seq, ["bob"]), () => true);
    mentions.read("bob", 4);
    expect(mentions.count("bob", 4)).toBe(1);
    mentions.read("bob", 6);
    mentions.add(naming(8, ["bob"]), () => true);
    expect(mentions.count("bob", 6)).toBe(1);
  });
});
