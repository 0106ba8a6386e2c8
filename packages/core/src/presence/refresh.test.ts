import { describe, expect, it } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { Refresh } from "./refresh.ts";

function scene(count: number) {
  const clock = new ManualClock();
  const users = new Map(Array.from({ length: count }, (_, n) => [`u${n}`, n] as const));
  const looks: string[][] = [];
  const watched = {
    users: () => users.keys(),
    get watched() {
      return users.size;
    },
  };
  const refresh = new Refresh({ clock, watched, look: (given) => looks.push([...given]) });
  return { clock, users, looks, refresh };
}

describe("Refresh", () => {
  it.each([1, 7, 95, 5_000])("I21: looks at each of %i once in about 10 s, as many in each second", async (count) => {
    const { clock, looks, refresh } = scene(count);
    refresh.start();
    await clock.advance(60_000);
    const times = new Map<string, number>();
    for (const user of looks.flat()) times.set(user, (times.get(user) ?? 0) + 1);
    expect(times.size).toBe(count);
    for (const seen of times.values()) expect(seen).toBeGreaterThanOrEqual(5);
    expect(Math.max(...looks.map(({ length }) => length))).toBe(Math.ceil(count / 10));
  });

  it("looks at a thousand in a second and no more", async () => {
    const { clock, looks, refresh } = scene(30_000);
    refresh.start();
    await clock.advance(31_000);
    expect(looks.every(({ length }) => length <= 1_000)).toBe(true);
    expect(new Set(looks.flat()).size).toBe(30_000);
  });

  it("I25: has no timer when nobody is watched, or it was stopped", async () => {
    const { clock, users, refresh } = scene(3);
    refresh.start();
    refresh.start();
    expect(clock.pending).toBe(1);
    users.clear();
    await clock.advance(1_000);
    expect(clock.pending).toBe(0);
    refresh.start();
    refresh.stop();
    expect(clock.pending).toBe(0);
  });
});
