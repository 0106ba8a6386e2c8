import { isId } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { SeededRandom } from "../testing/seeded-random.ts";
import { ulidFactory } from "./ulid.ts";

describe("ulidFactory", () => {
  it("makes ids of the known form that say their time", () => {
    const id = ulidFactory(new ManualClock(1_469_918_176_385), { float: () => 0 })();
    expect(id).toBe("01ARYZ6S410000000000000000");
    expect(isId(id)).toBe(true);
  });

  it("rises within one ms, and when the wall clock steps back", () => {
    const clock = new ManualClock();
    const make = ulidFactory(clock, new SeededRandom(1));
    const ids = Array.from({ length: 2_000 }, (_, at) => {
      if (at % 500 === 499) clock.stepWall(at % 1_000 === 999 ? -3_600_000 : 1);
      return make();
    });
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(2_000);
  });
});
