import { describe, expect, it } from "vitest";
import type { Bus, Publication } from "../ports/bus.ts";
import type { Logger } from "../ports/logger.ts";
import { silentLogger } from "../system/silent-logger.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { SeededRandom } from "../testing/seeded-random.ts";
import { Announcements } from "./announcements.ts";

/** Announcements over a bus that does as a test says. */
function scene({ announcementsMax = 10, seed = 1 } = {}) {
  const clock = new ManualClock();
  const published: (readonly Publication[])[] = [];
  const warned: unknown[] = [];
  let publish = async (): Promise<void> => {};
  const bus: Pick<Bus, "publish"> = {
    publish: (batch) => {
      published.push(batch);
      return publish();
    },
  };
  const logger: Logger = { ...silentLogger, warn: (...given) => warned.push(given) };
  const random = new SeededRandom(seed);
  const announcements = new Announcements({ node: "n1", bus, clock, random, logger, limits: { announcementsMax } });
  const tell = (user: string) => announcements.tell([`u:${user}`], { kind: "kick", user, sessions: null });
  return { clock, announcements, tell, published, warned, as: (given: typeof publish) => (publish = given) };
}

describe("Announcements", () => {
  it("leave in one call of the bus for all that a turn says, numbered, with who says it", async () => {
    const { clock, tell, published } = scene();
    tell("alice");
    tell("bob");
    expect(published).toEqual([]);
    await clock.settle();
    tell("carol");
    await clock.settle();
    expect(published.map((batch) => batch.map(({ topics }) => topics[0]))).toEqual([["u:alice", "u:bob"], ["u:carol"]]);
    const envelopes = published.flat().map(({ envelope }) => envelope);
    expect(envelopes[0]).toEqual({ v: 1, node: "n1", n: envelopes[0]?.n, kind: "kick", user: "alice", sessions: null });
    expect(new Set(envelopes.map(({ n }) => n)).size).toBe(3);
  });

  it("are numbered apart from those of an earlier run of the node", async () => {
    const runs = await Promise.all(
      [1, 2].map(async (seed) => {
        const { clock, tell, published } = scene({ seed });
        tell("alice");
        await clock.settle();
        return published[0]?.[0]?.envelope.n ?? 0;
      }),
    );
    expect(Math.abs((runs[0] ?? 0) - (runs[1] ?? 0))).toBeGreaterThan(1_000_000);
  });

  it("I26: never fail, whatever the bus does, and say so once an outage, without what was said", async () => {
    const { clock, tell, published, warned, as } = scene();
    as(() => {
      throw new Error("unable");
    });
    tell("alice");
    await clock.settle();
    as(async () => {
      throw new Error("unable");
    });
    tell("bob");
    await clock.settle();
    expect(warned).toHaveLength(1);
    expect(JSON.stringify(warned)).not.toContain("bob");
    as(async () => {});
    tell("carol");
    await clock.settle();
    as(async () => {
      throw new Error("unable");
    });
    tell("dave");
    await clock.settle();
    expect([published.length, warned.length]).toEqual([4, 2]);
  });

  it("bounds what a bus that does not answer was given, and goes on when it does", async () => {
    const { clock, announcements, tell, published, warned, as } = scene({ announcementsMax: 3 });
    let answer = (): void => {};
    as(() => new Promise((resolve) => (answer = resolve)));
    tell("alice");
    tell("bob");
    await clock.settle();
    for (const user of ["carol", "dave", "erin"]) tell(user);
    await clock.settle();
    expect([published.flat().length, announcements.size, warned.length]).toEqual([3, 3, 1]);
    answer();
    await clock.settle();
    tell("frank");
    await clock.settle();
    expect(published.flat().at(-1)?.topics).toEqual(["u:frank"]);
  });

  it("say nothing to nobody, and nothing in a cluster of one", async () => {
    const { clock, announcements, published } = scene();
    announcements.tell([], { kind: "raised", c: "c1" });
    await clock.settle();
    expect(published).toEqual([]);
    const limits = { announcementsMax: 1 };
    const alone = new Announcements({
      node: "n1",
      bus: null,
      clock,
      random: new SeededRandom(1),
      logger: silentLogger,
      limits,
    });
    alone.tell(["nodes"], { kind: "raised", c: "c1" });
    expect(alone.size).toBe(0);
  });
});
