import type { Mode } from "@earshot/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { membersPolicy } from "./fanout-policy.ts";

const group = (members: number, mode: Mode | null) => ({ kind: "group", members, mode }) as const;

describe("membersPolicy", () => {
  it.each<readonly [number, Mode | null, Mode]>([
    [64, null, "push"],
    [65, null, "pull"],
    [64, "push", "push"],
    [65, "push", "pull"],
    [48, "pull", "pull"],
    [47, "pull", "push"],
    [0, "pull", "push"],
  ])("is by default pull above 64 members and push again below 48: %i, %s → %s", (members, mode, next) => {
    expect(membersPolicy().mode(group(members, mode))).toBe(next);
  });

  it("takes other bounds, also one for both ways and none at all", () => {
    const one = membersPolicy({ pullAbove: 5, pushBelow: 5 });
    expect([5, 6].map((members) => one.mode(group(members, "push")))).toEqual(["push", "pull"]);
    expect([5, 4].map((members) => one.mode(group(members, "pull")))).toEqual(["pull", "push"]);
    expect(membersPolicy({ pullAbove: 0 }).mode(group(1, null))).toBe("pull");
    expect(membersPolicy({ pullAbove: 10 }).mode(group(9, "pull"))).toBe("push");
  });

  it("never makes a direct anything but push", () => {
    const all = membersPolicy({ pullAbove: 0 });
    for (const mode of [null, "push", "pull"] as const) {
      expect(all.mode({ kind: "direct", members: 2, mode })).toBe("push");
    }
  });

  it.each([
    { pullAbove: 10, pushBelow: 11 },
    { pullAbove: 1.5 },
    { pullAbove: -1 },
    { pushBelow: Number.NaN },
    { pushBelow: 65 },
    { pullAbove: "64" as unknown as number },
  ])("refuses bounds that are none: %o", (bounds) => {
    expect(() => membersPolicy(bounds)).toThrow(expect.objectContaining({ code: "invalid" }));
  });

  it("for any history of sizes: stays as it is between the bounds, has decided by the first answer, and goes to and fro only with a way between", () => {
    const bounds = fc
      .tuple(fc.nat(100), fc.nat(100))
      .map(([a, b]) => ({ pullAbove: Math.max(a, b), pushBelow: Math.min(a, b) }));
    fc.assert(
      fc.property(
        bounds,
        fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 300 }),
        fc.nat(120),
        (given, steps, start) => {
          const { pullAbove, pushBelow } = given;
          const policy = membersPolicy(given);
          let members = start;
          let mode = policy.mode(group(members, null));
          let switchedAt: number | null = null;
          for (const step of steps) {
            members = Math.max(0, members + step);
            const next = policy.mode(group(members, mode));
            expect(policy.mode(group(members, next))).toBe(next);
            if (members >= pushBelow && members <= pullAbove) expect(next).toBe(mode);
            if (members > pullAbove) expect(next).toBe("pull");
            if (members < pushBelow) expect(next).toBe("push");
            if (next !== mode) {
              if (switchedAt !== null) expect(Math.abs(members - switchedAt)).toBeGreaterThan(pullAbove - pushBelow);
              switchedAt = members;
            }
            mode = next;
          }
        },
      ),
    );
  });
});
