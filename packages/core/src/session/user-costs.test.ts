import { LIMITS } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "../options.ts";
import { costOfCursors, REQUEST_ROWS } from "./frame-cost.ts";
import { UserCosts } from "./user-costs.ts";

const LIMITS_OF_TEST = { rowsPerSecondPerUserMax: 100, rowsBurstPerUserMax: 1_000, rememberedMax: 10 };

/** Full pages that one user reads at one moment, until one is refused. */
function pages(costs: UserCosts, user: string, now: number): number {
  let read = 0;
  for (; costs.ask(user, REQUEST_ROWS, now) === 0; read++) costs.charge(user, LIMITS.pageRowsMax, now);
  return read;
}

describe("UserCosts", () => {
  it("S47: lets a user read a burst of rows, and then as many as come back", () => {
    const costs = new UserCosts(LIMITS_OF_TEST);
    expect(pages(costs, "mallory", 0)).toBe(5);
    // 5 · 210 rows were read of 1,000: the debt of 50, and one row for the next.
    const wait = costs.ask("mallory", REQUEST_ROWS, 0);
    expect(wait).toBe(510);
    expect(costs.ask("mallory", REQUEST_ROWS, wait)).toBe(0);
    expect(costs.ask("mallory", REQUEST_ROWS, wait)).toBeGreaterThan(0);
  });

  it("S47: one user's cost is nobody else's", () => {
    const costs = new UserCosts(LIMITS_OF_TEST);
    pages(costs, "mallory", 0);
    expect(costs.ask("alice", REQUEST_ROWS, 0)).toBe(0);
  });

  it("S45: counts what reads nothing", () => {
    const costs = new UserCosts(LIMITS_OF_TEST);
    let passed = 0;
    while (costs.ask("mallory", REQUEST_ROWS, 0) === 0) passed++;
    expect(passed).toBe(100);
  });

  it("S56: remembers a bounded number of users", () => {
    const costs = new UserCosts({ ...LIMITS_OF_TEST, rowsBurstPerUserMax: 1 });
    for (let user = 0; user < 1_000; user++) costs.ask(`u${user}`, REQUEST_ROWS, 0);
    const refused = Array.from({ length: 10 }, (_, index) => costs.ask(`u${999 - index}`, REQUEST_ROWS, 0));
    expect(refused.every((wait) => wait > 0)).toBe(true);
    expect(costs.ask("u0", REQUEST_ROWS, 0)).toBe(0);
  });

  it("S47: a client that was away for long reads all it missed without a wait", () => {
    const costs = new UserCosts(DEFAULT_LIMITS);
    // Three devices, each with 1,000 cursors, a list of 10,000 rows, and 32 open conversations of which each is 1,000 events behind.
    for (let device = 0; device < 3; device++) {
      const have = Array.from({ length: LIMITS.haveMax }, (_, c) => [`c${c}`, "e", 1, c < 200] as const);
      expect(costs.ask("alice", costOfCursors(have), 0)).toBe(0);
      costs.charge("alice", DEFAULT_LIMITS.repairEventsMax, 0);
      for (let page = 0; page < 10_000 / LIMITS.pageRowsMax + (32 * 1_000) / LIMITS.pageRowsMax; page++) {
        expect(costs.ask("alice", REQUEST_ROWS, 0)).toBe(0);
        costs.charge("alice", LIMITS.pageRowsMax, 0);
      }
    }
  });
});
