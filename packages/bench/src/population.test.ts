import { describe, expect, it } from "vitest";
import { conversationsOf, membersOf } from "./population.ts";

describe("a population", () => {
  it("gives every user as many conversations, and every conversation its members", () => {
    const population = { users: 50, conversations: 20, members: 10 };
    expect(conversationsOf(population).map((own) => own.length)).toEqual(Array.from({ length: 50 }, () => 4));
    expect(new Set(membersOf(population, 19)).size).toBe(10);
  });

  it("puts everybody into one, or into pairs", () => {
    expect(conversationsOf({ users: 3, conversations: 1, members: 3 })).toEqual([[0], [0], [0]]);
    expect(conversationsOf({ users: 4, conversations: 2, members: 2 })).toEqual([[0], [0], [1], [1]]);
  });
});
