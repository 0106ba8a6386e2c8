import { LIMITS } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { SeededRandom } from "../testing/seeded-random.ts";
import { TypingPace } from "./typing-pace.ts";

describe("TypingPace", () => {
  it("I20: lets one pass in each conversation, and the next after its time", () => {
    const pace = new TypingPace();
    expect([pace.take("c1", 0), pace.take("c1", 1), pace.take("c2", 2)]).toEqual([true, false, true]);
    expect(pace.take("c1", LIMITS.typingApartMs - 1)).toBe(false);
    expect(pace.take("c1", LIMITS.typingApartMs)).toBe(true);
  });

  it("I20: never lets two pass within that time, whatever is asked (seed 20)", () => {
    const random = new SeededRandom(20);
    const pace = new TypingPace();
    const last = new Map<string, number>();
    let passed = 0;
    for (let now = 0; now < 60_000; now += random.below(400)) {
      const c = `c${random.below(3)}`;
      if (!pace.take(c, now)) continue;
      passed++;
      expect(now - (last.get(c) ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(LIMITS.typingApartMs);
      last.set(c, now);
    }
    expect(passed).toBeGreaterThan(30);
  });

  it("remembers no more conversations than a person types in: more are dropped until one is forgotten", () => {
    const pace = new TypingPace();
    const passed = Array.from({ length: 70 }, (_, index) => pace.take(`c${index}`, index)).filter(Boolean);
    expect(passed).toHaveLength(64);
    expect(pace.take("c69", LIMITS.typingApartMs - 1)).toBe(false);
    expect(pace.take("c69", LIMITS.typingApartMs)).toBe(true);
  });

  it("lets the next one speak where one was refused", () => {
    const pace = new TypingPace();
    expect(pace.take("c1", 0)).toBe(true);
    pace.giveBack("c1");
    expect(pace.take("c1", 1)).toBe(true);
  });
});
