import { describe, expect, it } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { SeededRandom } from "../testing/seeded-random.ts";
import { Departures } from "./departures.ts";

function departures() {
  const clock = new ManualClock();
  const told: { readonly at: number; readonly session: string }[] = [];
  const gone = (sessions: readonly string[]) => {
    for (const session of sessions) told.push({ at: clock.monotonic(), session });
  };
  return { clock, told, departures: new Departures({ clock, graceMs: 5_000, gone }) };
}

describe("Departures", () => {
  it("tells of each once, when its time has come, at most 100 ms late, by one timer for all", async () => {
    const { clock, told, departures: all } = departures();
    const random = new SeededRandom(11);
    const due = new Map<string, number>();
    for (let n = 0; n < 500; n++) {
      due.set(`s${n}`, random.below(45_000));
      all.add(`s${n}`, due.get(`s${n}`) ?? 0);
      expect(clock.pending).toBe(1);
    }
    expect(all.size).toBe(500);
    await clock.advance(46_000);
    expect(told.map(({ session }) => session).sort()).toEqual([...due.keys()].sort());
    for (const { at, session } of told) {
      const late = at - (due.get(session) ?? 0);
      expect(late >= 0 && late <= 100, `${session} was ${late} ms late`).toBe(true);
    }
    expect([all.size, clock.pending]).toEqual([0, 0]);
  });

  it("tells of nobody who was taken back, and of who was moved once", async () => {
    const { clock, told, departures: all } = departures();
    all.add("back", 1_000);
    all.add("moved", 1_000);
    all.add("moved", 3_000);
    all.delete("back");
    all.delete("unknown");
    await clock.advance(2_000);
    expect(told).toEqual([]);
    await clock.advance(1_000);
    expect(told).toEqual([{ at: 3_000, session: "moved" }]);
  });

  it("tells at once of what is overdue already", async () => {
    const { clock, told, departures: all } = departures();
    await clock.advance(10_000);
    all.add("s1", 10_000);
    await clock.advance(0);
    expect(told).toEqual([{ at: 10_000, session: "s1" }]);
  });

  it("I25: keeps no timer when it has nobody", () => {
    const { clock, departures: all } = departures();
    all.add("s1", 1_000);
    all.delete("s1");
    expect(clock.pending).toBe(0);
    all.add("s1", 1_000);
    all.add("s2", 500);
    all.clear();
    expect([all.size, clock.pending]).toEqual([0, 0]);
  });
});
